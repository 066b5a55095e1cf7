import { describe, expect, it } from 'vitest';
import type { Protocol } from './actions.ts';
import { constraintProperty, rowPromises } from './row-promises.ts';
import type { DataType, StructField } from './types.ts';

const field = (name: string, type: DataType, metadata: Record<string, unknown> = {}): StructField => ({
  name,
  type,
  nullable: true,
  metadata,
});
const invariant = (expression: unknown): string => JSON.stringify({ expression: { expression } });
const fields = [
  field('a', 'long', { 'delta.invariants': invariant('a > 3') }),
  field('g', 'date', { 'delta.generationExpression': 'CAST(t AS DATE)' }),
  field('d', 'long', { CURRENT_DEFAULT: '7' }),
  field('i', 'long', {
    'delta.identity.start': -(2n ** 63n),
    'delta.identity.step': -2,
    'delta.identity.highWaterMark': 9_007_199_254_740_993n,
    'delta.identity.allowExplicitInsert': true,
  }),
];
const table = (protocol: Protocol, columns: readonly StructField[] = fields): Parameters<typeof rowPromises>[0] => ({
  protocol,
  schema: { type: 'struct', fields: columns },
  metadata: {
    id: '1',
    format: { provider: 'parquet' },
    schemaString: '',
    partitionColumns: [],
    configuration: { [constraintProperty('Small')]: 'd < 10' },
  },
});
const legacy = (minWriterVersion: number): Protocol => ({ minReaderVersion: 1, minWriterVersion });

describe('rowPromises', () => {
  it('are what the protocol gives a meaning', () => {
    const [constraint, check] = [
      { name: 'small', kind: 'constraint', expression: 'd < 10' },
      { name: 'a a > 3', kind: 'invariant', expression: 'a > 3' },
    ];
    const all = rowPromises(
      table({
        ...legacy(7),
        writerFeatures: [
          'invariants',
          'checkConstraints',
          'generatedColumns',
          'allowColumnDefaults',
          'identityColumns',
        ],
      }),
    );
    expect(all).toEqual({
      checks: [constraint, check],
      generated: new Map([['g', 'CAST(t AS DATE)']]),
      defaults: new Map([['d', '7']]),
      identity: new Map([
        ['i', { start: -(2n ** 63n), step: -2n, highWaterMark: 9_007_199_254_740_993n, allowsExplicit: true }],
      ]),
    });
    expect(rowPromises(table(legacy(2)))).toMatchObject({ checks: [check], generated: new Map(), identity: new Map() });
    expect(rowPromises(table(legacy(3))).checks).toEqual([constraint, check]);
    expect(rowPromises(table(legacy(4))).generated.size).toBe(1);
    expect(rowPromises(table(legacy(6)))).toMatchObject({ defaults: new Map(), identity: all.identity });
    expect(rowPromises(table(legacy(1)))).toMatchObject({ checks: [], generated: new Map() });
  });

  it.each<[string, StructField]>([
    ['delta.invariants', field('a', 'long', { 'delta.invariants': 'a > 3' })],
    ['delta.invariants', field('a', 'long', { 'delta.invariants': invariant(3) })],
    ['delta.invariants', field('a', 'long', { 'delta.invariants': 3 })],
    ['delta.identity.step', field('a', 'long', { 'delta.identity.start': 1 })],
    ['delta.identity.step', field('a', 'long', { 'delta.identity.start': 1, 'delta.identity.step': 0 })],
    [
      'an invariant inside',
      field('a', {
        type: 'array',
        elementType: { type: 'struct', fields: [fields[0] ?? field('x', 'long')] },
        containsNull: true,
      }),
    ],
  ])('refuse %s that cannot be kept', (message, column) => {
    expect(() => rowPromises(table(legacy(6), [column]))).toThrow(message);
  });
});
