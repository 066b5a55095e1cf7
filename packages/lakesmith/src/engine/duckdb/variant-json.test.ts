import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { variantJson } from './variant-json.ts';

/** A dictionary of names with offsets of one byte. */
function dictionary(...names: string[]): Uint8Array {
  const texts = names.map((name) => Buffer.from(name));
  const offsets = texts.reduce<number[]>((all, text) => [...all, (all.at(-1) ?? 0) + text.length], [0]);
  return Uint8Array.from([0x01, names.length, ...offsets, ...Buffer.concat(texts)]);
}

const none = dictionary();
const primitive = (type: number, ...bytes: number[]): Uint8Array => Uint8Array.from([type << 2, ...bytes]);
function int64(type: number, value: bigint, ...before: number[]): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return primitive(type, ...before, ...bytes);
}

describe('a variant as JSON', () => {
  it.each<[string, Uint8Array, string]>([
    ['null', primitive(0), 'null'],
    ['true', primitive(1), 'true'],
    ['false', primitive(2), 'false'],
    ['int8', primitive(3, 0xff), '-1'],
    ['int16', primitive(4, 0x00, 0x80), '-32768'],
    ['int32', primitive(5, 0xff, 0xff, 0xff, 0x7f), '2147483647'],
    ['int64', int64(6, 9223372036854775807n), '9223372036854775807'],
    ['double', primitive(7, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f), '0.1'],
    ['a double without end', primitive(7, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f), '"Infinity"'],
    ['decimal4', primitive(8, 2, 0x9c, 0xff, 0xff, 0xff), '-1'],
    ['a decimal with zeros', primitive(8, 4, 0xd4, 0x30, 0, 0), '1.25'],
    ['a round decimal', primitive(8, 1, 0xe8, 0x03, 0, 0), '100'],
    ['a decimal that is none', primitive(8, 2, 0, 0, 0, 0), '0'],
    ['decimal8', int64(9, -5n, 3), '-0.005'],
    ['decimal16', primitive(10, 10, ...Array<number>(15).fill(0xff), 0x7f), '17014118346046923173168730371.5884105727'],
    ['date', primitive(11, 0xff, 0xff, 0xff, 0xff), '"1969-12-31"'],
    ['timestamp', int64(12, -1n), '"1969-12-31 23:59:59.999999+00:00"'],
    ['timestamp without zone', int64(13, 1_000_000n), '"1970-01-01 00:00:01"'],
    ['float', primitive(14, 0xcd, 0xcc, 0xcc, 0x3d), '0.1'],
    ['binary', primitive(15, 2, 0, 0, 0, 0x61, 0xff), '"Yf8="'],
    ['long text', primitive(16, 3, 0, 0, 0, 0x22, 0xc3, 0xbc), '"\\"ü"'],
    ['time', int64(17, 3_600_000_001n), '"01:00:00.000001"'],
    ['nanoseconds', int64(18, 1n), '"1970-01-01 00:00:00.000000001+00:00"'],
    ['nanoseconds without zone', int64(19, -1n), '"1969-12-31 23:59:59.999999999"'],
    ['uuid', primitive(20, ...Array.from({ length: 16 }, (_, i) => i)), '"00010203-0405-0607-0809-0a0b0c0d0e0f"'],
    ['short text', Uint8Array.from([(2 << 2) | 1, 0x61, 0x0a]), '"a\\n"'],
    ['no elements', Uint8Array.from([0x03, 0, 0]), '[]'],
  ])('%s', (_, value, text) => {
    expect(variantJson(none, value)).toBe(text);
  });

  it('objects and arrays, nested, with names in any order and offsets of any size', () => {
    const inner = [0x03, 2, 0, 2, 3, 0x0c, 7, 0x00];
    expect(variantJson(none, Uint8Array.from(inner))).toBe('[7,null]');
    // Two fields, their ids in the order of their names, their values in another; offsets of two bytes.
    const value = [0x06, 2, 1, 0, 2, 0, 0, 0, 2 + inner.length, 0, 0x0c, 5, ...inner];
    expect(variantJson(dictionary('z', 'a"'), Uint8Array.from(value))).toBe('{"a\\"":[7,null],"z":5}');
  });

  it('refuses what is cut off, unknown or endless, and never hangs', () => {
    const text = primitive(16, 3, 0, 0, 0, 0x61, 0x62, 0x63);
    for (let length = 0; length < text.length; length += 1)
      expect(() => variantJson(none, text.subarray(0, length))).toThrow('cannot be read');
    expect(() => variantJson(none, primitive(21))).toThrow('type 21');
    expect(() => variantJson(Uint8Array.of(0x02, 0, 0), primitive(0))).toThrow('version');
    expect(() => variantJson(Uint8Array.of(0xc1, 0xff, 0xff, 0xff, 0xff), primitive(0))).toThrow('cannot be read');
    // An array whose only element is itself.
    expect(() => variantJson(none, Uint8Array.of(0x03, 1, 0, 0))).toThrow('cannot be read');
    // Every element is an array of all that follows: a few bytes that would become endless text.
    const bomb = Array.from({ length: 60 }, () => [0x03, 2, 0, 0, 0]).flat();
    expect(() => variantJson(none, Uint8Array.from([...bomb, 0]))).toThrow('cannot be read');
  });

  it('gives JSON or an error for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 60 }), (metadata, value) => {
        const dictionaryOf = metadata.length % 2 === 0 ? dictionary('a', 'b') : metadata;
        try {
          JSON.parse(variantJson(dictionaryOf, value));
        } catch (error) {
          expect(String(error)).toMatch(/cannot be read/);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
