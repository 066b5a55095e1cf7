import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerPython } from './peer-python.mjs';
import { makeShop } from './refresh-shop.mjs';
import { rounded } from './setting.mjs';

/** The same models made anew by dbt in a database of the engine's own, with all rows of the inputs in it. */
export function dbtFigures({ models, ...inputs }) {
  const python = peerPython('dbt');
  if (python === undefined) return { 'all of it by dbt-duckdb': 'it is not installed here' };
  const { at, database } = makeShop('dbt', inputs);
  writeFileSync(
    join(at, 'dbt_project.yml'),
    "name: shop\nversion: '1.0'\nprofile: shop\nmodel-paths: [models]\nmodels:\n  +materialized: table\n",
  );
  writeFileSync(
    join(at, 'profiles.yml'),
    `shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: ${database}\n      threads: 1\n`,
  );
  for (const { sql, number } of models) writeFileSync(join(at, `models/m${number}.sql`), `${sql}\n`);
  const env = { ...process.env, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false' };
  const began = performance.now();
  const { status, stdout } = spawnSync(python.replace(/python$/, 'dbt'), ['run', '--profiles-dir', at], {
    cwd: at,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) return { 'all of it by dbt-duckdb': `it fails: ${stdout.trim().split('\n').at(-1)}` };
  const whole = performance.now() - began;
  const { results } = JSON.parse(readFileSync(join(at, 'target/run_results.json'), 'utf8'));
  const secondsOf = (number) => results.find(({ unique_id: id }) => id.endsWith(`.m${number}`)).execution_time;
  return {
    ...Object.fromEntries(
      models.map(({ what, number }) => [`${what}, all of it by dbt-duckdb`, `${rounded(secondsOf(number), 2)} s`]),
    ),
    'the whole dbt run': `${rounded(whole / 1000, 1)} s`,
  };
}
