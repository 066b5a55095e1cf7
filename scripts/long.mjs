// `npm run test:long -- NAME...`: the proofs that continuous integration makes with few cases, with all of theirs. Without a name it lists them.
// A setting that stands in the environment goes before the one here: `CRASH_KILLS=500 npm run test:long -- kills`.
import { spawnSync } from 'node:child_process';

const strategies = 'packages/lakesmith/src/plan/refresh/strategies.test.ts';

const proofs = {
  faults: {
    what: 'each step of each operation on a table fails once, in each way',
    run: ['crash', 'tests/crash/table-faults.test.ts', 'tests/crash/faults.test.ts'],
    env: { FAULT_STRIDE: '1' },
  },
  'power-cuts': {
    what: 'the power goes between any two steps of each operation, 50 times each with other pages lost',
    run: ['crash', 'tests/crash/table-power-cut.test.ts'],
    env: { POWER_CUT_SEEDS: '50' },
  },
  kills: {
    what: 'writers, runs and environments are killed 10,000 times each (a tenth of it for environments)',
    run: [
      'crash',
      'tests/crash/table-kill.test.ts',
      'tests/crash/kill.test.ts',
      'tests/crash/environment-kill.test.ts',
    ],
    env: { TABLE_KILLS: '10000', CRASH_KILLS: '10000' },
  },
  steps: {
    what: 'refreshes and `forget` end at each change of the store that they make',
    run: ['crash', 'tests/crash/refresh-faults.test.ts', 'tests/crash/forget-faults.test.ts'],
    env: { REFRESH_KILLS: 'all', FORGET_KILLS: 'all' },
  },
  writers: {
    what: '16 processes append 1,000 times each to one table',
    run: ['e2e', 'tests/e2e/many-writers.test.ts'],
    env: { WRITER_APPENDS: '1000' },
  },
  turns: {
    what: 'Lakesmith, Spark and delta-rs write to 500 tables in turn (TURNS_AFTER=n goes on from the n-th)',
    run: ['spark', 'tests/interop/spark-turns.test.ts'],
    env: { TURNS: '500' },
  },
  damage: {
    what: '100,000 damaged and forged tables are read (HOSTILE_SEED=n goes on from the n-th)',
    run: ['hostile'],
    env: { HOSTILE: '100000' },
  },
  refreshes: {
    what: '100,000 random SELECTs over tables that change three times each (REFRESH_SEED=n goes on from the n-th)',
    run: ['unit', strategies],
    env: { REFRESH_SEQUENCES: '20000' },
  },
  lives: {
    what: '4,000 tables of 200 projects are kept up while inputs are changed by hand, restored, vacuumed, given other columns, and runs die (REFRESH_SEED=n goes on from the n-th)',
    run: ['e2e', 'tests/e2e/refresh-lives.test.ts'],
    env: { REFRESH_LIVES: '200' },
  },
  layers: {
    what: 'five layers of models are refreshed after each of 200 changes',
    run: ['e2e', 'tests/e2e/refresh.test.ts'],
    env: { REFRESH_LAYERS: '5', REFRESH_ROUNDS: '200' },
  },
  environments: {
    what: '200 random lives of two environments',
    run: ['e2e', 'tests/e2e/environments.test.ts'],
    env: { LAKESMITH_SEQUENCES: '200' },
  },
  planted: { what: 'each of the planted bugs is found', run: ['planted'], env: {} },
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => proofs[name] === undefined);
if (names.length === 0 || unknown.length > 0) {
  for (const name of unknown) console.error(`There is no long proof called "${name}".`);
  for (const [name, { what, env }] of Object.entries(proofs)) {
    const settings = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    console.log(`${name.padEnd(13)} ${[what, ...settings].join('  ')}`);
  }
  process.exit(unknown.length > 0 ? 2 : 0);
}

for (const name of names) {
  const { run, env } = proofs[name];
  const [project, ...files] = run;
  console.log(`== ${name}: ${proofs[name].what}`);
  const { status } = spawnSync(
    'npx',
    ['vitest', 'run', '--project', project, ...files, '--testTimeout=0', '--maxWorkers=100%', '--reporter=verbose'],
    { stdio: 'inherit', env: { ...env, ...process.env } },
  );
  if (status !== 0) process.exitCode = 1;
}
