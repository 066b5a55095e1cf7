import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../snapshot.ts';
import { buildStats, type FileStatistics } from '../stats.ts';
import { applyStaged } from '../txn/apply.ts';
import { stageCreate } from '../txn/create.ts';
import { planScan } from './plan.ts';
import type { Predicate } from './predicate.ts';
import { type Constant, compareUtf8 } from './values.ts';

const details = { nowMs: 1, engineInfo: 'test' };

interface Row {
  readonly part: string | null;
  readonly n: bigint | null;
  readonly s: string | null;
  readonly t: bigint | null;
}

const row: fc.Arbitrary<Row> = fc.record({
  part: fc.option(fc.constantFrom('a', 'b', 'null')),
  n: fc.option(
    fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.constant(9007199254740993n), fc.constant(9007199254740992n)),
  ),
  s: fc.option(
    fc.oneof(
      fc.constantFrom('', 'a', '\uFFFF', '\u{10000}', 'b'.repeat(40)),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
    ),
  ),
  // Microseconds since 2026-01-01.
  t: fc.option(fc.bigInt({ min: 0n, max: 3000n })),
});

function instant(micros: bigint): string {
  return `2026-01-01 00:00:00.${micros.toString().padStart(6, '0')}+00`;
}

const comparisonOf = <T extends string | bigint>(
  column: keyof Row,
  value: fc.Arbitrary<T | null>,
): fc.Arbitrary<Predicate> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('compare' as const),
      column: fc.constant([column]),
      operator: fc.constantFrom('=', '<>', '<', '<=', '>', '>='),
      value,
    }),
    fc.record({
      kind: fc.constant('in' as const),
      column: fc.constant([column]),
      values: fc.array(value, { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('is-null' as const), column: fc.constant([column]) }),
  );

const predicate = fc.letrec<{ p: Predicate }>((tie) => ({
  p: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    comparisonOf(
      'part',
      row.map((r) => r.part),
    ),
    comparisonOf(
      'n',
      row.map((r) => r.n),
    ),
    comparisonOf(
      's',
      row.map((r) => r.s),
    ),
    comparisonOf(
      't',
      row.map((r) => (r.t === null ? null : instant(r.t))),
    ),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      operands: fc.array(tie('p'), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), operand: tie('p') }),
  ),
})).p;

type Value = string | bigint | null;

/** SQL's own answer for one row: true, false or null. */
function evaluate(p: Predicate, r: Row): boolean | null {
  switch (p.kind) {
    case 'and':
    case 'or': {
      const results = p.operands.map((operand) => evaluate(operand, r));
      return decide(results, p.kind === 'or');
    }
    case 'not': {
      const result = evaluate(p.operand, r);
      return result === null ? null : !result;
    }
    case 'in':
      return decide(
        p.values.map((constant) => compareValues(valueOf(r, p.column[0] ?? ''), '=', asValue(constant))),
        true,
      );
    case 'compare':
      return compareValues(valueOf(r, p.column[0] ?? ''), p.operator, asValue(p.value));
    case 'is-null':
      return valueOf(r, p.column[0] ?? '') === null;
    default:
      throw new Error(`no ${p.kind} here`);
  }
}

/** One `strong` result decides, then NULL. */
function decide(results: readonly (boolean | null)[], strong: boolean): boolean | null {
  if (results.includes(strong)) return strong;
  return results.includes(null) ? null : !strong;
}

function asValue(constant: Constant): Value {
  return typeof constant === 'number' || typeof constant === 'boolean' ? String(constant) : constant;
}

function valueOf(r: Row, column: string): Value {
  if (column === 't') return r.t === null ? null : instant(r.t);
  if (column === 'n') return r.n;
  return column === 's' ? r.s : r.part;
}

function compareValues(a: Value, operator: string, b: Value): boolean | null {
  if (a === null || b === null) return null;
  let order: number;
  if (typeof a === 'bigint' && typeof b === 'bigint') order = a < b ? -1 : Number(a > b);
  else order = Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
  const results: Record<string, boolean> = {
    '=': order === 0,
    '<>': order !== 0,
    '<': order < 0,
    '<=': order <= 0,
    '>': order > 0,
    '>=': order >= 0,
  };
  return results[operator] ?? null;
}

function statisticsOf(rows: readonly Row[], complete: boolean): FileStatistics {
  const columns: Record<string, { nullCount: number; min?: string; max?: string }> = {};
  for (const name of ['n', 's', 't'] as const) {
    const values = rows.map((r) => valueOf(r, name)).filter((v) => v !== null);
    const sorted = values.toSorted((a, b) => (compareValues(a, '<', b) === true ? -1 : 1)).map(String);
    const [min] = sorted;
    const max = sorted.at(-1);
    const bounds = complete ? { ...(min !== undefined && { min }), ...(max !== undefined && { max }) } : {};
    columns[name] = { nullCount: rows.length - values.length, ...bounds };
  }
  return { rows: rows.length, columns };
}

