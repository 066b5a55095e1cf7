import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AddFile } from '../actions.ts';
import { serializeJson, RawNumber } from '../json.ts';
import type { Snapshot } from '../snapshot.ts';
import { truncateMax, truncateMin } from '../stats.ts';
import type { DataType, StructField } from '../types.ts';
import { countRows, planScan } from './plan.ts';
import type { Predicate } from './predicate.ts';
import type { Constant } from './values.ts';

// A model of a table: values as exact as they are, statistics as Spark writes them, predicates by the rules of SQL.

type Value = bigint | number | string | boolean;

interface Kind {
  readonly type: DataType;
  readonly values: fc.Arbitrary<Value>;
  readonly constant: (value: Value) => Constant;
  readonly bound: (value: Value, side: 'min' | 'max') => unknown;
  /** As a partition value. */
  readonly text: (value: Value) => string;
}

const integers = fc.oneof(
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constantFrom(
    9007199254740991n,
    9007199254740992n,
    9007199254740993n,
    -9007199254740993n,
    9223372036854775807n,
    -9223372036854775808n,
  ),
);
const doubles = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    1.5,
    -1.5,
    0.1,
    3.4,
    1e300,
    5e-324,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ),
  fc.double(),
);
const texts = fc.oneof(
  fc.constantFrom(
    'a',
    'ab',
    'b',
    'é',
    '\uFFFF',
    '\uFFFD',
    '\u{10000}',
    `${'a'.repeat(31)}\u{1F600}z`,
    'b'.repeat(40),
    `${'b'.repeat(32)}\u{10FFFF}`,
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
);

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Microseconds since the epoch as text, with years before 1 and after 9999 as Java prints them. */
function instantText(micros: bigint, digits: 3 | 6, between: string): string {
  const ms = micros >= 0n ? micros / 1000n : -((-micros + 999n) / 1000n);
  const iso = new Date(Number(ms))
    .toISOString()
    .replace(/^\+0*(?=\d{5})/, '+')
    .replace('T', between)
    .slice(0, -1);
  return digits === 3 ? iso : `${iso}${(micros - ms * 1000n).toString().padStart(3, '0')}`;
}

function dayText(days: bigint): string {
  return instantText(days * 86_400_000_000n, 3, 'T').split('T')[0] ?? '';
}

function spark(value: Value): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}

const micros = fc.oneof(
  fc.bigInt({ min: -3000n, max: 3000n }),
  fc.constantFrom(253402300800000000n, 253402300799999999n, -62135596800000000n, 8000000000000000000n, -1n, 4000400n),
);
const exactDecimal = (precision: number, scale: number, values: fc.Arbitrary<bigint>): Kind => ({
  type: `decimal(${precision},${scale})`,
  values,
  constant: (value) => decimalText(BigInt(value), scale),
  bound: (value) => new RawNumber(decimalText(BigInt(value), scale)),
  text: (value) => decimalText(BigInt(value), scale),
});
const instants = (type: 'timestamp' | 'timestamp_ntz'): Kind => {
  const zone = type === 'timestamp' ? 'Z' : '';
  return {
    type,
    values: micros,
    constant: (value) => `${instantText(BigInt(value), 6, ' ')}${zone}`,
    bound: (value) => `${instantText(BigInt(value), 3, 'T')}${zone}`,
    text: (value) => instantText(BigInt(value), 6, ' '),
  };
};

