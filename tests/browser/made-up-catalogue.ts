import type { Catalogue, ColumnRef, TableLine } from '../../packages/lakesmith/src/site/catalogue.ts';

/** A catalogue of so many tables: a third in each layer, each made from two of the layer before. Names come from the caller. */
export function madeUpCatalogue(
  size: number,
  name: (layer: string, index: number) => string = (layer, index) => `${layer}.t${index}`,
  column: (index: number) => string = (index) => `column_${index}`,
): Catalogue {
  const layers = ['bronze', 'silver', 'gold'];
  const each = Math.ceil(size / layers.length);
  const width = 20;
  const inputsOf = (i: number): readonly number[] =>
    i < each ? [] : [...new Set([i - each, i - each - (i % each) + ((i * 7) % each)])].sort((a, b) => a - b);
  const tables = Array.from({ length: size }, (_, i): TableLine => {
    const layer = layers[Math.floor(i / each)] ?? 'gold';
    return {
      name: name(layer, i),
      layer,
      file: `t${i}.js`,
      kind: layer === 'bronze' ? 'source' : 'table',
      about: `The ${i}. table.`,
      tags: [],
      columns: width,
      rows: i * 10,
      bytes: i * 100,
      release: 1,
      state: 'done',
      inputs: inputsOf(i),
      quarantined: 0,
    };
  });
  const at = '2026-03-10T22:00:00.000Z';
  const release = { release: 1, at, run: 1, cause: 'run', changed: size };
  return {
    overview: {
      project: 'made-up',
      environment: 'local',
      program: 'lakesmith',
      release,
      isNewest: true,
      releases: [release],
      runs: [{ run: 1, state: 'done', at, release: 1, tables: size, failed: [], blocked: 0 }],
      tables,
      readers: [],
      rules: size,
      broken: [{ table: size - 1, name: 'positive', severity: 'warn', message: '1 of 2 rows breaks the rule' }],
    },
    columns: {
      tables: tables.map(({ inputs }) => ({
        rowsBy: [],
        columns: Array.from({ length: width }, (_, c) => ({
          name: column(c),
          type: 'long',
          ...(inputs.length === 0 ? {} : { from: inputs.map((input): ColumnRef => [input, c]) }),
        })),
      })),
    },
    quality: {
      rules: tables.map((_, table) => ({
        table,
        name: 'positive',
        severity: 'warn',
        kind: 'rule',
        text: 'amount > 0',
        found: { run: 1, broken: table === size - 1 ? 1 : 0, rows: 2, message: '', trend: [{ run: 1, broken: 0 }] },
      })),
    },
    tables: tables.map(({ name: of }) => ({
      description: `What ${of} is.`,
      files: [{ file: `${of}.sql`, language: 'sql', text: `select * from ${of}` }],
      history: [{ release: 1, at, run: 1, version: 0, rows: 1, bytes: 1 }],
    })),
  };
}
