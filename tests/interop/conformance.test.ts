import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DeltaError, readSnapshot, stageAppend } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../packages/lakesmith/src/core/clock.ts';
import { openDuckDb } from '../../packages/lakesmith/src/engine/duckdb/engine.ts';
import { openDeltaTable } from '../../packages/lakesmith/src/lake/delta-table.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';
import type { Expectation } from '../support/acceptance.ts';
import { acceptanceFolder, expectations } from '../support/acceptance.ts';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import type { Rows } from '../support/compare-rows.ts';
import { parquetRows, quoted, rowDifferences, typeDifferences, writtenRows } from '../support/compare-rows.ts';
import { runHere } from '../support/in-process.ts';

let folder = '';
let connection: DuckDBConnection;
let outputs = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`set timezone = 'UTC'`);
});
afterAll(async () => {
  connection.closeSync();
  await removeFolder(folder);
});

function newOutput(): string {
  outputs += 1;
  return join(folder, `out-${outputs}.parquet`);
}

async function done(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args);
  if (code !== 0) throw new Error(`lakesmith ${args.join(' ')}\n${stderr}`);
  return stdout;
}

function placeOf(entry: Expectation): string {
  return join(acceptanceFolder, entry.path);
}

function readArguments({ op }: Expectation, table: string): string[] {
  return [
    'table',
    'read',
    table,
    ...(op.version === undefined ? [] : ['--version', String(op.version)]),
    ...(op.predicate === undefined ? [] : ['--where', op.predicate]),
    ...(op.columns === undefined ? [] : ['--columns', op.columns.join(',')]),
    ...(op.stagedCommits ?? []).flatMap((path) => ['--staged-commit', path]),
  ];
}

async function rowsOf(args: readonly string[]): Promise<Rows> {
  const out = newOutput();
  await done([...args, '--out', out]);
  return await parquetRows(connection, out);
}

async function countOf(rows: Rows): Promise<number> {
  return Number((await connection.runAndReadAll(`select count(*) from ${rows.sql}`)).getRows()[0]?.[0]);
}

/** The table as its log must be filled in first: once with the folder's name as it is, once in the form of URLs. */
async function filledIn(entry: Expectation): Promise<readonly string[]> {
  const name = 'folder&with%special char';
  return await Promise.all(
    [name, 'folder&with%25special%20char'].map(async (written, i) => {
      const table = join(folder, `filled-in-${i}`);
      await cp(placeOf(entry), table, { recursive: true });
      const commit = join(table, '_delta_log/00000000000000000000.json');
      writeFileSync(
        commit,
        readFileSync(commit, 'utf8').replaceAll('{{FOLDER_WITH_SPECIAL_CHAR}}', `${table}/${written}`),
      );
      return table;
    }),
  );
}

const checks: Readonly<Record<Expectation['expect']['kind'], (entry: Expectation) => Promise<void>>> = {
  async parquet(entry) {
    const ours = await rowsOf(readArguments(entry, placeOf(entry)));
    const theirs = await parquetRows(connection, join(acceptanceFolder, entry.expect.path ?? ''));
    expect(typeDifferences(ours, theirs)).toEqual([]);
    expect(await rowDifferences(connection, ours, theirs)).toEqual([]);
    expect(await countOf(ours)).toBe(entry.expect.rows);
  },

  async rows(entry) {
    const file = join(acceptanceFolder, entry.expect.path ?? '');
    const tables = entry.op.setup === undefined ? [placeOf(entry)] : await filledIn(entry);
    for (const table of tables) {
      const ours = entry.op.type === 'cdf' ? await changes(entry, table) : await rowsRead(entry, table);
      const theirs = namedAs(ours, writtenRows(file, ours.types));
      expect([...ours.types.keys()].sort()).toEqual([...theirs.types.keys()].sort());
      expect(await rowDifferences(connection, blankAsNull(ours), theirs)).toEqual([]);
      expect(await countOf(ours)).toBe(entry.expect.rows);
    }
  },

  async count(entry) {
    const out = newOutput();
    const answer = await runHere([...readArguments(entry, placeOf(entry)), '--out', out]);
    if (entry.optional === true && answer.code !== 0) {
      expect(answer.stderr).toMatch(/\bLS\d{4}\b/);
      return;
    }
    expect(answer.code, answer.stderr).toBe(0);
    expect(await countOf(await parquetRows(connection, out))).toBe(entry.expect.value);
  },

  async files(entry) {
    const { value, version, records, paths } = entry.expect;
    const files = JSON.parse(await done(['table', 'files', placeOf(entry), '--json'])) as ListedFile[];
    expect(files).toHaveLength(Number(value));
    if (paths !== undefined) expect(files.map((file) => file.path).sort()).toEqual([...paths].sort());
    if (records !== undefined)
      expect(files.reduce((sum, file) => sum + (file.numRecords ?? Number.NaN), 0)).toBe(records);
    if (version !== undefined) {
      const shown = JSON.parse(await done(['table', 'show', placeOf(entry), '--json'])) as { version: number };
      expect(shown.version).toBe(version);
    }
  },

  async error(entry) {
    if (entry.op.type === 'write') return await refusesToWrite(entry);
    const out = newOutput();
    const answer = await runHere([...readArguments(entry, placeOf(entry)), '--out', out]);
    if (entry.expect.orCount !== undefined && answer.code === 0) {
      expect(await countOf(await parquetRows(connection, out))).toBe(entry.expect.orCount);
      return;
    }
    expect(answer.code).toBeGreaterThan(0);
    expect(answer.stderr).toMatch(/\bLS(?!9001)\d{4}\b/);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith(`out-${outputs}.`))).toEqual([]);
  },
};

