import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planScan, readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import type { Column } from '../core/schema.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine, Relation } from '../engine/engine.ts';
import { openStore } from '../storage/open.ts';
import { bindFiles } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';
import { placesByKey } from './places-by-key.ts';
import { rowMarks } from './row-equality.ts';
import { appendRows, createTable } from './write-table.ts';

const columns = [
  { name: 'id', type: 'long' },
  { name: 'n', type: 'long' },
] satisfies readonly Column[];

let engine: Engine;
let folder = '';
let table: DeltaTable;
let target: Relation;

beforeAll(async () => {
  engine = await openDuckDb({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-places-'));
  table = openDeltaTable(await openStore(folder), engine, { clock: systemClock });
  await createTable(table, { columns: parseColumnDefinitions('id BIGINT, n BIGINT') });
  const sql = 'select i::bigint as id, (10 * i)::bigint as n from range(6) t(i) order by id';
  await appendRows(table, await readSnapshot(table.io), { relation: (name) => relation(name, sql), columns });
  const base = await readSnapshot(table.io);
  const files = planScan(base).files.map((file) => ({ file, deleted: undefined }));
  target = { ...bindFiles(table, 'target', base, files), rowPositions: true };
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

function relation(name: string, sql: string): Relation {
  return { name, kind: 'sql', sql, columns };
}

/** Where rows 1, 2 and 3 lie of which these are known, and of which these ids go. */
async function places(known: string, going: readonly number[]): Promise<readonly number[]> {
  const gone = `select id::bigint as id, (10 * id)::bigint as n from (values ${known}) v(id)`;
  const balance = `select id::bigint as id, 0::bigint as n, -1 as _more from (values ${going.map((id) => `(${id})`).join(', ')}) v(id)`;
  const sets = await placesByKey(
    table,
    {
      concerned: 'select * from target where id between 1 and 3',
      marks: rowMarks(columns),
      relations: [
        target,
        { ...relation('balance', balance), columns: [...columns, { name: '_more', type: 'integer' }] },
      ],
      gone: { relation: relation('gone', gone), rows: known.split('),').length, key: ['id'] },
    },
    new AbortController().signal,
  );
  return [...sets.values()].flatMap((files) =>
    [...files.values()].flatMap(({ set }) => [0, 1, 2, 3, 4, 5].filter((row) => set.has(row))),
  );
}

describe('rows that are found by their keys', () => {
  it('are those that go for good', async () => {
    expect(await places('(1), (2), (3)', [1, 3])).toEqual([1, 3]);
  });

  const wrong = 'the table does not have the rows that its inputs gave before';

  it('are refused where the table has a row more', async () => {
    await expect(places('(1), (2)', [1])).rejects.toThrow(wrong);
  });

  it('are refused where the table has a row less', async () => {
    await expect(places('(1), (2), (3), (7)', [1])).rejects.toThrow(wrong);
  });

  it('are refused where a key is that of several', async () => {
    await expect(places('(1), (2), (3), (3)', [1])).rejects.toThrow(wrong);
    await expect(places('(1), (2), (2)', [1])).rejects.toThrow(wrong);
  });
});
