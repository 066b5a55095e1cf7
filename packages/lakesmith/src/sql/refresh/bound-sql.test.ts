import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngineCompiler } from '../../project/engine-compiler.test-suite.ts';
import { nodesAt } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import { boundSql, isSameBound } from './bound-sql.ts';
import { deriveColumns } from './derived-columns.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const rows =
  'from (select cast(null as BIGINT) as p0, cast(null as DECIMAL(38,2)) as p1, cast(null as VARCHAR) as p2) as q';

/** What the engine makes of an expression over these columns. */
async function bound(sql: string): Promise<TreeNode | undefined> {
  const [plan] = await compiler.plan([`select ${sql} ${rows}`], new Map(), 'UTC');
  return plan?.ok ? nodesAt(plan.plan, 'expressions')[0] : undefined;
}

describe('bound expressions as SQL', () => {
  it.each([
    'p0 + 1',
    '-p0',
    'p0 / p1',
    'p0 // 3 % 2',
    'round(100.00 * p1 / nullif(p0, 0), 2)',
    "case when p0 > 1 or p1 is null then 'it''s' when not (p2 <> 'x') then p2 else null end",
    'p0 between -1 and 2147483648',
    'coalesce(p1, 0.5, -12.25)',
    'try_cast(p2 as integer)',
    'p0 is not distinct from 3 and p2 is not null',
    "p2 > cast(date '2026-01-01' as varchar)",
    'greatest(p0, 2) <= least(p1, 7)',
    'p1 * 1e3',
    'p1 * 1e-7',
    'p0 > 9007199254740993',
    'p0 in (1, 2)',
    '[p0, 1]',
    'if(p0 = 1, true, false)',
  ])('%s binds to itself, or is not printed', async (sql) => {
    const made = await bound(sql);
    if (made === undefined) throw new Error(`it cannot be bound: ${sql}`);
    const printed = boundSql(made, (index) => `p${index}`);
    const again = printed === undefined ? undefined : await bound(printed);
    const isKept = again !== undefined && isSameBound(again, made);
    expect({ sql, isKept }).toEqual({ sql, isKept: !notPrinted.has(sql) });
  });

  it('is not taken for another that is printed alike', async () => {
    const made = await bound('p1 * 1.50');
    if (made === undefined) throw new Error('it cannot be bound');
    // As if it were a column of a type that the engine multiplies otherwise.
    const shown = [{ part: 1, column: 0, type: 'BIGINT' }];
    const derived = [{ column: 1, made }];
    const shape = { groups: undefined, measures: [], shown, derived };
    expect(await deriveColumns(compiler, shape, 'UTC')).toMatchObject({ ok: false });
    const right = { ...shape, shown: [{ part: 1, column: 0, type: 'DECIMAL(38,2)' }] };
    expect(await deriveColumns(compiler, right, 'UTC')).toMatchObject({ ok: true, columns: [{ column: 1 }] });
  });
});

/** What has no word here, or none that means the same. */
const notPrinted: ReadonlySet<string> = new Set(['p0 in (1, 2)']);
