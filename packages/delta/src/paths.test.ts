import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath, decodePath, encodePath, fileKey, locate } from './paths.ts';

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
        expect(locate(encodePath(path))).toEqual({ kind: 'inside', path });
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

  it.each([
    ...['../a', 'a/../../b', 'a%2F..%2F..%2Fb', '..\\a', 'a\\..\\b', 'a%00', '', '..', '%2e%2e/a'],
    ...[
      '/etc/passwd',
      'file:/etc/passwd',
      'file:///etc/passwd',
      'file://host/x/t/a',
      'file:a',
      'file:',
      'FILE:/etc/passwd',
    ],
    ...[
      's3://b/a',
      'http://x/t/a',
      'jar:file:/x/t/a',
      'c:a',
      'C:\\a',
      'C%3A/a',
      '//x/t/a',
      '\\\\x\\t\\a',
      '%2Fetc/passwd',
    ],
    ...['/x/tt/a', '/x/t', '/x/t/', '/x/t/../u', '/x/t//etc/passwd', 'file:////x/t/a', '/x/t/%2e%2e/u', 's3:/x/t/a'],
  ])('refuse %s', (path) => {
    expect(() => locate(path, { location: '/x/t' })).toThrow(expect.objectContaining({ code: 'unsafe-path' }));
  });

  it('take absolute ones under the own location as inside', () => {
    const inside = (path: string, location: string): unknown => locate(path, { location });
    for (const path of ['/x/t/a%20b', 'file:/x/t/a b', 'file:///x/t/a%20b', 'file://localhost/x/t/a b']) {
      expect(inside(path, '/x/t')).toEqual({ kind: 'inside', path: 'a b' });
      expect(inside(path, 'file:///x/t/')).toEqual({ kind: 'inside', path: 'a b' });
    }
    expect(inside('s3a://b/t/c=1%252F2/f', 's3://b/t')).toEqual({ kind: 'inside', path: 'c=1%2F2/f' });
    expect(inside('file:/x/a&b%25c%20d/e%sf', '/x/a&b%c d')).toEqual({ kind: 'inside', path: 'e%sf' });
    expect(inside('file:/x/a&b%c d/e%25f', '/x/a&b%c d')).toEqual({ kind: 'inside', path: 'e%f' });
  });

  it('open others only under an allowed prefix, up to its border', () => {
    const io = { location: '/x/t', allowed: ['/data', 's3://bucket/clones/'] };
    expect(locate('file:/data/a%20b', io)).toEqual({ kind: 'outside', url: '/data/a b' });
    expect(locate('s3n://bucket/clones/a', io)).toEqual({ kind: 'outside', url: 's3://bucket/clones/a' });
    for (const path of [
      '/database/a',
      '/data',
      '/data/../x',
      's3://bucket/clone/a',
      's3://bucket/clones/a?s3_endpoint=evil',
    ]) {
      expect(() => locate(path, io)).toThrow('outside the table');
    }
  });

  it('refuse a name that is no text', () => {
    expect(() => encodePath('a\uD800')).toThrow('cannot be written as UTF-8');
  });
});
