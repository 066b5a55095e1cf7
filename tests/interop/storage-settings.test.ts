import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { Spark } from '../support/spark.ts';

let folder = '';
let spark: Spark;

beforeAll(async () => {
  folder = await temporaryFolder();
  const files: Readonly<Record<string, string>> = {
    'lakesmith.yml': 'lakesmith: 1\nname: shop\nlake: ./lake\ntimezone: UTC\n',
    'silver/daily.sql':
      "/* ---\npartition_by: [day, kind]\nretention: 30d\n--- */\nselect i::bigint as id, date '2026-01-01' + (i % 3)::int as day, if(i % 5 = 0, null, 'a b/ü') as kind from range(30) t(i)\n",
    'silver/places.sql':
      '/* ---\ncluster_by: [place, id]\nfile_size: 1MB\n--- */\nselect i::bigint as id, hash(i)::varchar as place from range(60000) t(i)\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await succeed(['run', '--project', folder]);
  spark = await Spark.start();
}, 3_600_000);
afterAll(async () => {
  await spark.stop();
  await removeFolder(folder);
});

const ask = async (sql: string, table: string): Promise<unknown> =>
  await spark.sql(sql, join(folder, 'lake/silver', table));

it('Spark sees by what the tables of a project are partitioned and clustered', async () => {
  const detail = 'describe detail {t}';
  expect(await ask(detail, 'daily')).toMatchObject([
    {
      partitionColumns: ['day', 'kind'],
      properties: { 'delta.deletedFileRetentionDuration': 'interval 30 days' },
    },
  ]);
  expect(await ask(detail, 'places')).toMatchObject([{ clusteringColumns: ['place', 'id'] }]);
  expect(await ask('select count(*) as n, sum(id) as s from {t} where kind is null', 'daily')).toEqual([
    { n: 6, s: 75 },
  ]);
  expect(await ask("select count(*) as n from {t} where day = '2026-01-02' and kind = 'a b/ü'", 'daily')).toEqual([
    { n: 8 },
  ]);
  expect(await ask('select count(distinct place) as n from {t}', 'places')).toEqual([{ n: 60000 }]);
}, 600_000);

it('Spark goes on with them, and so does the project after it', async () => {
  const model = join(folder, 'silver/places.sql');
  const sql = 'select i::bigint as id, hash(i)::varchar as place from range(60000) t(i)\n';
  await writeFile(model, `/* ---\ncluster_by: [id]\nretention: 10d\n--- */\n${sql}`);
  await succeed(['run', '--project', folder]);
  expect(await ask('describe detail {t}', 'places')).toMatchObject([
    { clusteringColumns: ['id'], properties: { 'delta.logRetentionDuration': 'interval 10 days' } },
  ]);
  expect(await ask('select count(*) as n, sum(id) as s from {t}', 'places')).toEqual([{ n: 60000, s: 1799970000 }]);
  // Spark may put rows in their order too, and the project takes that for what it is: somebody else's.
  await ask('optimize {t} full', 'places');
  await succeed(['run', '--project', folder]);
  expect(await ask('select count(*) as n from {t}', 'places')).toEqual([{ n: 60000 }]);
}, 600_000);
