import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import { createProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';

const keyed = (rows: string): string =>
  `/* ---\nkey: id\ncolumns:\n  mail:\n    tags: [pii]\n--- */\nselect * from (values ${rows}) t(id, n, d, l, mail)\n`;

const rowsBefore = [
  "(1::bigint, 'nan'::double, 1.10::decimal(9,2), [1, null], 'a@x')",
  "(2, null, null, null, 'b@x')",
  "(3, 0.0, 0.00, [], 'c@x')",
  "(4, 1.5, 2.00, [2], 'd@x')",
  "(5, 1, 1, [1], 'e@x')",
];
const rowsAfter = [
  // The same, in other words.
  "(1::bigint, 'nan'::double, 1.1::decimal(12,3), [1, null], 'a@x')",
  "(2, null, null, null, 'b@x')",
  "(3, -0.0, 0, [], 'c@x')",
  // Changed, gone and new.
  "(4, 'nan', 2.001, [2, null], 'new@x')",
  "(6, 1, 1, [1], 'f@x')",
];

let project: TestProject;
const lakesmith = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await runHere([...args, '--project', project.folder]);
  expect(code, stderr).toBe(0);
  return stdout;
};

interface Told {
  readonly tables: readonly Readonly<Record<string, unknown>>[];
}
const differences = async (...sides: string[]): Promise<Told['tables']> =>
  (JSON.parse(await lakesmith('diff', ...sides, '--json')) as Told).tables;

beforeAll(async () => {
  project = await createProject({
    'lakesmith.yml':
      'lakesmith: 1\nname: t\nlake: ./lake\ntimezone: UTC\nconnections:\n  warehouse: none\nenvironments:\n  vat: {}\n',
    'bronze/events.yml': 'files: landing/*.json\n',
    'landing/a.json': '{"a":1}\n{"a":1}\n{"a":2}\n',
    'silver/keyed.sql': keyed(rowsBefore.join(', ')),
    'silver/bag.sql': 'select a from bronze.events\n',
    'gold/top.sql': 'select count(*) as n from silver.keyed\n',
    'gold/gone.sql': 'select 1 as x\n',
    'gold/mails.sql': '/* ---\nkey: id\n--- */\nselect id, upper(mail) as shout, md5(mail) as h from silver.keyed\n',
    'publish/shop.yml': 'to: warehouse\ntables:\n  gold.top: reporting.top\n',
  });
  await lakesmith('run');
  await project.write('silver/keyed.sql', keyed(rowsAfter.join(', ')));
  await project.write('silver/bag.sql', 'select unnest([1, 1, 1]) as a\n');
  await project.write('silver/more.sql', 'select 1 as x\n');
  await lakesmith('run', '--env', 'vat');
});
afterAll(() => removeFolder(project.folder));

