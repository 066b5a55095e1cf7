import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalogue, TableData } from './catalogue.ts';
import { siteFiles } from './site-files.ts';

const table: TableData = { description: '', files: [], history: [] };

function catalogue(text: string): Catalogue {
  return {
    overview: {
      project: text,
      environment: text,
      program: '',
      isNewest: true,
      releases: [],
      runs: [],
      readers: [],
      rules: 0,
      broken: [],
      tables: [
        {
          name: text,
          layer: 'silver',
          file: 'silver.a.js',
          kind: 'table',
          about: text,
          tags: [text],
          columns: 1,
          state: 'done',
          inputs: [],
          quarantined: 0,
        },
      ],
    },
    columns: { tables: [{ columns: [{ name: text, type: text }], rowsBy: [] }] },
    quality: { rules: [] },
    tables: [{ ...table, description: text }],
  };
}

const filesOf = (text: string): ReadonlyMap<string, string> =>
  new Map(siteFiles(catalogue(text), { script: '', style: '' }).map((file) => [file.path, file.text]));

const hostile = [
  '</script><script>alert(1)</script>',
  '\u2028\u2029',
  '<!--',
  '__proto__',
  '`${a}`',
  '\\',
  '"',
  "'",
  '&lt;',
  '\u0000',
];

describe('the files of a site', () => {
  it('give back every text as it was', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' })), (text) => {
        const window: { lakesmith?: Record<string, unknown> } = {};
        for (const [path, code] of filesOf(text)) if (path.startsWith('data/')) runInNewContext(code, { window });
        const { overview, columns, tables } = catalogue(text);
        // Values of another context have other prototypes.
        expect(JSON.parse(JSON.stringify(window.lakesmith))).toEqual({
          overview,
          columns,
          quality: { rules: [] },
          'tables/silver.a': tables[0],
        });
      }),
    );
  });

  it.each(hostile)('have no tag, no end of a script and no line end in a text: %j', (text) => {
    for (const [path, code] of filesOf(text)) {
      if (path.startsWith('data/')) expect(code).not.toMatch(/[<>&\u2028\u2029]/);
    }
    expect(
      filesOf(text)
        .get('index.html')
        ?.match(/<script/g),
    ).toHaveLength(2);
  });

  it('are few on the first page: it names the overview and no other data', () => {
    const page = filesOf('a').get('index.html') ?? '';
    expect([...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, to]) => to)).toEqual([
      'data:,',
      'site.css',
      'data/overview.js',
      'site.js',
    ]);
  });
});
