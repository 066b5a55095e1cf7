import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';

let folder = '';
const ask = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith(args, { cwd: folder });
const told = (...args: string[]): Promise<string> => succeed(args, { cwd: folder });
const rows = async (sql: string): Promise<unknown> => JSON.parse(await told('query', sql, '--json'));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

interface Add {
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly clusteringProvider?: string;
  readonly dataChange: boolean;
  readonly size: number;
  readonly stats: string;
}

/** The actions of one kind in a commit; -1 is the newest. */
async function actions<T>(table: string, kind: string, version = -1): Promise<readonly T[]> {
  const log = join(folder, 'lake', table, '_delta_log');
  const commits = (await readdir(log)).filter((name) => /^\d{20}\.json$/.test(name)).sort();
  const text = await readFile(join(log, commits.at(version) ?? ''), 'utf8');
  return text
    .trim()
    .split('\n')
    .flatMap((line) => JSON.parse(line)[kind] ?? []);
}

const settings = (words: string, sql: string): string => `/* ---\n${words}--- */\n${sql}\n`;
const many = 'select i::bigint as id, hash(i)::varchar as noise, (i * 7919) % 300007 as place from range(300000) t(i)';
const daily = 'select id, amount, day from bronze.orders';

beforeAll(async () => {
  folder = await temporaryFolder();
  const records = [1, 2, 3, 4].map((id) => JSON.stringify({ id, amount: id * 10, day: `2026-01-0${(id % 2) + 1}` }));
  await write({
    'lakesmith.yml': 'lakesmith: 1\nname: shop\nlake: ./lake\ntimezone: UTC\n',
    'bronze/orders.yml':
      'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: BIGINT\n  day: DATE\nretention: 30d\nproperties:\n  owner: sales\n',
    'landing/1.json': `${records.join('\n')}\n`,
    'reference/kinds.csv': 'kind,label\nb,second\na,first\n',
    'reference/kinds.yml': 'key: kind\ncluster_by: kind\n',
    'silver/many.sql': settings('cluster_by: place\nfile_size: 1MB\n', many),
    'silver/daily.sql': settings('partition_by: day\n', daily),
    'gold/total.sql': 'select sum(place) as total from silver.many',
  });
  await told('run');
});
afterAll(() => removeFolder(folder));

it('are met when the table is made: properties, partitions, order and size of files', async () => {
  const [bronze] = await actions<{ configuration: object }>('bronze/orders', 'metaData', 0);
  expect(bronze?.configuration).toMatchObject({
    owner: 'sales',
    'delta.deletedFileRetentionDuration': 'interval 30 days',
    'delta.logRetentionDuration': 'interval 30 days',
  });
  const [partitioned] = await actions<{ partitionColumns: string[] }>('silver/daily', 'metaData', 0);
  expect(partitioned?.partitionColumns).toEqual(['day']);
  const days = (await actions<Add>('silver/daily', 'add', 0)).map(({ partitionValues }) => partitionValues['day']);
  expect(new Set(days)).toEqual(new Set(['2026-01-01', '2026-01-02']));
  const [domain] = await actions<{ domain: string; configuration: string }>('silver/many', 'domainMetadata', 0);
  expect(JSON.parse(domain?.configuration ?? '')).toMatchObject({ clusteringColumns: [['place']] });
  const files = await actions<Add>('silver/many', 'add', 0);
  expect(files.length).toBeGreaterThan(1);
  // Two threads write at a time, so that neighbours may share a stretch; in no order, each file would have all of the values.
  const widths = files.map(({ stats }) => {
    const { minValues, maxValues } = JSON.parse(stats);
    return (maxValues.place - minValues.place) / 300_007;
  });
  expect(widths.reduce((sum, width) => sum + width, 0)).toBeLessThan(0.8 * files.length);
  expect(new Set(files.map(({ clusteringProvider }) => clusteringProvider))).toEqual(new Set(['lakesmith']));
  expect(await actions('reference/kinds', 'domainMetadata', 0)).toHaveLength(1);
  expect(await ask('plan')).toMatchObject({ stdout: expect.stringContaining('nothing to do') });
});

