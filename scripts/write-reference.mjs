// Writes docs/errors.md and the JSON Schemas from the built program; `--check` fails when they are not up to date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { errorCodes } from '../packages/lakesmith/dist/core/errors.js';
import { jsonSchemas } from '../packages/lakesmith/dist/project/json-schema.js';

const rows = Object.entries(errorCodes).map(([code, { title, exit }]) => `| ${code} | ${title} | ${exit} |`);
const files = {
  'docs/errors.md': `# Errors\n\nEvery error has a code, one sentence that says what failed and what to do next, and the place where it stands. With \`--json\` they come as data.\nGenerated from \`packages/lakesmith/src/core/errors.ts\` by \`npm run reference\`.\n\n| code | meaning | exit |\n|---|---|---|\n${rows.join('\n')}\n`,
  ...Object.fromEntries(
    Object.entries(jsonSchemas()).map(([name, schema]) => [
      `packages/lakesmith/schemas/${name}.json`,
      `${JSON.stringify(schema, null, 2)}\n`,
    ]),
  ),
};

const check = process.argv.includes('--check');
mkdirSync('packages/lakesmith/schemas', { recursive: true });
let stale = false;
for (const [path, text] of Object.entries(files)) {
  let old = '';
  try {
    old = readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  if (old === text) continue;
  stale = true;
  if (check) console.error(`${path} is not what the program says: npm run reference`);
  else writeFileSync(path, text);
}
process.exitCode = check && stale ? 1 : 0;
