import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import type { RefreshProof } from '../../sql/refresh/proof.ts';
import { bagScript } from './bag.ts';

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => connection.closeSync());

const columns: readonly Column[] = [
  { name: 'a', type: 'long' },
  { name: 'f', type: 'double' },
];
const proof: RefreshProof = {
  sql: 'select a, f from __in0',
  occurrences: ['s.t'],
  inputs: ['s.t'],
  leaves: [{ occurrence: 0, columns: ['a', 'f'], unique: [] }],
  keys: [],
  unshown: [],
  linear: [[0, []]],
  fold: { ok: false, why: '' },
  unique: [],
  obstacles: [],
  ties: [],
};
const script = bagScript(proof, [{ occurrence: 0, silenced: new Set() }], columns);

/** The rows of a table that has these, when some came and some went. */
async function left(all: { readonly table: string; readonly gained: string; readonly lost: string }): Promise<unknown> {
  const rows = (values: string): string =>
    `select a::bigint as a, f::double as f from (values ${values === '' ? '(0, 0)' : values}) as v(a, f) where ${values !== ''}`;
  await connection.run(`create or replace temp table target as ${rows(all.table)}`);
  for (const changes of ['gained', 'lost'] as const) {
    const [part] = script[changes];
    await connection.run(`create or replace temp table ${part?.name ?? ''} as ${rows(all[changes])}`);
  }
  const sql = `select a::varchar || ' ' || f::varchar as r from (${script.fresh('target')}) order by r`;
  return (await connection.runAndReadAll(sql)).getRows().flat();
}

describe('rows that come and go by all their columns', () => {
  it('takes out as many as went, and puts in what came', async () => {
    const table = '(1, 0.5), (1, 0.5), (1, 0.5), (2, 1), (NULL, NULL)';
    expect(await left({ table, gained: '(3, 2), (3, 2)', lost: '(1, 0.5), (1, 0.5), (NULL, NULL)' })).toEqual([
      '1 0.5',
      '3 2.0',
      '3 2.0',
    ]);
  });

  it('tells one zero from another', async () => {
    const table = "(1, '-0.0'), (1, '0.0'), (1, '0.0')";
    expect(await left({ table, gained: '', lost: "(1, '0.0')" })).toEqual(['1 0.0']);
    expect(await left({ table, gained: '', lost: "(1, '-0.0')" })).toEqual([]);
  });

  it('takes a row for gone that came on the way', async () => {
    expect(await left({ table: '(1, 1)', gained: '(2, 2), (4, 4)', lost: '(2, 2)' })).toEqual(['4 4.0']);
  });

  it('refuses to take out what is not there', async () => {
    const all = { table: '(1, 1), (2, 2)', gained: '', lost: '(2, 2), (2, 2)' };
    await expect(left(all)).rejects.toThrow('rows went that the table does not have');
  });
});
