import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindProject } from './bind.ts';
import { bindReaders } from './bind-readers.ts';
import type { BoundReaders } from './bind-readers.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { memoryProjectFiles } from './files.ts';
import { loadProject } from './load.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const base: Readonly<Record<string, string>> = {
  'lakesmith.yml': 'lakesmith: 1\nname: shop\nparameters:\n  country: DE\nchannels:\n  ops: console\n',
  'macros/m.sql': 'create macro twice(x) as x * 2;\n',
  'bronze/orders.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: BIGINT\n  day: DATE\n',
  'bronze/later.yml': 'files: later/*.json\n',
  'silver/seen.sql': "/* ---\nkind: view\n--- */\nselect id, amount, day from bronze.orders where $country = 'DE'\n",
  'gold/days.sql': 'select day, sum(amount) as total from bronze.orders group by day\n',
};

async function boundReaders(text: string, file = 'dashboards/d.yml'): Promise<BoundReaders> {
  const files = memoryProjectFiles({ ...base, [file]: text });
  const project = await loadProject(files, { environment: undefined, env: {}, compiler });
  const schemas = new Map([
    [
      'bronze.orders',
      [
        { name: 'id', type: 'long' },
        { name: 'amount', type: 'long' },
        { name: 'day', type: 'date' },
      ] as const,
    ],
    ['bronze.later', undefined],
  ]);
  const { bound, diagnostics } = await bindProject(project, compiler, { schemas });
  expect(diagnostics).toEqual([]);
  return await bindReaders({ compiler, bound });
}

const tiles = (...lines: readonly string[]): string => `tiles:\n${lines.map((line) => `  ${line}\n`).join('')}`;

