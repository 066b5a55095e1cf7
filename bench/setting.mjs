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

/** What a program needs under a limit of its memory, and what the engine alone needs for the same. */
export function figuresBeside(what, own, alone) {
  const told = ({ wallMs, cpuMs, rssMb }) =>
    `${rounded(wallMs / 1000, 2)}, ${rounded(cpuMs / 1000, 2)}, ${rounded(rssMb)}`;
  return {
    [`${what}: wall s, CPU s, MB`]: told(own),
    [`${what}, the engine alone: wall s, CPU s, MB`]: told(alone),
    [`${what}: times the engine's speed`]: rounded(alone.wallMs / own.wallMs, 2),
    [`${what}: times the engine's CPU`]: rounded(own.cpuMs / alone.cpuMs, 2),
  };
}
