import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { Spark } from '../support/spark.ts';
import { table } from './table-writers.ts';

let folder = '';
let spark: Spark;
let engine: DuckDBConnection;
beforeAll(async () => {
  folder = await temporaryFolder();
  engine = await (await DuckDBInstance.create(':memory:')).connect();
  await engine.run("SET TimeZone = 'UTC'");
  spark = await Spark.start();
}, 900_000);
afterAll(async () => {
  engine.closeSync();
  await spark.stop();
  await removeFolder(folder);
});

const logFile = (path: string, version: number, ending: string): string =>
  join(path, '_delta_log', `${String(version).padStart(20, '0')}${ending}`);

/** The statistics of the files that a commit adds; what is NULL in them is left out. */
async function statsOf(path: string, version: number): Promise<readonly unknown[]> {
  const lines = (await readFile(logFile(path, version, '.json'), 'utf8')).trimEnd().split('\n');
  return lines
    .map((line): { add?: { stats: string } } => JSON.parse(line))
    .flatMap(({ add }): unknown[] => (add === undefined ? [] : [JSON.parse(sortedJson(JSON.parse(add.stats)))]));
}

async function append(path: string, select: string): Promise<void> {
  const file = join(folder, 'rows.parquet');
  await engine.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
  await table('append', path, '--from', file);
}

describe('statistics', () => {
  const columns = `id BIGINT, i INTEGER, s VARCHAR, d DOUBLE, f FLOAT, amount DECIMAL(20,4), day DATE, at TIMESTAMP, local TIMESTAMP_NTZ,
    yes BOOLEAN, bytes BLOB, st STRUCT(x INTEGER, y VARCHAR, deep STRUCT(z DATE)), none VARCHAR`;

  it.each([
    ['plain values', 'i', "'text ' || i"],
    ['long texts and signs of several units', 'i', "repeat('é😀', 20) || i"],
    ['texts that end where they are cut', 'i', "repeat('z', 32 + i % 2)"],
    ['the highest signs where they are cut', 'i', 'repeat(chr(1114111), 31) || chr(1114111) || chr(1114111) || i'],
    ['one value', 'least(i, 1)', "'x'"],
  ])('are those that Spark writes for the same rows: %s', async (name, id, s) => {
    const [ours, theirs] = [join(folder, `ours ${name}`), join(folder, `theirs ${name}`)];
    await table('create', ours, '--schema', columns);
    await append(
      ours,
      `SELECT ${id} AS id, -i AS i, ${s} AS s, i / 7 AS d, (i / 3)::FLOAT AS f, i * 1000000007.25::DECIMAL(20,4) AS amount,
        DATE '1969-12-30' + i::INTEGER AS day, TIMESTAMPTZ '1969-12-31 23:59:59.999999+00' + to_microseconds(i * 1001) AS at,
        TIMESTAMP '2024-01-01 00:00:00.000999' + to_microseconds(i) AS local, i % 2 = 0 AS yes, 'b'::BLOB AS bytes,
        CASE WHEN i % 3 = 0 THEN NULL ELSE {'x': i, 'y': NULLIF('y' || i, 'y4'), 'deep': {'z': DATE '2024-01-01'}} END AS st
        FROM range(1, 12) AS _(i)`,
    );
    await spark.sql(`create table delta.\`${theirs}\` using delta as select /*+ coalesce(1) */ * from {t}`, ours);
    expect(await statsOf(ours, 1)).toEqual(await statsOf(theirs, 0));
  });
});

/** A table with everything that a state can hold, and what it is at its newest version. */
async function newTable(name: string, properties: readonly string[]): Promise<{ path: string; version: number }> {
  const path = join(folder, name);
  const schema = 'id BIGINT, part VARCHAR, day DATE, amount DECIMAL(20,4), s STRUCT(x INTEGER)';
  await table(
    'create',
    path,
    '--schema',
    schema,
    '--partition-by',
    'part,day',
    ...properties.flatMap((p) => ['--property', p]),
  );
  const rows = (from: number): string =>
    `SELECT i AS id, ['a b/ü', 'x%y', NULL][1 + i % 3] AS part, DATE '2024-01-01' + (i % 2)::INTEGER AS day, i + 0.25 AS amount, {'x': i::INTEGER} AS s
      FROM range(${from}, ${from + 60}) AS _(i)`;
  await append(path, rows(0));
  await append(path, rows(40));
  await table('delete', path, '--where', "id = 3 or part = 'x%y'");
  await table('update', path, '--set', 'amount = -amount', '--where', 'id = 9');
  const file = join(folder, 'one.ndjson');
  await writeFile(file, '{"id":7,"part":"new","day":"2024-02-02"}\n');
  await table('append', path, '--from', file, '--txn', 'loader:4');
  return { path, version: 5 };
}

const kinds: readonly (readonly [string, readonly string[]])[] = [
  ['plain', []],
  ['with a feed', ['delta.enableChangeDataFeed=true']],
  ['with vectors and ids', ['delta.enableDeletionVectors=true', 'delta.enableRowTracking=true']],
  ['with mapped columns', ['delta.columnMapping.mode=name', 'delta.enableInCommitTimestamps=true']],
];