describe('a dashboard', () => {
  it.each<[string, string]>([
    ['reads tables and views', tiles('- number: select sum(total) from gold.days', '- table: from silver.seen')],
    [
      'has words of its own and those of the project',
      `filters:\n  period: last 90 days\n  who: select distinct id from silver.seen\n${tiles(
        '- number: select twice(total) as t from gold.days where day between $period_from and $period_to',
        "- bar: select id from silver.seen where $who is null or id = $who or $country = 'FR'",
      )}`,
    ],
    [
      'names columns that it shows',
      tiles('- line: select day, total as t, 1 as u from gold.days', '  x: DAY', '  y: [t, u]'),
    ],
    ['reads what the program tells of itself', tiles('- table: select run from system.runs')],
    ['unfolds rows', tiles('- table: select * from range(3), unnest([1])')],
    ['reads what has no columns yet', tiles('- table: select a from bronze.later join gold.days using (day)')],
    ['makes what no table can hold', tiles("- number: select interval '1 day' as i")],
    [
      'has a title that looks like SQL',
      `title: From here to there\n${tiles('- table: from gold.days', '  title: with care')}`,
    ],
  ])('is right where it %s', async (_, dashboard) => {
    expect((await boundReaders(dashboard)).diagnostics).toEqual([]);
  });

  it.each<[string, string, string, number, number, string]>([
    ['a column', '- number: select totl from gold.days', 'LS1204 Column totl', 2, 20, 'Did you mean total?'],
    ['one of a view', '- number: select id, twice(amont) from silver.seen', 'LS1204 Column amont', 2, 30, 'amount'],
    [
      'a column in quotes',
      '- number: "select totl from gold.days"',
      'LS1204 Column totl',
      2,
      21,
      'Did you mean total?',
    ],
    ['a table', '- table: from gold.day', 'LS1203 Table gold.day ', 2, 17, 'Did you mean gold.days?'],
    [
      'a table without its layer',
      '- table: from days',
      'LS1203 Table days does not exist: every table has a layer',
      2,
      17,
      'Did you mean gold.days?',
    ],
    ['a word', '- table: select $contry as c', 'LS1010 Parameter $contry', 2, 19, 'Did you mean $country?'],
    ['no SQL', '- table: selec 1', 'LS1201 A query of dashboard d is not valid SQL', 2, 12, 'write one SELECT'],
    [
      'a column of a block',
      '- table: |\n      select day,\n        totl\n      from gold.days',
      'LS1204 Column totl',
      4,
      9,
      'total',
    ],
    [
      'a column of folded lines',
      '- table: >\n      select day,\n      totl from gold.days',
      'LS1204 Column totl',
      2,
      12,
      'total',
    ],
    [
      'an axis',
      '- line: select day, total from gold.days\n    y: [total, totals]',
      'LS1204 Column totals',
      3,
      16,
      'Did you mean total?',
    ],
    ['nothing', "- table: ''", 'LS1201 A query of dashboard d is not one SELECT', 2, 13, 'write one SELECT'],
    [
      'two statements',
      '- table: select 1 as a; select 2',
      'LS1201 A query of dashboard d is not one SELECT',
      2,
      12,
      '',
    ],
    [
      'what does not fit',
      '- number: select day + day from gold.days',
      'LS1205 A query of dashboard d cannot be bound',
      2,
      24,
      '',
    ],
    [
      'a file by a function',
      "- table: from gold.days where day in (select content from read_text('/etc/passwd'))",
      'LS1208 A query of dashboard d reads with read_text(), which is outside the lake',
      2,
      61,
      'ask reference, bronze, silver, gold and system tables',
    ],
    ['a file', "- table: from '/etc/passwd'", 'LS1208 A query of dashboard d reads the file /etc/passwd', 2, 17, 'ask'],
    [
      'a catalogue of the engine',
      '- table: from information_schema.tables',
      'LS1208 A query of dashboard d reads information_schema.tables',
      2,
      17,
      'ask',
    ],
  ])('is wrong where it names %s', async (_, tile, message, line, column, hint) => {
    const { diagnostics } = await boundReaders(tiles(tile));
    const [first, ...others] = diagnostics;
    expect(others).toEqual([]);
    expect(`${first?.code} ${first?.message} `).toContain(message);
    expect(first?.place).toMatchObject({ file: 'dashboards/d.yml', line, column });
    expect(first?.hint ?? '').toContain(hint);
  });

  it.each<[string, string, string, number, number]>([
    [
      'a number of several columns',
      tiles('- number: select day, total from gold.days'),
      'LS1004 A number has one column, and this query has 2: day, total',
      2,
      13,
    ],
    [
      'a filter of several columns',
      `filters:\n  day: select day, total from gold.days\n${tiles('- table: from gold.days')}`,
      'LS1004 A filter has one column, and this query has 2: day, total',
      2,
      8,
    ],
  ])('is wrong where it has %s', async (_, dashboard, message, line, column) => {
    const { diagnostics } = await boundReaders(dashboard);
    expect(diagnostics.map((one) => `${one.code} ${one.message}`)).toEqual([message]);
    expect(diagnostics[0]?.place).toMatchObject({ file: 'dashboards/d.yml', line, column });
  });

  it('has two days of a period, and no word of its name', async () => {
    const period = `filters:\n  period: last 2 weeks\n${tiles('- table: from gold.days where day > $period')}`;
    expect((await boundReaders(period)).diagnostics).toMatchObject([{ code: 'LS1010', place: { line: 4 } }]);
  });

  it('is told to read what it names, and what stands behind that', async () => {
    const { reads } = await boundReaders(tiles('- table: from silver.seen'));
    expect(reads).toEqual(new Map([['dashboards/d.yml', ['bronze.orders', 'silver.seen']]]));
  });
});

describe('an alert', () => {
  const alert = (title: string): string => `title: "${title}"\nrows: select day, total from gold.days\nnotify: ops\n`;

  it('names columns of its rows, and how many there are, in its title', async () => {
    const { diagnostics } = await boundReaders(alert('{rows} days, {Total} on {day}'), 'alerts/a.yml');
    expect(diagnostics).toEqual([]);
  });

  it('is wrong where its title names what its rows have not', async () => {
    const { diagnostics } = await boundReaders(alert('{totl} on {day}'), 'alerts/a.yml');
    expect(diagnostics).toMatchObject([
      {
        code: 'LS1204',
        message: 'Column totl does not exist in what is shown',
        hint: expect.stringContaining('Did you mean total?'),
        place: { file: 'alerts/a.yml', line: 1 },
      },
    ]);
  });
});
