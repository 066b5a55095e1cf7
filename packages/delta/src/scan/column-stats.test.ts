import { describe, expect, it } from 'vitest';
import { ColumnStatsReader, type ColumnStats } from './column-stats.ts';
import { lookUp, parseStats, recordCount, recordCountOf } from './stats-text.ts';

function parsed(text: string, path: readonly string[]): ColumnStats | undefined {
  const stats = parseStats(text);
  if (stats === undefined) return undefined;
  return {
    rows: recordCount(stats),
    min: lookUp(stats['minValues'], path),
    max: lookUp(stats['maxValues'], path),
    nulls: lookUp(stats['nullCount'], path),
  };
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);
const names = ['id', 'my_id', 'a.b', 'min "x"', 'ü', 'back\\slash', '{', 'minValues', 'numRecords', ''];

describe('the statistics of a column', () => {
  const values = [
    1,
    0,
    -5,
    1.5,
    1e21,
    -0.001,
    123_456_789_012_345,
    1_234_567_890_123_456,
    'x',
    '',
    'a,"b',
    'a\\',
    '},"maxValues":{"id":5',
    '{',
    '}',
    'é\n',
    true,
    false,
    null,
    { id: 3 },
    [1],
    '"id":7,',
    ',\\"id\\":8',
  ];
  const texts: string[] = [];
  for (const [i, value] of values.entries()) {
    for (const name of names) {
      const other = { [names[(i + 1) % names.length] ?? '']: values[(i + 3) % values.length] };
      const tree = { ...(i % 2 === 0 ? other : {}), [name]: value, ...(i % 2 === 0 ? {} : other) };
      const whole = {
        numRecords: i,
        minValues: tree,
        maxValues: { ...tree, [name]: values[(i + 1) % values.length] },
        nullCount: { [name]: i % 3, id: 1 },
      };
      texts.push(JSON.stringify(whole), JSON.stringify({ ...whole, tightBounds: i % 2 === 0 }));
      texts.push(JSON.stringify({ minValues: tree, numRecords: i }), JSON.stringify({ ...whole, more: 1 }));
      texts.push(JSON.stringify(whole).replace('"nullCount":{', '"nullCount":{"id":4,'));
      texts.push(JSON.stringify(whole).replace('"minValues":{', '"minValues":{ "id" :4,'));
      texts.push(JSON.stringify(whole).replace(':', ': '), JSON.stringify(whole, null, 1));
      texts.push(JSON.stringify(whole).replace('"maxValues"', String.raw`"max\u0056alues"`));
    }
  }
  it.each(names)('%s are those that reading all of them tells', (name) => {
    const reader = new ColumnStatsReader([[name]]);
    const both = new ColumnStatsReader([['id'], [name]]);
    for (const text of texts) {
      const want = parsed(text, [name]);
      expect(reader.read({ text, isEscaped: false })?.[0], text).toEqual(want);
      expect(reader.read({ text: escaped(text), isEscaped: true })?.[0], text).toEqual(want);
      expect(both.read({ text, isEscaped: false }), text).toEqual([parsed(text, ['id']), want]);
    }
  });

  it('inside a struct, and of what is no statistics, are read as a whole', () => {
    const reader = new ColumnStatsReader([['s', 'id']]);
    const text = '{"numRecords":2,"minValues":{"s":{"id":1}},"maxValues":{"id":5},"nullCount":{}}';
    expect(reader.read({ text, isEscaped: false })).toEqual([{ rows: 2, min: 1, max: undefined, nulls: undefined }]);
    for (const none of ['', '[]', '5', 'x']) expect(reader.read({ text: none, isEscaped: false })).toBeUndefined();
  });

  it('count no rows where the number is none', () => {
    const rest = '"minValues":{"id":1},"maxValues":{"id":5},"nullCount":{"id":0}}';
    const counts = ['-1', '1.5', '00', '01'].map((rows) => `{"numRecords":${rows},${rest}`);
    const reader = new ColumnStatsReader([['id']]);
    for (const text of counts) {
      expect(recordCountOf(text), text).toBeUndefined();
      expect(reader.read({ text, isEscaped: false })?.[0]?.rows, text).toBeUndefined();
    }
  });
});