describe('diff', () => {
  it('tells rows by key and columns by value, and masks what is personal', async () => {
    const [table] = (await differences('local', 'vat')).filter((diff) => diff['table'] === 'silver.keyed');
    expect(table).toEqual({
      table: 'silver.keyed',
      state: 'changed',
      rowsBefore: 5,
      rowsAfter: 5,
      schema: { added: [], removed: [], retyped: [{ name: 'd', before: 'decimal(12,2)', after: 'decimal(13,3)' }] },
      rows: {
        key: ['id'],
        added: 1,
        removed: 1,
        changed: 1,
        addedRows: ['{"id":6}'],
        removedRows: ['{"id":5}'],
        columns: [
          { column: 'n', rows: 1, examples: [{ key: '{"id":4}', before: '1.5', after: 'nan' }] },
          { column: 'd', rows: 1, examples: [{ key: '{"id":4}', before: '2.00', after: '2.001' }] },
          { column: 'l', rows: 1, examples: [{ key: '{"id":4}', before: '[2]', after: '[2, NULL]' }] },
          { column: 'mail', rows: 1, examples: [{ key: '{"id":4}', before: '•••', after: '•••' }] },
        ],
      },
      reaches: ['gold.mails', 'gold.top'],
      publishes: ['publish/shop.yml reporting.top'],
    });
    expect(await lakesmith('diff', 'vat')).toContain('\nreaches: gold.top · publish/shop.yml reporting.top\n');
  });

  it('refuses the name of a table that neither of both has', async () => {
    const answer = await runHere(['diff', 'local', 'vat', '--table', 'gold.mail', '--project', project.folder]);
    expect(answer).toMatchObject({ code: 2, stderr: expect.stringMatching(/LS4003.*\n.*Did you mean gold.mails/) });
  });

  it('masks what comes from what is personal, and what the project no longer knows, unless it is asked to show it', async () => {
    const mails = async (...more: string[]): Promise<string> =>
      JSON.stringify((await differences('local', 'vat', '--table', 'gold.mails', ...more))[0]?.['rows']);
    const told = await mails();
    expect(told).toContain('"column":"shout"');
    expect(told).not.toContain('@X');
    // Nobody can tell a mail from its hash.
    expect(told).toMatch(/"column":"h","rows":1,"examples":\[\{"key":"\{\\"id\\":4\}","before":"[0-9a-f]{32}"/);
    expect(await mails('--reveal')).toContain('"before":"D@X","after":"NEW@X"');
    const sql = await readFile(join(project.folder, 'gold/mails.sql'), 'utf8');
    await project.write('gold/mails.sql', sql.replace('upper(mail) as shout, ', ''));
    const later = await mails();
    await project.write('gold/mails.sql', sql);
    expect(later).toContain('"column":"shout"');
    expect(later).not.toContain('@X');
  });

  it('compares rows without a key whole, each as often as it is there', async () => {
    const [table] = (await differences('local', 'vat')).filter((diff) => diff['table'] === 'silver.bag');
    expect(table).toMatchObject({
      rows: { key: [], added: 1, removed: 1, changed: 0, addedRows: ['{"a":1}'], removedRows: ['{"a":2}'] },
    });
  });

  it('tells tables of one side, and does not read what is the same version', async () => {
    const states = Object.fromEntries(
      (await differences('local', 'vat')).map(({ table, state }) => [String(table), state]),
    );
    expect(states).toEqual({
      'bronze.events': 'equal',
      'silver.keyed': 'changed',
      'silver.bag': 'changed',
      'silver.more': 'added',
      'gold.mails': 'changed',
      'gold.top': 'equal',
      'gold.gone': 'equal',
    });
  });

  it('compares an environment with its base, and a release with the one before', async () => {
    expect(await lakesmith('diff', 'vat')).toBe(await lakesmith('diff', 'local', 'vat'));
    expect(await lakesmith('diff', '--env', 'vat', '1', '2')).toBe(await lakesmith('diff', 'vat'));
    expect(await lakesmith('diff', '2', '2', '--env', 'vat')).toContain('no differences');
    const { code, stderr } = await runHere(['diff', '--project', project.folder]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('LS3003')]);
  });

  it('writes Markdown', async () => {
    const file = join(project.folder, 'diff.md');
    await lakesmith('diff', 'vat', '--markdown', file);
    const text = await readFile(file, 'utf8');
    expect(text.startsWith('### local → vat\n')).toBe(true);
    expect(text).toContain('| `silver.keyed` |');
    expect(text).not.toContain('@x');
  });

  it('leaves out files that both have', async () => {
    await project.write('silver/bag.sql', 'select a from bronze.events\n');
    await lakesmith('run');
    await project.write('landing/b.json', '{"a":7}\n');
    await lakesmith('run');
    const [bag] = (await differences()).filter((diff) => diff['table'] === 'silver.bag');
    expect(bag).toMatchObject({ rowsBefore: 3, rowsAfter: 4, rows: { added: 1, removed: 0, addedRows: ['{"a":7}'] } });
  });
});
