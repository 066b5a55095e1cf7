import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath, decodePath, encodePath, fileKey, resolvePath } from './paths.ts';

const fileName = fc
  .array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map((part) => part.replace(/[/\\]/g, '_').replaceAll('\u0000', '_')).join('/'))
  .filter(
    (path) => !path.split('/').some((part) => part === '.' || part === '..') && !/^file:|^[a-zA-Z][\w+.-]+:/.test(path),
  );

describe('paths', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fileName, (path) => {
        expect(decodePath(encodePath(path))).toBe(path);
        expect(resolvePath(encodePath(path))).toBe(path);
      }),
    );
  });

  it('are decoded once, and never throw', () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        expect(typeof decodePath(path)).toBe('string');
      }),
    );
    expect(decodePath('region=US%252FEast/a%20b')).toBe('region=US%2FEast/a b');
    expect(decodePath('bar+%21')).toBe('bar+!');
    expect(decodePath('100%/%zz%')).toBe('100%/%zz%');
    expect(decodePath('%C3%A9 é')).toBe('é é');
    expect(decodePath('%FF%25%C3%A9%E2%82')).toBe('%FF%é%E2%82');
  });

  it('of one file are one key, however they are spelt', () => {
    const keys = ['/x/a%20b', 'file:/x/a b', 'file:///x/a%20b', 'file://localhost/x/a b'].map(canonicalPath);
    expect(new Set(keys)).toEqual(new Set(['/x/a b']));
    expect(canonicalPath('file.parquet')).toBe('file.parquet');
  });

  it('make one key with each deletion vector', () => {
    const vector = { storageType: 'u', pathOrInlineDv: 'abc', sizeInBytes: 1, cardinality: 1 } as const;
    const keys = [
      fileKey({ path: 'a' }),
      fileKey({ path: 'a', deletionVector: vector }),
      fileKey({ path: 'a', deletionVector: { ...vector, offset: 1 } }),
      fileKey({ path: 'a', deletionVector: { ...vector, offset: 2 } }),
    ];
    expect(new Set(keys).size).toBe(4);
  });

  it.each(['../a', 'a/../../b', 'a%2F..%2F..%2Fb', '..\\a', '/etc/passwd', 'file:/etc/passwd', 's3://b/a', 'a%00', ''])(
    'refuse %s',
    (path) => {
      expect(() => resolvePath(path)).toThrow(expect.objectContaining({ code: 'unsafe-path' }));
    },
  );

  it('allow absolute ones only when asked, and never a way up', () => {
    expect(resolvePath('file:///x/a', { allowAbsolute: true })).toBe('/x/a');
    expect(() => resolvePath('/x/../a', { allowAbsolute: true })).toThrow('outside the table');
  });

  it('refuse a name that is no text', () => {
    expect(() => encodePath('a\uD800')).toThrow('cannot be written as UTF-8');
  });
});
