import { allBugs } from '../planted/all-bugs.ts';
import type { Way } from './tpch/ways.ts';
import { tpchWays } from './tpch/ways.ts';

const words: Readonly<Record<Way, string>> = {
  same: 'by parts; no row is another',
  keyed: 'by keys',
  fold: 'by sums',
  full: '**in full**',
};

const told = (way: Way | undefined): string => (way === undefined ? 'reads neither' : words[way]);

const shortened = (path: string): string =>
  path.replace('packages/', '').replace('lakesmith/src/', '').replace('delta/src/', 'delta: ');

/** docs/proofs.md: what the tests show, with the tables that they go by. */
export const proofsPage = (): string =>
  [
    '# What is proven, and how',
    '',
    'That a part is the same as the whole, and that nothing is lost, is shown by tests which make their cases themselves. Each has a setting with few',
    'cases, which every build runs, and one with all of them: `npm run test:long` lists these. The tables below are generated from what the tests',
    'themselves go by (`npm run reference`).',
    '',
    '## Tables that are made by parts',
    '',
    '`plan/refresh/strategies.test.ts` makes SELECTs at random, five kinds for each seed, fills their inputs, changes them again and again, and compares what',
    'every proven way makes with the whole; it counts how often each way was taken, beside each operator of SQL, and fails when one never was. `npm test` takes the seeds 1 to 60,',
    'continuous integration 7,000 to 7,249 and 8,000 to 8,249 beside them, and `REFRESH_SEED` and `REFRESH_SEQUENCES` any others. SELECTs that once were wrong stand in it',
    'by name. `tests/e2e/refresh.test.ts` does the same with projects of several layers through the commands themselves, `tests/e2e/refresh-lives.test.ts`',
    'with inputs that are changed by hand, restored, vacuumed, put together, given other columns and no change feed, with tables that follow several commits at',
    'once, and with runs that die; `tests/crash/refresh-faults.test.ts` ends a run at its steps.',
    '',
    'The questions of TPC-H, each a table with `refresh: incremental`, over tables that change (`tests/e2e/refresh-tpch.test.ts`):',
    '',
    '| question | orders and their lines change | every table changes | why in full |',
    '|---|---|---|---|',
    ...Object.entries(tpchWays).map(
      ([name, { orders, all, why }]) => `| ${name} | ${told(orders)} | ${told(all)} | ${why ?? ''} |`,
    ),
    '',
    'Where a total is divided, show it as a column of its own, and divide it in the table that reads this one.',
    '',
    '## Faults that are planted',
    '',
    'A test that cannot fail shows nothing. Each of these faults is put into a copy of the program, and the test beside it has to fail then',
    '(`npm run test:long -- planted`). Where that is `plan/refresh/strategies.test.ts`, its seeds 1 to 60 find it, with the SELECTs that stand in it by name. Each build looks that every fault still has its place.',
    '',
    '| fault | put into | found by |',
    '|---|---|---|',
    ...allBugs.map(({ name, file, caughtBy }) => `| ${name} | \`${shortened(file)}\` | \`${shortened(caughtBy)}\` |`),
    '',
  ].join('\n');
