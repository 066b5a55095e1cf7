// Fails when an import breaks the floors of scripts/layers.json, when imports form a circle, or when ARCHITECTURE.md
// shows another diagram than the floors give. `--write` redraws the diagram.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const { floors } = JSON.parse(readFileSync('scripts/layers.json', 'utf8'));

function drawFloors() {
  const byFloor = new Map();
  for (const [room, floor] of Object.entries(floors)) byFloor.set(floor, [...(byFloor.get(floor) ?? []), room]);
  const rows = [...byFloor].sort(([a], [b]) => b - a).map(([floor, rooms]) => ` ${floor}  ${rooms.join(' · ')}`);
  return ['```', ...rows, ' 1  @lakesmith/delta', '```'].join('\n');
}

const file = 'ARCHITECTURE.md';
const text = readFileSync(file, 'utf8');
const drawn = text.replace(
  /(<!-- floors -->)[\s\S]*?(<!-- \/floors -->)/,
  (_, open, close) => `${open}\n${drawFloors()}\n${close}`,
);
if (process.argv.includes('--write')) writeFileSync(file, drawn);
else if (drawn !== text) {
  console.error(`${file} does not show the floors of scripts/layers.json: run node scripts/check-layers.mjs --write`);
  process.exit(1);
}

try {
  execFileSync(
    process.execPath,
    ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.mjs', 'packages'],
    {
      stdio: 'inherit',
    },
  );
} catch {
  process.exit(1);
}
