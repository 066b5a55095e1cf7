import { describe, expect, it } from 'vitest';
import { withLaterCounts } from './identity-counts.ts';

const column = (name: string, step: number | undefined, count: string | undefined, physical?: string): string => {
  const metadata = [
    ...(step === undefined ? [] : [`"delta.identity.step":${step}`]),
    ...(count === undefined ? [] : [`"delta.identity.highWaterMark":${count}`]),
    ...(physical === undefined ? [] : [`"delta.columnMapping.physicalName":"${physical}"`]),
  ];
  return `{"name":"${name}","type":"long","nullable":true,"metadata":{${metadata.join(',')}}}`;
};
const schema = (...columns: string[]): string => `{"type":"struct","fields":[${columns.join(',')}]}`;

describe('the schema of an older version', () => {
  it.each([
    [
      'goes on where the later one was',
      column('n', 2, '8'),
      column('n', 2, '9223372036854775806'),
      '9223372036854775806',
    ],
    ['stays where it was further', column('n', 1, '8'), column('n', 1, '7'), '8'],
    ['may count down', column('n', -1, '-8'), column('n', -1, '-9'), '-9'],
    ['may not have counted yet', column('n', 1, undefined), column('n', 1, '3'), '3'],
    ['knows columns by their names in files', column('n', 1, '1', 'p'), column('other', 1, '5', 'p'), '5'],
    ['is no other column', column('n', 1, '1', 'p'), column('n', 1, '5', 'q'), '1'],
  ])('%s', (_, old, later, count) => {
    expect(withLaterCounts(schema(old), schema(later))).toBe(
      schema(
        old.includes('highWaterMark') ? old.replace(/(highWaterMark":)[-\d]+/, `$1${count}`) : column('n', 1, count),
      ),
    );
  });

  it('is left alone where it numbers nothing', () => {
    const old = schema(column('n', undefined, undefined));
    expect(withLaterCounts(old, schema(column('n', 1, '5')))).toBe(old);
  });
});
