import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointPath, commitPath, isBeyondCount, parseLogName, versionPrefix } from './names.ts';

const version = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('parseLogName', () => {
  it('reads back what is written, for every version', () => {
    fc.assert(
      fc.property(version, (v) => {
        expect(parseLogName(commitPath(v).slice(11))).toEqual({ kind: 'commit', version: v });
        expect(parseLogName(checkpointPath(v).slice(11))).toEqual({
          kind: 'checkpoint',
          version: v,
          part: 1,
          parts: 1,
        });
        expect(versionPrefix(v) < commitPath(v).slice(11)).toBe(true);
      }),
    );
  });

  it('tells versions in order of their names', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(commitPath(a) < commitPath(b)).toBe(a < b);
      }),
    );
  });

  const v = '00000000000000000012';
  it.each([
    [`${v}.checkpoint.0000000001.0000000003.parquet`, { kind: 'checkpoint', version: 12, part: 1, parts: 3 }],
    [
      `${v}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json`,
      { kind: 'v2-checkpoint', version: 12, format: 'json' },
    ],
    [
      `${v}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet`,
      { kind: 'v2-checkpoint', version: 12, format: 'parquet' },
    ],
    [`${v}.00000000000000000020.compacted.json`, { kind: 'compacted', version: 12, toVersion: 20 }],
    [`${v}.crc`, { kind: 'checksum', version: 12 }],
  ])('knows %s', (name, meaning) => expect(parseLogName(name)).toEqual(meaning));

  it.each([
    `.${v}.json.crc`,
    `${v}.json.tmp`,
    `${v}.json.crc`,
    `0${v}.json`,
    '12.json',
    '_last_checkpoint',
    `${v}.checkpoint.parquet.crc`,
    `${v}.checkpoint.1.3.parquet`,
    `.tmp-${v}.json`,
    `${v}.80a083e8-7026-4e79-81be-64bd76c43a11.json`,
    '99999999999999999999.json',
    '00000000000000000012.99999999999999999999.compacted.json',
  ])('ignores %s', (name) => expect(parseLogName(name)).toBeUndefined());
});

describe('isBeyondCount', () => {
  it.each([
    '99999999999999999999.json',
    '00009007199254740992.json',
    '09223372036854775807.checkpoint.parquet',
    '00000000000000000012.99999999999999999999.compacted.json',
  ])('is true of %s', (name) => expect(isBeyondCount(name)).toBe(true));

  it.each([
    '00009007199254740991.json',
    '99999999999999999999.crc',
    '00000000009007199254740993.json',
    '.99999999999999999999.json.crc',
    '99999999999999999999.json.tmp',
  ])('is false of %s', (name) => expect(isBeyondCount(name)).toBe(false));
});
