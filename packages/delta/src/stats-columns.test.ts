import { describe, expect, it } from 'vitest';
import { clusteringConfiguration, clusteringPaths } from './mapping/clustering.ts';
import { statsColumns } from './stats-columns.ts';
import type { DataType, StructField } from './types.ts';

const field = (name: string, type: DataType, physicalName = name): StructField => ({
  name,
  type,
  nullable: true,
  metadata: { 'delta.columnMapping.physicalName': physicalName },
});
const fields = [
  field('part', 'string', 'c0'),
  field('s', { type: 'struct', fields: [field('a', 'long', 'c2'), field('b.c', 'long', 'c3')] }, 'c1'),
  ...Array.from({ length: 40 }, (_, i) => field(`n${i}`, 'integer', `p${i}`)),
];
const table = (
  configuration: Record<string, string> = {},
  { partitionColumns = ['part'], domains = {} }: { partitionColumns?: string[]; domains?: Record<string, string> } = {},
): Parameters<typeof statsColumns>[0] => ({
  protocol: { minReaderVersion: 2, minWriterVersion: 5 },
  schema: { type: 'struct', fields },
  metadata: { id: '1', format: { provider: 'parquet' }, schemaString: '', partitionColumns, configuration },
  domains: new Map(Object.entries(domains)),
});
const mapped = { 'delta.columnMapping.mode': 'name' };
const shown = (of: Parameters<typeof statsColumns>[0]): string[] => statsColumns(of).map((path) => path.join('.'));

describe('statsColumns', () => {
  it('are the first 32 leaves that are no partition columns', () => {
    expect(shown(table())).toEqual(['s.a', 's.b.c', ...Array.from({ length: 30 }, (_, i) => `n${i}`)]);
    expect(shown(table(mapped)).slice(0, 3)).toEqual(['c1.c2', 'c1.c3', 'p0']);
  });

  it.each<[string, string[]]>([
    ['0', []],
    ['1', ['s.a']],
    ['nonsense', ['s.a', 's.b.c', 'n0']],
    ['-1', ['s.a', 's.b.c', 'n0']],
  ])('are as many as %s says', (count, first) => {
    const columns = shown(table({ 'delta.dataSkippingNumIndexedCols': count }));
    expect(columns.slice(0, 3)).toEqual(first);
    if (count === '-1') expect(columns).toHaveLength(42);
  });

  it.each<[string, string[]]>([
    ['N3, s.`b.c`', ['s.b.c', 'n3']],
    ['s', ['s.a', 's.b.c']],
    ['nope', []],
    ['part,n1', ['n1']],
  ])('are those that the table chose: %s', (chosen, expected) => {
    expect(shown(table({ 'delta.dataSkippingStatsColumns': chosen, 'delta.dataSkippingNumIndexedCols': '1' }))).toEqual(
      expected,
    );
  });

  it('are also those that the table is clustered by', () => {
    const clustered = table(mapped, { partitionColumns: [] });
    const configuration = clusteringConfiguration(clustered, [['n39'], ['S', 'a']]);
    expect(configuration).toBe('{"clusteringColumns":[["p39"],["c1","c2"]],"domainName":"delta.clustering"}');
    const more = table(
      { ...mapped, 'delta.dataSkippingNumIndexedCols': '0' },
      { partitionColumns: [], domains: { 'delta.clustering': configuration } },
    );
    expect(shown(more)).toEqual(['c1.c2', 'p39']);
  });
});

describe('clusteringPaths', () => {
  const of = (text: string): unknown => clusteringPaths(new Map([['delta.clustering', text]]));

  it('reads every form that there is', () => {
    expect(of('{"clusteringColumns":[["a"],["s","b"]]}')).toEqual([['a'], ['s', 'b']]);
    expect(of('{"clusteringColumns":["a"]}')).toEqual([['a']]);
    expect(of('{"clusteringColumns":[{"physicalName":["a","b"]}]}')).toEqual([['a', 'b']]);
    expect(of('{"clusteringColumns":[]}')).toEqual([]);
    expect(clusteringPaths(new Map())).toEqual([]);
  });

  it.each(['{', '{}', '{"clusteringColumns":[3]}', '{"clusteringColumns":[[]]}', '{"clusteringColumns":[["a",3]]}'])(
    'refuses %s',
    (text) => {
      expect(() => of(text)).toThrow('cannot be understood');
    },
  );

  it('are columns of a table that is not partitioned', () => {
    expect(() => clusteringConfiguration(table(), [['n1']])).toThrow('it is partitioned');
    expect(() => clusteringConfiguration(table({}, { partitionColumns: [] }), [['nope']])).toThrow('no such column');
  });
});
