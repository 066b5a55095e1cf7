import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SqlCompiler } from '../sql/compiler.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import type { ProjectFiles } from './files.ts';
import { memoryProjectFiles, nodeProjectFiles } from './files.ts';
import { readsOf } from './graph.ts';
import { loadProject } from './load.ts';
import type { Project, ProjectTable } from './model.ts';
import { tablesMentioned } from './reach.ts';

let compiler: SqlCompiler;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});

const shared = {
  'lakesmith.yml': 'lakesmith: 1\nname: shop\nlake: ./lake\nparameters:\n  least: 5\n',
  'bronze/orders.yml': 'files: landing/*.json\n',
  'bronze/others.yml': 'files: landing/others/*.json\n',
  'silver/a.sql': 'select id from bronze.orders',
  'silver/b.sql': 'select id from bronze.others',
  'silver/wrong.sql': 'select from where',
  'gold/wrong.sql': 'select id from silver.nowhere',
};

interface Asked {
  readonly files: ProjectFiles;
  readonly tables: readonly string[];
  readonly withReaders?: readonly string[];
}

async function load({ files, tables, withReaders = [] }: Asked): Promise<Project> {
  const about = (): { tables: Set<string>; withReaders: Set<string> } => ({
    tables: new Set([...tables, ...withReaders]),
    withReaders: new Set(withReaders),
  });
  return await loadProject(files, { environment: undefined, env: {}, compiler, about });
}

const read = async (table: string, more: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const project = await load({ files: memoryProjectFiles({ ...shared, ...more }), tables: [table] });
  return [...project.tables.keys()];
};

describe('of a project of which not all is wanted', () => {
  it('only that is read, with what it is made from', async () => {
    const sql = 'select a.id from silver.a a where id > $least';
    const project = await load({ files: memoryProjectFiles({ ...shared, 'gold/x.sql': sql }), tables: ['gold.x'] });
    expect([...project.tables.keys()]).toEqual(['bronze.orders', 'silver.a', 'gold.x']);
    expect([...project.unread].sort()).toEqual(['bronze.others', 'gold.wrong', 'silver.b', 'silver.wrong']);
    expect([...project.texts.keys()].some((file) => file.includes('wrong'))).toBe(false);
  });

  it('what is wrong in it is found, and what is wrong elsewhere is not', async () => {
    await expect(read('gold.x', { 'gold/x.sql': 'select id from silver.wrong' })).rejects.toMatchObject({
      diagnostics: [{ code: 'LS1201', place: { file: 'silver/wrong.sql' } }],
    });
    // A name that nothing has is told with those that there are.
    await expect(read('gold.x', { 'gold/x.sql': 'select id from silver.bb' })).rejects.toMatchObject({
      diagnostics: [{ code: 'LS1203', hint: 'Did you mean silver.b?' }],
    });
    expect(await read('silver.a', {})).toEqual(['bronze.orders', 'silver.a']);
  });

  it.each([
    ['another case, quotes and white space', { 'gold/x.sql': 'select id from SILVER . "A"' }, 'silver.a'],
    [
      'a check',
      { 'gold/x.sql': '/* ---\ncheck:\n  fail:\n    known: id -> silver.a.id\n--- */\nselect 1 as id' },
      'silver.a',
    ],
    [
      'a rule in the file beside it',
      {
        'gold/x.sql': 'select 1 as id',
        'gold/x.yml': 'expect:\n  warn:\n    known: id in (select id from silver.a)\n',
      },
      'silver.a',
    ],
    [
      'a model that is part of it',
      {
        'gold/x.sql': 'select id from silver.part',
        'silver/part.sql': '/* ---\nkind: ephemeral\n--- */\nselect id from silver.a',
      },
      'silver.a',
    ],
    [
      'a view',
      {
        'gold/x.sql': 'select id from silver.part',
        'silver/part.sql': '/* ---\nkind: view\n--- */\nselect id from silver.a',
      },
      'silver.a',
    ],
    [
      'a macro',
      {
        'gold/x.sql': 'select id from known()',
        'macros/known.sql': 'create macro known() as table select id from silver.a;',
      },
      'silver.a',
    ],
  ])('%s brings the table that it names', async (_, files, table) => {
    const tables = await read('gold.x', files);
    expect(tables).toContain(table);
    expect(tables).not.toContain('silver.b');
  });

  it.each([
    ['a comment inside a name', { 'gold/x.sql': 'select id from silver./* here */a' }],
    [
      'a letter that YAML writes otherwise',
      { 'gold/x.sql': 'select 1 as id', 'gold/x.yml': 'check:\n  fail:\n    known: "id -> silver.\\x61.id"\n' },
    ],
  ])('everything is read where %s hid what it names', async (_, files) => {
    const { 'silver/wrong.sql': _silver, 'gold/wrong.sql': _gold, ...right } = shared;
    const whole = memoryProjectFiles({
      ...right,
      'lakesmith.yml': right['lakesmith.yml'].replace(/parameters:[^]*/, ''),
      ...files,
    });
    const project = await load({ files: whole, tables: ['gold.x'] });
    expect(project.tables.has('silver.a')).toBe(true);
    expect(project.unread.size).toBe(0);
  });

  it('what is made from it is read where that is wanted, with all that it is made from', async () => {
    const files = memoryProjectFiles({ ...shared, 'gold/x.sql': 'select id from silver.a join silver.b using (id)' });
    const project = await load({ files, tables: [], withReaders: ['bronze.orders'] });
    expect([...project.tables.keys()].sort()).toEqual([
      'bronze.orders',
      'bronze.others',
      'gold.x',
      'silver.a',
      'silver.b',
    ]);
  });

  it('each table is what it is when everything is read', async () => {
    const files = nodeProjectFiles(fileURLToPath(new URL('../../../../samples/retail', import.meta.url)));
    const whole = await loadProject(files, { environment: undefined, env: {}, compiler });
    expect(whole.unread.size).toBe(0);
    for (const name of whole.tables.keys()) {
      const part = await load({ files, tables: [name] });
      const wanted = new Set([name]);
      for (const one of wanted) for (const input of readsOf(tableIn(whole, one))) wanted.add(input);
      expect([...wanted].filter((one) => !part.tables.has(one))).toEqual([]);
      for (const [one, table] of part.tables) expect(plain(table)).toEqual(plain(tableIn(whole, one)));
      expect(new Set([...part.tables.keys(), ...part.unread])).toEqual(new Set(whole.tables.keys()));
    }
  });
});

it('sees what a text seems to name', () => {
  const text = `from silver.a, "Gold"."b" -- bronze.c\n where 'reference . d' = platinum.e and x.silver.f`;
  expect([...tablesMentioned(text)].sort()).toEqual(['bronze.c', 'gold.b', 'reference.d', 'silver.a', 'silver.f']);
});

function tableIn({ tables }: Project, name: string): ProjectTable {
  const table = tables.get(name);
  if (table === undefined) throw new Error(`${name} is missing`);
  return table;
}

const plain = (table: ProjectTable): unknown => (table.kind === 'model' ? { ...table, tree: table.tree() } : table);
