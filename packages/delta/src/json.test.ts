import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, RawNumber, exactNumber, parseJson, serializeJson } from './json.ts';

const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n) || Number.isSafeInteger(n)),
  fc.bigInt().filter((n) => n > BigInt(Number.MAX_SAFE_INTEGER) || n < BigInt(Number.MIN_SAFE_INTEGER)),
);
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, '9007199254740993', '__proto__'),
    fc.string({ unit: 'binary' }),
    number,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('parseJson and serializeJson', () => {
  it('are inverse, whatever the size of the numbers', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(parseJson(serializeJson(value))).toEqual(value);
      }),
    );
  });

  it('accept what JSON.parse accepts and nothing else, also on the exact way', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '1',
        '-',
        '0',
        '.5',
        'e5',
        'true',
        'null',
        ' ',
        '\n',
        '\\',
        '\\u00e9',
        '\u0001',
        'x',
        '+',
      ),
      { maxLength: 12 },
    );
    const wrapped = fc.oneof(
      pieces.map((p) => p.join('')),
      json.map(serializeJson).chain(mutated),
    );
    fc.assert(
      fc.property(wrapped, (text) => {
        // The long number makes the exact parser read all of it.
        expect(accepts(parseJson, `[9007199254740993,${text}]`)).toBe(
          accepts(JSON.parse, `[9007199254740993,${text}]`),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9007199254740991', 9007199254740991],
    ['0.1', 0.1],
    ['1.50', 1.5],
    ['0.30000000000000004', 0.30000000000000004],
    ['12345678901234567890.12', new RawNumber('12345678901234567890.12')],
    ['1234567890.1234567890', new RawNumber('1234567890.1234567890')],
    ['1e400', new RawNumber('1e400')],
    ['4.9E-324', new RawNumber('4.9E-324')],
    ['1e-400', new RawNumber('1e-400')],
    ['1.7976931348623157e308', 1.7976931348623157e308],
  ])('keeps all digits of %s', (text, value) => {
    expect(parseJson(`{"a":[${text}]}`)).toEqual({ a: [value] });
    expect(exactNumber(text)).toEqual(value);
  });

  it('writes no value that JSON cannot hold', () => {
    expect(() => serializeJson({ a: Number.NaN })).toThrow('NaN cannot be written');
    expect(() => new RawNumber('1.')).toThrow('not a JSON number');
    expect(() => serializeJson(() => 1)).toThrow('function');
    expect(serializeJson({ a: undefined, b: -0, c: new RawNumber('1.10') })).toBe('{"b":-0.0,"c":1.10}');
  });

  it('says so when nesting is too deep, instead of failing', () => {
    const deep = `${'['.repeat(100_000)}9007199254740993${']'.repeat(100_000)}`;
    expect(() => parseJson(deep)).toThrow('levels deep');
    expect(() => parseJson(deep.replace('9007199254740993', '1'))).toThrow('levels deep');
    expect(() => parseJson('{"a":'.repeat(501) + '[1]' + '}'.repeat(501))).toThrow('levels deep');
    expect(parseJson(`[${'[],'.repeat(2000)}1]`)).toHaveLength(2001);
  });
});

function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function mutated(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat({ max: text.length }), fc.nat({ max: 2 }))
    .map(([at, cut]) => text.slice(0, at) + text.slice(at + cut));
}
