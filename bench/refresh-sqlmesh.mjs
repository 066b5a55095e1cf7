import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerPython } from './peer-python.mjs';
import { makeShop } from './refresh-shop.mjs';
import { rounded } from './setting.mjs';

/** The same models made anew by SQLMesh, which has made them once before. */
export function sqlMeshFigures({ models, ...inputs }) {
  const python = peerPython('sqlmesh');
  if (python === undefined) return { 'all of it by SQLMesh': 'it is not installed here' };
  const { at, database } = makeShop('sqlmesh', inputs);
  writeFileSync(
    join(at, 'config.yaml'),
    `gateways:\n  shop:\n    connection:\n      type: duckdb\n      database: ${database}\n      concurrent_tasks: 1\ndefault_gateway: shop\nmodel_defaults:\n  dialect: duckdb\n  start: 2024-01-01\n`,
  );
  for (const { sql, number } of models)
    writeFileSync(join(at, `models/m${number}.sql`), `MODEL (name gold.m${number}, kind FULL);\n${sql}\n`);
  const plan = (...args) => {
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(
      python.replace(/python$/, 'sqlmesh'),
      ['plan', '--auto-apply', '--no-prompts', ...args],
      {
        cwd: at,
        env: { ...process.env, SQLMESH__DISABLE_ANONYMIZED_ANALYTICS: 'true', NO_COLOR: '1' },
        encoding: 'utf8',
      },
    );
    return { status, stdout, stderr, ms: performance.now() - began };
  };
  const first = plan();
  const again =
    first.status === 0 ? plan(...models.flatMap(({ number }) => ['--restate-model', `gold.m${number}`])) : first;
  if (again.status !== 0)
    return { 'all of it by SQLMesh': `it fails: ${`${again.stdout}${again.stderr}`.trim().split('\n').at(-1)}` };
  const secondsOf = (number) => new RegExp(`gold\\.m${number} +\\[full refresh\\] +([\\d.]+)s`).exec(again.stdout)?.[1];
  return {
    ...Object.fromEntries(
      models.map(({ what, number }) => [`${what}, all of it by SQLMesh`, `${secondsOf(number)} s`]),
    ),
    'the whole SQLMesh plan': `${rounded(again.ms / 1000, 1)} s`,
  };
}
