#!/usr/bin/env node
import { statSync } from 'node:fs';

/** When a file of the package was made; 0 where it is not there. */
const madeAt = (file) => statSync(new URL(`../${file}`, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// The program is the modules in few files. In a checkout they may have been compiled since it was put together.
const isCurrent =
  madeAt('dist/program/main.js') > Math.max(madeAt('tsconfig.tsbuildinfo'), madeAt('../delta/tsconfig.tsbuildinfo'));
const { main } = await import(isCurrent ? '../dist/program/main.js' : '../dist/cli/main.js');

process.exitCode = await main(process.argv.slice(2));