const kinds: Readonly<Record<string, Kind>> = {
  long: { type: 'long', values: integers, constant: (v) => BigInt(v), bound: spark, text: String },
  double: { type: 'double', values: doubles, constant: Number, bound: spark, text: String },
  // Written with the digits that tell floats apart, which is not what a double says.
  float: {
    type: 'float',
    values: fc.oneof(fc.constantFrom(3.4, 0.1, 16_777_216, Number.NaN).map(Math.fround), fc.float()),
    constant: Number,
    bound: (v) => (Number.isFinite(v) ? Number(Number(v).toPrecision(8)) : String(v)),
    text: (v) => (Number.isFinite(v) ? Number(v).toPrecision(8) : String(v)),
  },
  money: exactDecimal(
    10,
    2,
    fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.bigInt({ min: -9_999_999_999n, max: 9_999_999_999n })),
  ),
  wide: exactDecimal(
    38,
    10,
    fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.bigInt({ min: 10n ** 37n, max: 10n ** 37n + 3n })),
  ),
  date: {
    type: 'date',
    values: fc.oneof(fc.bigInt({ min: -2n, max: 2n }), fc.constantFrom(2932896n, 2932897n, -719162n, 50_000_000n)),
    constant: (v) => dayText(BigInt(v)),
    bound: (v) => dayText(BigInt(v)),
    text: (v) => dayText(BigInt(v)),
  },
  time: instants('timestamp'),
  ntz: instants('timestamp_ntz'),
  text: {
    type: 'string',
    values: texts,
    constant: String,
    bound: (v, side) => (side === 'min' ? truncateMin(String(v)) : truncateMax(String(v))),
    text: String,
  },
};
const names = Object.keys(kinds);

/** Byte order of text, NaN above all. */
function order(a: Value, b: Value): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  if (typeof a === 'number' && Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (typeof b === 'number' && Number.isNaN(b)) return -1;
  return a < b ? -1 : Number(a > b);
}

type Row = Readonly<Record<string, Value | null>>;
interface File {
  readonly rows: readonly Row[];
  /** In the file, so in its statistics, and deleted since. */
  readonly deleted: readonly Row[];
  readonly form: 'none' | 'counts' | 'all';
}

const row: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(
    [...names, 'inner', 'part'].map((name) => [
      name,
      fc.option((kinds[name] ?? kinds['long'])?.values ?? fc.constant(0), { freq: 4 }),
    ]),
  ),
);
const file: fc.Arbitrary<File> = fc.record({
  rows: fc.array(row, { minLength: 1, maxLength: 3 }),
  deleted: fc.array(row, { maxLength: 2 }),
  form: fc.constantFrom('none', 'counts', 'all', 'all', 'all'),
});

/** The condition, and what it is on a row: true, false or null. */
interface Condition {
  readonly predicate: Predicate;
  readonly on: (row: Row) => boolean | null;
}

const columns = [...names, 'inner', 'part'];
function kindOf(name: string, partition: string): Kind {
  const kind = kinds[name === 'part' ? partition : name === 'inner' ? 'long' : name];
  if (kind === undefined) throw new Error(name);
  return kind;
}
function pathOf(name: string, upper: boolean): string[] {
  const path = name === 'inner' ? ['s', 'inner'] : [name];
  return upper ? path.map((part) => part.toUpperCase()) : path;
}

const operators = {
  '=': (o: number) => o === 0,
  '<>': (o: number) => o !== 0,
  '<': (o: number) => o < 0,
  '<=': (o: number) => o <= 0,
  '>': (o: number) => o > 0,
  '>=': (o: number) => o >= 0,
};

function leaf(partition: string): fc.Arbitrary<Condition> {
  return fc.constantFrom(...columns).chain((name) => {
    const kind = kindOf(name, partition);
    const value = fc.option(kind.values, { freq: 8 });
    const constant = (v: Value | null): Constant => (v === null ? null : kind.constant(v));
    const path = fc.boolean().map((upper) => pathOf(name, upper));
    const comparison = fc
      .record({ path, operator: fc.constantFrom(...Object.keys(operators)), v: value })
      .map(({ path, operator, v }) => ({
        predicate: { kind: 'compare' as const, column: path, operator: operator as '=', value: constant(v) },
        on: (r: Row) => compared(r[name] ?? null, operator as '=', v),
      }));
    const same = fc.record({ path, v: value }).map(({ path, v }) => ({
      predicate: { kind: 'compare' as const, column: path, operator: '<=>' as const, value: constant(v) },
      on: (r: Row) =>
        v === null || (r[name] ?? null) === null ? v === (r[name] ?? null) : compared(r[name] ?? null, '=', v),
    }));
    const isNull = path.map((path) => ({
      predicate: { kind: 'is-null' as const, column: path },
      on: (r: Row) => (r[name] ?? null) === null,
    }));
    const list = fc.array(value, { maxLength: 3 }).chain((vs) => fc.constantFrom(vs, Array(15).fill(vs).flat()));
    const member = fc.record({ path, vs: list }).map(({ path, vs }) => ({
      predicate: { kind: 'in' as const, column: path, values: vs.map(constant) },
      on: (r: Row) =>
        decide(
          vs.map((v) => compared(r[name] ?? null, '=', v)),
          true,
        ),
    }));
    const prefixed = fc.record({ path, text: texts, length: fc.nat({ max: 33 }) }).map(({ path, text, length }) => {
      const prefix = Array.from(text).slice(0, length).join('');
      const on = (r: Row): boolean | null => ((r[name] ?? null) === null ? null : String(r[name]).startsWith(prefix));
      return { predicate: { kind: 'starts-with' as const, column: path, prefix }, on };
    });
    return fc.oneof(
      comparison,
      comparison,
      same,
      isNull,
      member,
      ...(kind.type === 'string' ? [prefixed, prefixed] : []),
    );
  });
}