function tableOf(files: readonly { rows: readonly Row[]; stats: 'none' | 'some' | 'all' }[]): Snapshot {
  const columns = [
    { name: 'part', type: 'string' as const },
    { name: 'n', type: 'long' as const },
    { name: 's', type: 'string' as const },
    { name: 't', type: 'timestamp' as const },
  ];
  const empty = applyStaged(undefined, stageCreate({ ...details, columns, partitionColumns: ['part'] }));
  const staged = stageCreate({
    ...details,
    columns,
    partitionColumns: ['part'],
    files: files.map(({ rows, stats }, i) => ({
      path: `f${i}`,
      sizeBytes: 1,
      modifiedMs: 1,
      partitionValues: { part: rows[0]?.part ?? null },
      ...(stats === 'none' ? {} : { stats: buildStats(empty.schema, statisticsOf(rows, stats === 'all')) }),
    })),
  });
  return applyStaged(undefined, staged);
}

const file = fc.record({
  rows: fc
    .tuple(
      row.map((r) => r.part),
      fc.array(row, { minLength: 1, maxLength: 5 }),
    )
    .map(([part, rows]) => rows.map((r) => ({ ...r, part }))),
  stats: fc.constantFrom('none' as const, 'some' as const, 'all' as const),
});

describe('planScan', () => {
  it('never leaves out a file with a row that matches', () => {
    fc.assert(
      fc.property(fc.array(file, { minLength: 1, maxLength: 3 }), predicate, (files, condition) => {
        const scan = planScan(tableOf(files), condition);
        const read = new Set(scan.files.map(({ path }) => path));
        for (const [i, { rows }] of files.entries()) {
          if (rows.some((r) => evaluate(condition, r) === true)) expect(read).toContain(`f${i}`);
        }
        expect(scan.files.length + scan.pruned.byPartition + scan.pruned.byStats).toBe(files.length);
      }),
      { numRuns: 3000 },
    );
  });

  const twoFiles = tableOf([
    {
      rows: [
        { part: 'a', n: 1n, s: 'x', t: 0n },
        { part: 'a', n: 5n, s: null, t: 1500n },
      ],
      stats: 'all',
    },
    { rows: [{ part: 'b', n: 10n, s: 'y', t: 2000n }], stats: 'all' },
  ]);
  const compared = (column: string, operator: '=' | '>' | '<' | '<>', value: string | bigint): Predicate => ({
    kind: 'compare',
    column: [column],
    operator,
    value,
  });
  it.each<[string, Predicate, string[]]>([
    ['partition', compared('part', '=', 'a'), ['f0']],
    ['no partition', compared('part', '=', 'c'), []],
    ['numbers', compared('n', '>', 5n), ['f1']],
    ['not', { kind: 'not', operand: compared('n', '<', 10n) }, ['f1']],
    ['text', compared('s', '=', 'y'), ['f1']],
    ['nulls', { kind: 'is-null', column: ['s'] }, ['f0']],
    ['in', { kind: 'in', column: ['n'], values: [7n, 10n] }, ['f1']],
    ['an empty in', { kind: 'in', column: ['n'], values: [] }, []],
    ['the last microsecond of a cut millisecond', compared('t', '>', instant(1600n)), ['f0', 'f1']],
    ['a time after it', compared('t', '>', instant(2600n)), ['f1']],
    ['an unknown column', compared('zzz', '=', 'y'), ['f0', 'f1']],
    ['a constant of another kind', compared('n', '=', 'y'), ['f0', 'f1']],
  ])('leaves out what %s rules out', (_, condition, expected) => {
    expect(planScan(twoFiles, condition).files.map(({ path }) => path)).toEqual(expected);
  });

  it('counts why', () => {
    expect(planScan(twoFiles, compared('part', '=', 'a')).pruned).toEqual({ byPartition: 1, byStats: 0 });
    expect(planScan(twoFiles, compared('n', '>', 5n)).pruned).toEqual({ byPartition: 0, byStats: 1 });
    expect(planScan(twoFiles).files.map(({ rows }) => rows)).toEqual([2, 1]);
  });

  it('keeps files that may hold NaN, which is greater than every number', () => {
    const columns = [{ name: 'd', type: 'double' as const }];
    const stats = '{"numRecords":2,"minValues":{"d":1},"maxValues":{"d":5},"nullCount":{"d":0}}';
    const files = [{ path: 'f', sizeBytes: 1, modifiedMs: 1, stats }];
    const snapshot = applyStaged(undefined, stageCreate({ ...details, columns, files }));
    const read = (operator: '>' | '<' | '=', value: number): number =>
      planScan(snapshot, { kind: 'compare', column: ['d'], operator, value }).files.length;
    expect([read('>', 7), read('<', 1), read('<', 0.5), read('=', 7), read('=', 5.000001)]).toEqual([1, 1, 0, 0, 1]);
  });

  it('takes statistics that it cannot read as none', () => {
    for (const stats of ['', 'null', '[]', '{', '{"numRecords":"x"}', '{"minValues":5,"nullCount":null}']) {
      const columns = [{ name: 'n', type: 'long' as const }];
      const files = [{ path: 'f', sizeBytes: 1, modifiedMs: 1, stats }];
      const snapshot = applyStaged(undefined, stageCreate({ ...details, columns, files }));
      expect(planScan(snapshot, compared('n', '=', 1n)).files).toHaveLength(1);
    }
  });
});

describe('compareUtf8', () => {
  it('is the order of the bytes', () => {
    const anyText = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\uFFFF', '\uE000', '\u{10000}', '\u{1F600}', 'a'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});
