import { describe, expect, it } from 'vitest';
import { toEngineType } from '../../core/type-policy.ts';
import { columnsOf, requestOf, workspace } from './json-columns.test-suite.ts';
import { readJsonColumns } from './json-row-columns.ts';

async function typesOf(...texts: readonly (string | Buffer)[]): Promise<Record<string, string> | undefined> {
  const columns = await columnsOf(texts);
  return columns && Object.fromEntries(columns.map(({ name, type }) => [name, toEngineType(type)]));
}

describe('columns of JSON are read from its bytes', () => {
  it.each<[string, Record<string, string>]>([
    ['{"id":1}\n{"id":9223372036854775807}\n{"id":-0}', { id: 'BIGINT' }],
    ['{"id":1}\n{"id":1.5}\n{"id":0.30000000000000004}\n{"id":1e-300}', { id: 'DOUBLE' }],
    ['{"a":"2026-01-01"}\n{"a":"2024-02-29"}', { a: 'DATE' }],
    ['{"a":"2026-01-01"}\n{"a":"2026-02-29"}', { a: 'VARCHAR' }],
    ['{"a":"2026-01-01T00:00:00Z"}\n{"a":"2026-01-01 00:00:00.1234560+01:00"}', { a: 'TIMESTAMP WITH TIME ZONE' }],
    ['{"a":"2026-01-01T00:00:00Z"}\n{"a":"2026-01-01T00:00:00.1234567Z"}', { a: 'VARCHAR' }],
    ['{"a":"2026-01-01T00:00:00Z"}\n{"a":"2026-01-01"}', { a: 'VARCHAR' }],
    ['{"a":"x"}\n{"a":"\\u00e9\\ud83d\\ude00 \\"q\\" \\\\"}\n{"a":""}', { a: 'VARCHAR' }],
    ['{"a":"2026-01-0\\u0031"}', { a: 'DATE' }],
    ['{"a":true}\r\n{ "a" : false }\n\n{"a":null}\n{}', { a: 'BOOLEAN' }],
    [
      '{"b":1,"a":2}\n{"a":2,"b":1,"c":[]}\n{"a":3,"d":[{"y":1},{"x":"t"},null]}',
      {
        b: 'BIGINT',
        a: 'BIGINT',
        c: 'VARCHAR[]',
        d: 'STRUCT("x" VARCHAR, "y" BIGINT)[]',
      },
    ],
    ['\uFEFF{"é\\n":{"ü":1}}', { 'é\n': 'STRUCT("ü" BIGINT)' }],
    [' [ {"a":1},\n {"a":\n2}\n] \n', { a: 'BIGINT' }],
    ['[]', {}],
    ['', {}],
    ['{"a":{}}', { a: 'VARCHAR' }],
  ])('%s', async (text, types) => {
    expect(await typesOf(text)).toEqual(types);
  });

  it.each([
    '{"a":1}\n{"a":"1"}',
    '{"a":1}\n{"a":true}',
    '{"a":[1]}\n{"a":{"b":1}}',
    '{"a":9223372036854775808}',
    '{"a":9223372036854775807}\n{"a":1.5}',
    '{"a":0.12345678901234567890}',
    '{"a":1e400}',
    '{"a":1e-400}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":-}',
    '{"a":1e}',
    '{"a":NaN}',
    '{"a":nul}',
    '{"a":"0000-01-01"}',
    '{"a":"2026-01-01T24:00:00Z"}',
    '{"a":"2026-02-30T00:00:00Z"}',
    '{"a":"\t"}',
    '{"a":"\\x"}',
    '{"a":"\\ud800"}',
    '{"a":"x',
    '{"a":1,"a":2}',
    '{"a":1,"A":2}',
    '{"":1}',
    '{"a":1,}',
    '{"a":[1,]}',
    '{"a" 1}',
    '{"a":1} {"a":2}',
    '{"a":\n1}',
    '{"a":1},',
    '[{"a":1},]',
    '[{"a":1}',
    '[{"a":1}] 1',
    '[{"a":1} {"a":2}]',
    'null',
    '1',
    '{"a":1}\nnull',
    '{}',
  ])('but not of %s', async (text) => {
    expect(await typesOf(text)).toBeUndefined();
  });

  it('nor of bytes that are no text', async () => {
    expect(await typesOf(Buffer.from([...Buffer.from('{"a":"'), 0xff, ...Buffer.from('"}')]))).toBeUndefined();
  });

  it('of several files together, in whatever form each is, and of known columns', async () => {
    const texts = ['', '[{"a":1,"b":"2026-01-01"}]', '{"c":1.5,"a":2}'];
    expect(await typesOf(...texts)).toEqual({ a: 'BIGINT', b: 'DATE', c: 'DOUBLE' });
    const known = await columnsOf(texts, ['B', 'a']);
    expect(known?.map(({ type }) => type)).toEqual(['long', 'string', 'double']);
  });

  it.each([0, 1, 2, 7, 11, 12, 20, 40])(
    'of rows that begin %i bytes before a piece of the file ends',
    async (before) => {
      const row = '{"a":123456,"b":["x","2026-01-01"],"c":"2026-01-01T00:00:00Z"}\n';
      const filled = `{"a":1,"d":"${' '.repeat((1 << 20) - before - 15)}"}\n`;
      const types = { a: 'BIGINT', d: 'VARCHAR', b: 'VARCHAR[]', c: 'TIMESTAMP WITH TIME ZONE' };
      expect(await typesOf(`${filled}${row.repeat(2_000)}{"a":1}`)).toEqual(types);
      expect(await typesOf(`${filled}${row.repeat(2_000)}{"a":"1"}`)).toBeUndefined();
    },
  );

  it.each([
    ['{"a":1.5,"b":12345678901234567,"c":"0.12345678901234567890"}', true],
    ['{"a":1e-300}', true],
    ['{"a":1.1000000000000001}', false],
    ['{"a":[{"b":0.10000000000000000}]}', true],
    ['{"a":[{"b":0.10000000000000001}]}', false],
  ])('and says of %s whether its numbers are exact: %s', async (text, isExact) => {
    const request = await requestOf([text]);
    await readJsonColumns(request, workspace);
    expect(await workspace.exactFiles.has(request.locations[0] ?? '')).toBe(isExact);
  });

  it('of a row that is longer than a piece', async () => {
    const long = `{"a":"${'x'.repeat(3 << 20)}","b":1}`;
    expect(await typesOf(`{"b":1}\n${long}\n{"b":2}`)).toEqual({ b: 'BIGINT', a: 'VARCHAR' });
  });
});
