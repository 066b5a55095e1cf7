import type { Snapshot } from '@lakesmith/delta';
import { readSnapshot } from '@lakesmith/delta';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellValue } from '../engine/engine.ts';
import { bindChange } from '../serve/table-change.ts';
import { parseMerge } from '../serve/merge-text.ts';
import { bindMerge, mergeByKey } from '../serve/table-merge.ts';
import { bindOverwrite } from '../serve/table-overwrite.ts';
import { alterTable } from './alter-table.ts';
import { askRows } from './ask-rows.ts';
import { checkTable } from './check-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { optimizeTable } from './optimize-table.ts';
import { restoreTable } from './restore-table.ts';
import { changeRows } from './rewrite-table.ts';
import { bindIdentified } from './row-identity.ts';
import type { InputRow } from './table-bench.test-suite.ts';
import { TableBench } from './table-bench.test-suite.ts';
import { appendRows, overwriteRows } from './write-table.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

const on = { 'delta.enableRowTracking': 'true' };

/** What a row holds, who it is, and since which version. */
interface Seen {
  readonly n: number;
  readonly id: string;
  readonly since: number;
}

function textOf(value: CellValue | undefined): string {
  if (typeof value === 'bigint' || typeof value === 'number') return value.toString();
  throw new Error('An id is no number.');
}

/** The rows of a version by their keys. */
async function identities(table: DeltaTable, snapshot: Snapshot): Promise<ReadonlyMap<number, Seen>> {
  const { relations } = await bindIdentified(table, 't', snapshot);
  const rows = await askRows(table, {
    sql: 'select k, n, _row_id, _row_commit_version from t order by k',
    relations,
  });
  return new Map(rows.map(([k, n, id, since]) => [Number(k), { n: Number(n), id: textOf(id), since: Number(since) }]));
}

const newest = async (table: DeltaTable): Promise<Snapshot> => await readSnapshot(table.io);

async function change(table: DeltaTable, text: { where?: string; set?: string }): Promise<unknown> {
  const base = await newest(table);
  return await changeRows(table, base, await bindChange(table, base, text));
}

async function merge(table: DeltaTable, rows: readonly InputRow[], sql?: string): Promise<unknown> {
  const base = await newest(table);
  const input = await bench.input(rows);
  const byKey = { key: ['k'], insertOnly: false, evolves: false };
  const text = sql === undefined ? mergeByKey(base, input, byKey) : parseMerge(sql);
  return await changeRows(table, base, await bindMerge(table, base, input, text));
}

const some = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 8 });
const rowsOf = (keys: readonly number[], n: number): InputRow[] =>
  [...new Set(keys)].map((k) => ({ k, n, part: k % 2 === 0 ? 'a' : 'b' }));

/** Something that is done to a table; `fresh` are keys that it never had. */
type Step = (table: DeltaTable, fresh: () => number) => Promise<unknown>;

const steps: fc.Arbitrary<{ readonly name: string; readonly step: Step }> = fc.oneof(
  some.map((keys) => ({
    name: 'append',
    step: async (table: DeltaTable, fresh: () => number) => bench.append(table, rowsOf(keys.map(fresh), 0)),
  })),
  some.map((keys) => ({
    name: `update ${keys.join()}`,
    step: async (table: DeltaTable) => change(table, { set: 'n = n + 1', where: `k in (${keys.join()})` }),
  })),
  some.map((keys) => ({
    name: `delete ${keys.join()}`,
    step: async (table: DeltaTable) => change(table, { where: `k in (${keys.join()})` }),
  })),
  fc.tuple(some, some).map(([old, more]) => ({
    name: `merge ${old.join()}`,
    step: async (table: DeltaTable, fresh: () => number) => {
      const known = await identities(table, await newest(table));
      const there = old.filter((k) => known.has(k));
      return await merge(table, [...rowsOf(there, -1), ...rowsOf(more.map(fresh), -2)]);
    },
  })),
  some.map((keys) => ({
    name: `merge away ${keys.join()}`,
    step: async (table: DeltaTable) =>
      merge(
        table,
        rowsOf(keys, 9),
        `merge into t using source on t.k = source.k when matched and t.n > 1 then delete
         when matched then update set n = t.n + 1 when not matched by source and t.k % 7 = 0 then update set n = t.n - 1`,
      ),
  })),
  fc.constant({ name: 'optimize', step: async (table: DeltaTable) => optimizeTable(table, await newest(table), {}) }),
  fc.constant({
    name: 'z-order',
    step: async (table: DeltaTable) => optimizeTable(table, await newest(table), { zOrderBy: [['n'], ['k']] }),
  }),
  fc.constant({
    name: 'overwrite where',
    step: async (table: DeltaTable, fresh: () => number) => {
      const base = await newest(table);
      const rows = await bench.input([{ k: fresh(), n: 100, part: 'a' }]);
      return await changeRows(table, base, await bindOverwrite(table, base, rows, { where: 'n = 100' }));
    },
  }),
  fc.constant({
    name: 'overwrite',
    step: async (table: DeltaTable, fresh: () => number) =>
      overwriteRows(table, await newest(table), await bench.input(rowsOf([fresh(), fresh()], 0))),
  }),
  fc.nat({ max: 100 }).map((nth) => ({
    name: `restore ${nth}`,
    step: async (table: DeltaTable) => {
      const base = await newest(table);
      const old = await readSnapshot(table.io, { version: 1 + (nth % base.version) });
      return await restoreTable(table, base, old);
    },
  })),
);

