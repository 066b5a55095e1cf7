// What the benches share: a folder of their own, projects in it, the program, and the engine alone.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, program } from './measure.mjs';

const rawStatements = fileURLToPath(new URL('raw-statements.mjs', import.meta.url));
export const folder = mkdtempSync(join(tmpdir(), 'lakesmith-bench-'));

export const rounded = (value, digits = 0) => Number(value.toFixed(digits));

/** A run of the engine alone. */
export function raw(name, statements, settings = {}) {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ settings, statements }));
  return () => measure(folder, [rawStatements, file]);
}

export function project(name, files) {
  const at = join(folder, name);
  for (const [path, text] of Object.entries({
    'lakesmith.yml': `lakesmith: 1\nname: ${name}\nlake: ./lake\ntimezone: UTC\n`,
    ...files,
  })) {
    mkdirSync(join(at, path, '..'), { recursive: true });
    writeFileSync(join(at, path), text);
  }
  return at;
}

export const lakesmith = (...args) => measure(folder, [program, ...args]);