interface ListedFile {
  readonly path: string;
  readonly numRecords: number | null;
}

async function changes({ op, expect: { cellFormat } }: Expectation, table: string): Promise<Rows> {
  const from = op.fromTimestamp ?? String(op.from);
  const to = op.to === undefined || op.to === null ? [] : ['--to', String(op.to)];
  const rows = await rowsOf(['table', 'changes', table, '--from', from, ...to]);
  const types = new Map(rows.types);
  expect(types.get('_commit_timestamp')).toBe('TIMESTAMP WITH TIME ZONE');
  if (!(cellFormat ?? '').includes('projected out')) return rows;
  types.delete('_commit_timestamp');
  return { sql: rows.sql, types };
}

/** What is read; where files were asked for, the rows of all files that the condition leaves. */
async function rowsRead(entry: Expectation, table: string): Promise<Rows> {
  if (entry.op.type !== 'files+read') return await rowsOf(readArguments(entry, table));
  const listed = await done(['table', 'files', table, '--where', entry.op.predicate ?? '', '--json']);
  const files = (JSON.parse(listed) as ListedFile[]).map((file) => quoted(join(table, file.path)));
  const sql = `read_parquet([${files.join(', ')}])`;
  const described = await connection.runAndReadAll(`describe select * from ${sql}`);
  return { sql, types: new Map(described.getRows().map((row) => [String(row[0]), String(row[1])])) };
}

/** Columns of an expectation that knows none of the table's names are the table's, in their order. */
function namedAs({ types }: Rows, written: Rows): Rows {
  const names = [...types.keys()];
  if (names.some((name) => written.types.has(name))) return written;
  const columns = [...written.types.keys()].map(
    (name, i) => `"${name}"::${types.get(names[i] ?? '') ?? ''} as "${names[i] ?? ''}"`,
  );
  return { sql: `(select ${columns.join(', ')} from ${written.sql})`, types };
}

/** Cells of the expectation cannot tell an empty text from NULL. */
function blankAsNull(rows: Rows): Rows {
  const columns = [...rows.types].map(([name, type]) =>
    type === 'VARCHAR' ? `nullif("${name}", '') as "${name}"` : `"${name}"`,
  );
  return { sql: `(select ${columns.join(', ')} from ${rows.sql})`, types: rows.types };
}

async function refusesToWrite(entry: Expectation): Promise<void> {
  const engine = await openDuckDb({});
  try {
    const table = openDeltaTable(await openStore(placeOf(entry)), engine, { clock: systemClock });
    const snapshot = await readSnapshot(table.io);
    let refusal: unknown;
    try {
      stageAppend(snapshot, { files: [], nowMs: 0, txnId: 'test', engineInfo: 'test' });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(DeltaError);
    expect((refusal as DeltaError).code).toBe('unsupported-feature');
  } finally {
    await engine.close();
  }
}

describe('tables that others wrote', () => {
  it('are all in the manifest', () => {
    expect(expectations()).toHaveLength(247);
  });

  it.each(expectations().map((entry) => [entry.id, entry] as const))('%s', async (_id, entry) => {
    await expect(checks[entry.expect.kind](entry)).resolves.toBeUndefined();
  });
});
