import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measurePython } from './measure.mjs';
import { peerPython } from './peer-python.mjs';
import { folder } from './setting.mjs';

const table = /\b(bronze|silver|gold|reference)\.(\w+)/g;

/** A run of dbt-duckdb that makes the same tables in a database of its own, from nothing; undefined where it is not installed. */
export function dbtRun(tables) {
  const python = peerPython('dbt');
  if (python === undefined) return undefined;
  const at = join(folder, 'retail-dbt');
  const database = join(at, 'retail.duckdb');
  mkdirSync(join(at, 'models'), { recursive: true });
  writeFileSync(
    join(at, 'dbt_project.yml'),
    "name: retail\nversion: '1.0'\nprofile: retail\nmodel-paths: [models]\nmodels:\n  +materialized: table\n",
  );
  writeFileSync(
    join(at, 'profiles.yml'),
    `retail:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: ${database}\n      threads: 2\n      settings:\n        TimeZone: UTC\n`,
  );
  for (const { name, sql } of tables) {
    const called = sql.replace(table, (_, layer, one) => `{{ ref('${layer}_${one}') }}`);
    writeFileSync(join(at, `models/${name.replace('.', '_')}.sql`), `${called}\n`);
  }
  return () => {
    for (const file of [database, `${database}.wal`]) rmSync(file, { force: true });
    return measurePython(
      folder,
      python,
      ['dbt.cli.main', 'run', '--quiet', '--project-dir', at, '--profiles-dir', at],
      {
        DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
      },
    );
  };
}