describe('checksums', () => {
  it.each(kinds)('of every version are what Spark finds when it adds up the table: %s', async (name, properties) => {
    const { path, version } = await newTable(`checksums ${name}`, properties);
    const out = join(folder, 'checksums.json');
    for (let at = 0; at <= version; at += 1) {
      await spark.python(`
import json
log = spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, ${JSON.stringify(path)})
snapshot = log.getSnapshotAt(${at}, spark._jvm.scala.Option.empty(), spark._jvm.scala.Option.empty(), False)
state = snapshot.computedState()
with open(${JSON.stringify(out)}, "w") as file:
    json.dump({"files": state.numOfFiles(), "bytes": state.sizeInBytes(), "txns": state.numOfSetTransactions(),
               "known": snapshot.checksumOpt().isDefined(), "valid": snapshot.validateChecksum(spark._jvm.PythonUtils.toScalaMap({}))}, file)`);
      const theirs: Record<string, unknown> = JSON.parse(await readFile(out, 'utf8'));
      const own: Record<string, unknown> = JSON.parse(await readFile(logFile(path, at, '.crc'), 'utf8'));
      expect(theirs, `version ${at}`).toMatchObject({ known: true, valid: true });
      expect([own['numFiles'], own['tableSizeBytes']]).toEqual([theirs['files'], theirs['bytes']]);
    }
  });
});

/** What a checkpoint holds, as texts in order. */
async function rowsOf(file: string, kind: string): Promise<readonly string[]> {
  const found = await engine.runAndReadAll(
    `SELECT CAST(to_json(c.${kind}) AS VARCHAR) FROM read_parquet('${file}') AS c WHERE c.${kind} IS NOT NULL`,
  );
  return found
    .getRows()
    .map(([row]) => sortedJson(JSON.parse(String(row))))
    .sort();
}

/** The same text for the same value, in whatever order its fields and its lists of names stand; what is NULL is left out. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (Array.isArray(inner)) return inner.every((one) => typeof one === 'string') ? inner.toSorted() : inner;
    if (typeof inner !== 'object' || inner === null) return inner;
    const known = Object.entries(inner).filter(([, one]) => one !== null);
    return Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

describe('checkpoints', () => {
  it.each(kinds)('hold what those of Spark hold for the same version: %s', async (name, properties) => {
    // Without being told, Spark adds what is typed, and we do not.
    const typed = ['delta.checkpoint.writeStatsAsStruct=true'];
    const { path, version } = await newTable(`checkpoints ${name}`, [...properties, ...typed]);
    await table('checkpoint', path);
    const [file, own] = [logFile(path, version, '.checkpoint.parquet'), join(folder, 'own.checkpoint.parquet')];
    await copyFile(file, own);
    // Where there is one, Spark writes none.
    for (const one of [file, join(path, '_delta_log/_last_checkpoint')]) await rm(one);
    await spark.python(
      `spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, ${JSON.stringify(path)}).checkpoint()`,
    );
    for (const kind of ['add', 'remove', 'txn', 'protocol', 'metaData', 'domainMetadata'])
      expect(await rowsOf(own, kind), kind).toEqual(await rowsOf(file, kind));
  });

  it.each(kinds)(
    'of the second kind do too, and Spark reads the table from them alone: %s',
    async (name, properties) => {
      const second = ['delta.checkpointPolicy=v2', 'delta.checkpoint.writeStatsAsStruct=true'];
      const { path, version } = await newTable(`second checkpoints ${name}`, [...properties, ...second]);
      const rows = 'select * from {t} order by id, amount';
      const expected = await spark.sql(rows, path);
      expect(expected.length).toBeGreaterThan(50);
      await table('checkpoint', path);
      // A table that Spark never saw, without the commits that it could read instead; the last one it wants to see.
      const alone = join(folder, `alone ${name}`);
      await cp(path, alone, { recursive: true });
      for (let at = 0; at < version; at += 1) await rm(logFile(alone, at, '.json'));
      for (let at = 0; at <= version; at += 1) await rm(logFile(alone, at, '.crc'), { force: true });
      expect(await spark.sql(rows, alone)).toEqual(expected);
      expect(await spark.sql('select count(*) from {t}', alone)).toEqual([{ 'count(1)': expected.length }]);
      const own = await takeSecondCheckpoint(path, version, join(folder, `own ${name}`));
      await rm(join(path, '_delta_log/_last_checkpoint'));
      await spark.python(
        `spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, ${JSON.stringify(path)}).checkpoint()`,
      );
      const theirs = await takeSecondCheckpoint(path, version, join(folder, `theirs ${name}`));
      for (const kind of ['txn', 'protocol', 'metaData', 'domainMetadata'])
        expect(await topRowsOf(own.top, kind), kind).toEqual(await topRowsOf(theirs.top, kind));
      // What Spark notes besides is for itself.
      for (const { top } of [own, theirs])
        expect((await topRowsOf(top, 'checkpointMetadata')).map((row): unknown => JSON.parse(row))).toMatchObject([
          { version },
        ]);
      for (const kind of ['add', 'remove'])
        expect(await rowsOf(own.sidecars, kind), kind).toEqual(await rowsOf(theirs.sidecars, kind));
    },
  );
});

/** Moves a checkpoint away, so that another can be made: the file that names all others, and those of files. */
async function takeSecondCheckpoint(
  path: string,
  version: number,
  place: string,
): Promise<{ readonly top: string; readonly sidecars: string }> {
  const log = join(path, '_delta_log');
  const start = `${String(version).padStart(20, '0')}.checkpoint.`;
  const [name = '', ...others] = (await readdir(log)).filter((one) => one.startsWith(start));
  expect(others).toEqual([]);
  await mkdir(place);
  await rename(join(log, name), join(place, name));
  await rename(join(log, '_sidecars'), join(place, 'sidecars'));
  return { top: join(place, name), sidecars: join(place, 'sidecars/*.parquet') };
}

/** What the file says that names all others: Spark writes JSON, and we Parquet. */
async function topRowsOf(file: string, kind: string): Promise<readonly string[]> {
  if (file.endsWith('.parquet')) return await rowsOf(file, kind);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const rows = lines.map((line): Record<string, unknown> => JSON.parse(line));
  return rows.flatMap((row) => (kind in row ? [sortedJson(row[kind])] : [])).sort();
}