describe('rows of a table that keeps who they are', () => {
  it.each([
    ['with deletion vectors', { 'delta.enableDeletionVectors': 'true' }, []],
    ['in partitions, with a change feed', { 'delta.enableChangeDataFeed': 'true' }, ['part']],
    ['with mapped columns', { 'delta.columnMapping.mode': 'name', 'delta.checkpointInterval': '3' }, []],
  ] as const)('have one id for life, and tell since when they are so: %s', async (_, configuration, partitions) => {
    const run = async (work: readonly { readonly name: string; readonly step: Step }[]): Promise<void> => {
      const table = await bench.newTable('k BIGINT, n INTEGER, part VARCHAR', { ...on, ...configuration }, partitions);
      let next = 40;
      const fresh = (): number => (next += 1);
      await bench.append(table, rowsOf([...Array(41).keys()], 0));
      const states = new Map([[1, await identities(table, await newest(table))]]);
      const given = new Set([...(states.get(1)?.values() ?? [])].map(({ id }) => id));
      for (const { name, step } of work) {
        const before = await newest(table);
        await step(table, fresh);
        const after = await newest(table);
        if (after.version === before.version) continue;
        const was = states.get(before.version) ?? new Map<number, Seen>();
        const is = await identities(table, after);
        states.set(after.version, is);
        expect(new Set([...is.values()].map(({ id }) => id)).size).toBe(is.size);
        if (name.startsWith('restore')) {
          const old = Number(after.commitInfo?.operationParameters?.['version']);
          expect(is).toEqual(states.get(old));
          continue;
        }
        for (const [k, { n, id, since }] of is) {
          const known = was.get(k);
          const isSame = known !== undefined && known.n === n;
          expect(since, `${k} after ${name}`).toBe(isSame ? known.since : after.version);
          if (known === undefined) expect(given.has(id), `${k} after ${name}`).toBe(false);
          else expect(id, `${k} after ${name}`).toBe(known.id);
          given.add(id);
        }
      }
      expect(await checkTable(table, { deep: true })).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(fc.array(steps, { minLength: 4, maxLength: 12 }), run), {
      numRuns: 4,
      endOnFailure: true,
    });
  });

  it('have ids of their own when two writers add some at once', async () => {
    const table = await bench.newTable('k BIGINT, n INTEGER', on);
    await bench.append(table, [{ k: 1, n: 0 }]);
    const base = await newest(table);
    await change(table, { set: 'n = 1' });
    await appendRows(table, base, await bench.input([{ k: 2, n: 0 }]));
    expect([...(await identities(table, await newest(table)))]).toEqual([
      [1, { n: 1, id: '0', since: 2 }],
      [2, { n: 0, id: '2', since: 3 }],
    ]);
    expect(await checkTable(table, { deep: true })).toEqual([]);
  });

  it('are shown without their ids where they break a constraint', async () => {
    const table = await bench.newTable('k BIGINT, n INTEGER', { ...on, 'delta.constraints.small': 'n < 10' });
    await bench.append(table, [{ k: 1, n: 0 }]);
    await expect(change(table, { set: 'n = 20' })).rejects.toMatchObject({
      code: 'LS2107',
      context: { rows: ['{"k":1,"n":20}'] },
    });
  });

  it('get ids when the table begins to, and lose none that others gave', async () => {
    const table = await bench.newTable('k BIGINT, n INTEGER');
    await bench.append(table, [
      { k: 1, n: 0 },
      { k: 2, n: 0 },
    ]);
    await expect(bindIdentified(table, 't', await newest(table))).rejects.toThrow('delta.enableRowTracking=true');
    await alterTable(table, await newest(table), { kind: 'properties', set: on });
    await change(table, { set: 'n = 1', where: 'k = 2' });
    expect([...(await identities(table, await newest(table)))]).toEqual([
      [1, { n: 0, id: '0', since: 2 }],
      [2, { n: 1, id: '1', since: 3 }],
    ]);
    await optimizeTable(table, await newest(table), { zOrderBy: [['n']] });
    await alterTable(table, await newest(table), {
      kind: 'add',
      path: ['_row_id'],
      field: { type: 'long', nullable: true, metadata: {} },
    });
    await expect(bindIdentified(table, 't', await newest(table))).rejects.toThrow('_row_id of its own');
  });
});