it('that change leave the rows, and what is made of them, alone', async () => {
  await write({
    'bronze/orders.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: BIGINT\n  day: DATE\nretention: 2w\n',
    'silver/many.sql': settings('cluster_by: [noise, place]\nfile_size: 4MB\n', many),
  });
  const plan = (await ask('plan')).stdout;
  expect(plan).toMatch(/bronze\.orders +alter +properties: .*delta\.logRetentionDuration, owner +properties changed/);
  expect(plan).toMatch(
    /silver\.many +alter +recluster: rewrites \d+ files; properties: delta\.targetFileSize +cluster_by/,
  );
  const run = JSON.parse(await told('run', '--json'));
  expect(run.steps.map(({ table, action }: Record<string, string>) => `${table} ${action}`)).toEqual([
    'bronze.orders alter',
    'silver.many alter',
  ]);
  const [bronze] = await actions<{ configuration: Record<string, string> }>('bronze/orders', 'metaData');
  expect(bronze?.configuration['owner']).toBeUndefined();
  expect(await actions('bronze/orders', 'add')).toEqual([]);
  const after = await actions<Add>('silver/many', 'add');
  expect(after.length).toBeGreaterThan(0);
  expect(
    [...after, ...(await actions<Add>('silver/many', 'remove'))].map(({ dataChange }) => dataChange),
  ).not.toContain(true);
  expect(await rows('select count(*) as n, sum(place)::bigint as p from silver.many')).toEqual(
    await rows('select 300000 as n, total::bigint as p from gold.total'),
  );
  expect(await ask('plan')).toMatchObject({ stdout: expect.stringContaining('nothing to do') });
  expect(await told('verify')).toContain('equal to what their models give');
});

it('that only a rebuild can meet wait where rebuilds wait, and a rebuild keeps all others', async () => {
  await write({ 'silver/daily.sql': settings('partition_by: id\non_rebuild: hold\n', daily) });
  expect((await ask('plan')).stdout).toMatch(/silver\.daily +held +partition_by changed/);
  await told('run', '--apply');
  const [partitioned] = await actions<{ partitionColumns: string[] }>('silver/daily', 'metaData');
  expect(partitioned?.partitionColumns).toEqual(['id']);
  expect(await actions('silver/daily', 'add')).toHaveLength(4);
  await told('run', 'silver.many', '--full');
  expect(await told('table', 'show', 'lake/silver/many')).toContain('delta.targetFileSize = 4194304');
  expect(await told('table', 'show', 'lake/silver/many')).toContain('[["noise"],["place"]]');
  expect(await rows('select sum(amount)::bigint as n from silver.daily')).toEqual([{ n: 100 }]);
});

it('go back with their release, in an environment of their own too', async () => {
  await told('release', 'back', '1');
  expect(await told('table', 'show', 'lake/silver/many')).toContain('[["place"]]');
  expect(await rows('select count(*) as n from silver.daily')).toEqual([{ n: 4 }]);
  await told('run', '--apply');
  expect(await told('table', 'show', 'lake/silver/many')).toContain('[["noise"],["place"]]');
  expect(await told('table', 'check', 'lake/silver/many')).toContain('keeps every rule');
  await told('env', 'create', 'trial');
  await write({ 'bronze/orders.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: BIGINT\n  day: DATE\n' });
  expect((await ask('plan', '--env', 'trial')).stdout).toContain('nothing to do');
});

it('say how long vacuum leaves files, whatever it is asked', async () => {
  const listed = async (): Promise<readonly string[]> =>
    (await readdir(join(folder, 'lake/silver/many'))).filter((name) => name.endsWith('.parquet'));
  const rebuilt = async (): Promise<readonly string[]> => {
    await told('run', '--full', 'silver.many');
    return await listed();
  };
  const without = await rebuilt();
  await rebuilt();
  await told('vacuum', '--retain', '0s', '--keep-releases', '1');
  expect(await listed()).not.toEqual(expect.arrayContaining([...without]));
  await write({ 'silver/many.sql': settings('cluster_by: [noise, place]\nretention: 1d\n', many) });
  const kept = await rebuilt();
  await rebuilt();
  await told('vacuum', '--retain', '0s', '--keep-releases', '1');
  expect(await listed()).toEqual(expect.arrayContaining([...kept]));
});
