import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckDb } from '../../engine/duckdb/engine.ts';
import type { Engine, Scalar } from '../../engine/engine.ts';
import type { HistorySettings } from '../../project/model.ts';
import { historySql } from './history.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDb({});
});
afterAll(() => engine.close());

const settings: HistorySettings = { validFrom: 'changed', track: ['tier'], firstValidFrom: undefined };
type Change = readonly [type: string, number: number, committed: string, id: number, tier: string | null, at: string];

/** Versions as 'id tier from..to', in order; times as days. */
async function versions(changes: readonly Change[], with_: HistorySettings = settings): Promise<string[]> {
  const result = await engine.query({
    sql: `select id, tier, strftime(valid_from, '%m-%d'), coalesce(strftime(valid_to, '%m-%d'), ''), is_current from (${historySql(
      {
        sql: 'select id, tier, changed, _change_type, _change_number, _committed_at from changes',
        columns: ['id', 'tier', 'changed'],
        key: ['id'],
        settings: with_,
      },
    )}) order by id, valid_from`,
    relations: [
      {
        name: 'changes',
        kind: 'rows',
        columns: [
          { name: '_change_type', type: 'string' },
          { name: '_change_number', type: 'long' },
          { name: '_committed_at', type: 'timestamp' },
          { name: 'id', type: 'long' },
          { name: 'tier', type: 'string' },
          { name: 'changed', type: 'timestamp' },
        ],
        rows: changes.map((change): Scalar[] => [...change]),
      },
    ],
    timezone: 'UTC',
  });
  const found: string[] = [];
  for await (const batch of result.batches) {
    for (let i = 0; i < batch.rowCount; i += 1) {
      const [id, tier, from, to, current] = batch.columns.map((column) => column[i] as Scalar);
      found.push(`${String(id)} ${String(tier)} ${String(from)}..${String(to)}${current === true ? ' now' : ''}`);
    }
  }
  return found;
}

const day = (n: number): string => `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`;
const change = (type: string, number: number, id: number, tier: string | null, at: number): Change => [
  type,
  number,
  day(20),
  id,
  tier,
  day(at),
];

describe('historySql', () => {
  it('keeps a version for each change of what is tracked, closed-open, the first from the beginning of time', async () => {
    const changes = [
      change('insert', 1, 7, 'basic', 1),
      change('update', 2, 7, 'basic', 2),
      change('update', 3, 7, 'gold', 3),
    ];
    expect(await versions(changes)).toEqual(['7 basic 01-01..01-03', '7 gold 01-03.. now']);
  });

  it('is the same in any order of arrival', async () => {
    const changes = [
      change('insert', 3, 7, 'basic', 1),
      change('update', 1, 7, 'gold', 3),
      change('update', 2, 7, 'basic', 5),
    ];
    const expected = ['7 basic 01-01..01-03', '7 gold 01-03..01-05', '7 basic 01-05.. now'];
    expect(await versions(changes)).toEqual(expected);
    expect(await versions(changes.toReversed())).toEqual(expected);
  });

  it('closes the last version at a delete, and opens a new one when the key comes back', async () => {
    const changes = [
      change('insert', 1, 7, 'basic', 1),
      change('delete', 2, 7, 'basic', 4),
      change('insert', 3, 7, 'basic', 6),
    ];
    expect(await versions(changes)).toEqual(['7 basic 01-01..01-04', '7 basic 01-06.. now']);
    expect(await versions(changes.slice(0, 2))).toEqual(['7 basic 01-01..01-04']);
  });

  it('takes the later entry of the log when two changes have the same time', async () => {
    const changes = [
      change('insert', 1, 7, 'basic', 1),
      change('update', 2, 7, 'silver', 3),
      change('update', 3, 7, 'gold', 3),
    ];
    expect(await versions(changes)).toEqual(['7 basic 01-01..01-03', '7 gold 01-03.. now']);
  });

  it('tells null from null apart from a value', async () => {
    const changes = [
      change('insert', 1, 7, null, 1),
      change('update', 2, 7, null, 2),
      change('update', 3, 7, 'gold', 3),
    ];
    expect(await versions(changes)).toEqual(['7 null 01-01..01-03', '7 gold 01-03.. now']);
  });

  it('dates by the commit of the source, and the first version by a column, when asked', async () => {
    const changes: Change[] = [
      ['insert', 1, day(10), 7, 'basic', day(2)],
      ['update', 2, day(12), 7, 'gold', day(2)],
    ];
    expect(await versions(changes, { validFrom: undefined, track: ['tier'], firstValidFrom: 'changed' })).toEqual([
      '7 basic 01-02..01-12',
      '7 gold 01-12.. now',
    ]);
  });
});