function compared(a: Value | null, operator: keyof typeof operators, b: Value | null): boolean | null {
  return a === null || b === null ? null : operators[operator](order(a, b));
}

/** One `strong` result decides, then NULL. */
function decide(results: readonly (boolean | null)[], strong: boolean): boolean | null {
  if (results.includes(strong)) return strong;
  return results.includes(null) ? null : !strong;
}

function conditions(partition: string): fc.Arbitrary<Condition> {
  return fc.letrec<{ c: Condition }>((tie) => ({
    c: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { arbitrary: leaf(partition), weight: 3 },
      {
        arbitrary: fc.boolean().map((truth) => ({ predicate: { kind: 'unknown' as const }, on: () => truth })),
        weight: 1,
      },
      {
        arbitrary: fc
          .record({ kind: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('c'), { maxLength: 3 }) })
          .map(({ kind, of }) => ({
            predicate: { kind, operands: of.map(({ predicate }) => predicate) },
            on: (r: Row) =>
              decide(
                of.map(({ on }) => on(r)),
                kind === 'or',
              ),
          })),
        weight: 2,
      },
      {
        arbitrary: tie('c').map(({ predicate, on }) => ({
          predicate: { kind: 'not' as const, operand: predicate },
          on: (r: Row) => (on(r) === null ? null : on(r) !== true),
        })),
        weight: 1,
      },
    ),
  })).c;
}

function statsOf({ rows, deleted, form }: File, stored: (name: string) => string): string | undefined {
  if (form === 'none') return undefined;
  const all = [...rows, ...deleted];
  const trees = {
    minValues: new Map<string, unknown>(),
    maxValues: new Map<string, unknown>(),
    nullCount: new Map<string, unknown>(),
  };
  for (const name of [...names, 'inner']) {
    const kind = kindOf(name, 'long');
    const values = all
      .map((r) => r[name] ?? null)
      .filter((v) => v !== null)
      .sort(order);
    // Some writers leave NaN out of their bounds.
    const bounded = rows.length % 2 === 1 ? values.filter((v) => !Number.isNaN(v)) : values;
    const [min] = bounded;
    const max = bounded.at(-1);
    const put = (tree: Map<string, unknown>, value: unknown): void => {
      if (value !== undefined) tree.set(stored(name), name === 'inner' ? undefined : value);
      if (name === 'inner' && value !== undefined)
        tree.set(stored('s'), { [stored('inner')]: value }).delete(stored(name));
    };
    // And some do not count the rows whose struct is null.
    put(trees.nullCount, name === 'inner' && rows.length % 2 === 1 ? 0 : all.length - values.length);
    if (form === 'all' && min !== undefined && max !== undefined) {
      put(trees.minValues, kind.bound(min, 'min'));
      put(trees.maxValues, kind.bound(max, 'max'));
    }
  }
  const parts = Object.fromEntries(Object.entries(trees).map(([name, tree]) => [name, Object.fromEntries(tree)]));
  return serializeJson({ numRecords: all.length, ...parts, tightBounds: deleted.length === 0 });
}

