// The disk alone: raw-commits.mjs FOLDER COMMITS puts files of one row of numbers there, each once and flushed, as a commit is. With `gated`,
// others do so too, and it begins when it is told to.
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gate } from './gate.mjs';

const [, , folder, commits, gated] = process.argv;
mkdirSync(folder, { recursive: true });
const bytes = Buffer.alloc(1024, 'x');
const temporary = join(folder, `.${process.pid}`);

function isFirst(name) {
  try {
    linkSync(temporary, join(folder, name));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

if (gated !== undefined) await gate();
const began = performance.now();
let next = 0;
for (let i = 0; i < Number(commits); i += 1) {
  const file = openSync(temporary, 'wx');
  writeSync(file, bytes);
  fsyncSync(file);
  closeSync(file);
  while (!isFirst(String(next))) next += 1;
  const names = openSync(folder, 'r');
  fsyncSync(names);
  closeSync(names);
  unlinkSync(temporary);
}
const wallMs = performance.now() - began;
console.log(JSON.stringify({ commitsPerSecond: (Number(commits) / wallMs) * 1000 }));