function tableOf(files: readonly File[], partition: string, mapped: boolean): Snapshot {
  const stored = (name: string): string => (mapped ? `col-${name}` : name);
  const field = (name: string, type: DataType, id: number): StructField => ({
    name,
    type,
    nullable: true,
    metadata: mapped ? { 'delta.columnMapping.physicalName': stored(name), 'delta.columnMapping.id': id } : {},
  });
  const fields = names.map((name, index) => field(name, kindOf(name, partition).type, index));
  fields.push(
    field('s', { type: 'struct', fields: [field('inner', 'long', 100)] }, 101),
    field('part', kindOf('part', partition).type, 102),
  );
  const adds = files.map((f, i): [string, AddFile] => {
    const value = f.rows[0]?.['part'] ?? null;
    const stats = statsOf(f, stored);
    const partitionValues = value === null ? {} : { [stored('part')]: kindOf('part', partition).text(value) };
    return [
      `f${i}`,
      {
        path: `f${i}`,
        partitionValues,
        size: 1,
        modificationTime: 1,
        dataChange: true,
        ...(stats === undefined ? {} : { stats }),
      },
    ];
  });
  return {
    state: 'committed',
    version: 0,
    timestampMs: 0,
    protocol: { minReaderVersion: mapped ? 2 : 1, minWriterVersion: 5 },
    metadata: {
      id: 'x',
      format: { provider: 'parquet' },
      schemaString: '',
      partitionColumns: ['part'],
      configuration: { 'delta.columnMapping.mode': 'name' },
    },
    schema: { type: 'struct', fields },
    files: new Map(adds),
    tombstones: new Map(),
    txns: new Map(),
    domains: new Map(),
    commitInfo: undefined,
  };
}

describe('planScan', () => {
  it('never leaves out a file with a row that matches, whatever the types, names and statistics', () => {
    let [left, total] = [0, 0];
    fc.assert(
      fc.property(
        fc.constantFrom(...names).chain((partition) =>
          fc.record({
            partition: fc.constant(partition),
            files: fc.array(file, { minLength: 1, maxLength: 3 }),
            parts: fc.array(fc.option(kindOf('part', partition).values), { minLength: 3, maxLength: 3 }),
            condition: conditions(partition),
            mapped: fc.boolean(),
          }),
        ),
        ({ partition, files, parts, condition, mapped }) => {
          // All rows of a file have one partition value; text that is empty means NULL.
          const placed = files.map((f, i) => ({ ...f, rows: f.rows.map((r) => ({ ...r, part: parts[i] ?? null })) }));
          const snapshot = tableOf(placed, partition, mapped);
          const scan = planScan(snapshot, condition.predicate);
          const read = new Set(scan.files.map(({ path }) => path));
          for (const [i, { rows }] of placed.entries()) {
            if (rows.some((r) => condition.on(r) === true)) expect(read).toContain(`f${i}`);
          }
          const { byPartition, byStats } = scan.pruned;
          expect(scan.files.length + byPartition + byStats).toBe(files.length);
          expect(planScan(snapshot, condition.predicate)).toEqual(scan);
          total += files.length;
          left += byPartition + byStats;
        },
      ),
      { numRuns: 3000 },
    );
    // It does leave out files: a plan that reads everything would pass what is above.
    expect(left / total).toBeGreaterThan(0.1);
  });
});

describe('countRows', () => {
  const add: AddFile = { path: 'f', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true };
  const vector = { storageType: 'i' as const, pathOrInlineDv: '', sizeInBytes: 1, cardinality: 3 };
  const count = (...files: AddFile[]): number | undefined =>
    countRows({ ...tableOf([], 'long', false), files: new Map(files.map((f, i) => [`f${i}`, f])) });

  it('takes deleted rows off, and says nothing unless all files tell', () => {
    const five = { ...add, stats: '{"numRecords":5,"minValues":{"numRecords":9}}' };
    expect(count()).toBe(0);
    expect(count(five, { ...five, deletionVector: vector })).toBe(7);
    expect(count({ ...add, stats: '{"minValues":{"numRecords":9}, "numRecords": 4}' })).toBe(4);
    expect(count(five, add)).toBeUndefined();
    expect(count({ ...five, deletionVector: { ...vector, cardinality: 6 } })).toBeUndefined();
    for (const stats of [
      '{"numRecords":5',
      '{"numRecords":-5}',
      '{"numRecords":5.5}',
      '{"numRecords":"5"}',
      '{"numRecords":1e300}',
    ]) {
      expect(count({ ...add, stats })).toBeUndefined();
    }
  });
});
