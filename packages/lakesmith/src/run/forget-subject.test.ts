import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindProject } from '../project/bind.ts';
import { openEngineCompiler } from '../project/engine-compiler.test-suite.ts';
import { memoryProjectFiles } from '../project/files.ts';
import { loadProject } from '../project/load.ts';
import type { BoundProject } from '../project/model.ts';
import type { Column } from '../core/schema.ts';
import { carriersOf, rootsOf } from './forget-subject.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
let bound: BoundProject;
const files: Readonly<Record<string, string>> = {
  'lakesmith.yml': 'lakesmith: 1\nname: shop\n',
  'bronze/a.yml': 'files: landing/a/*.json\n',
  'bronze/b.yml': 'files: landing/b/*.json\n',
  'reference/r.csv': 'id,word\n1,one\n',
  'silver/both.sql': 'select mail as address, id from bronze.a union all select mail, id from bronze.b',
  'silver/joined.sql': 'select a.id, b.mail from bronze.a a join bronze.b b on a.id = b.id',
  'silver/shown.sql': '/* ---\nkind: view\n--- */\nselect mail, lower(mail) as low from bronze.a',
  'silver/words.sql': 'select word from reference.r',
  'gold/over.sql': 'select mail as m, low from silver.shown',
  'gold/total.sql': 'select count(distinct mail) as n from bronze.a',
};
beforeAll(async () => {
  compiler = await openEngineCompiler();
  const project = await loadProject(memoryProjectFiles(files), { environment: undefined, env: {}, compiler });
  const columns = [
    { name: 'id', type: 'long' },
    { name: 'mail', type: 'string' },
    { name: 'amount', type: 'double' },
  ] as const;
  const reference = [
    { name: 'id', type: 'long' },
    { name: 'word', type: 'string' },
  ] as const;
  const schemas = new Map<string, readonly Column[]>([
    ['bronze.a', columns],
    ['bronze.b', columns],
    ['reference.r', reference],
  ]);
  bound = (await bindProject(project, compiler, { schemas })).bound;
});
afterAll(() => compiler.engine.close());

const roots = (table: string, values: Record<string, string>): unknown =>
  rootsOf(bound, [{ table, values }]).map((root) => [root.table, root.columns, root.values]);

describe('the rows of sources that rows of a table come from', () => {
  it('are found under the names that they have there', () => {
    expect(roots('gold.over', { m: 'x' })).toEqual([['bronze.a', ['mail'], ['x']]]);
    expect(roots('bronze.b', { ID: '007', mail: 'x' })).toEqual([['bronze.b', ['id', 'mail'], ['7', 'x']]]);
  });

  it('are those of every source that the column comes from', () => {
    expect(roots('silver.both', { address: 'x' })).toEqual([
      ['bronze.a', ['mail'], ['x']],
      ['bronze.b', ['mail'], ['x']],
    ]);
  });

  it('are not guessed', () => {
    const refused = (table: string, values: Record<string, string>, why: RegExp): void => {
      expect(() => rootsOf(bound, [{ table, values }])).toThrow(why);
    };
    refused('gold.over', { low: 'x' }, /low of silver\.shown is computed/);
    refused('gold.total', { n: '1' }, /n of gold\.total is computed/);
    refused('silver.joined', { id: '1', mail: 'x' }, /come from several tables/);
    refused('silver.words', { word: 'one' }, /a file of the project/);
    refused('silver.shown', { mail: 'x' }, /is a view/);
    refused('bronze.a', { amount: '1.5' }, /amount is double/);
    refused('bronze.a', { id: '1.5' }, /'1\.5' is no value of bronze\.a\.id/);
    refused('bronze.a', { nobody: 'x' }, /no column nobody/);
  });

  it('are carried by every table with the same values, under whatever name', () => {
    const carriers = carriersOf(bound, rootsOf(bound, [{ table: 'bronze.a', values: { mail: 'x' } }]));
    expect(carriers.map(({ table, columns }) => [table, ...columns])).toEqual([
      ['bronze.a', 'mail'],
      ['silver.both', 'address'],
      ['silver.shown', 'mail'],
      ['gold.over', 'm'],
    ]);
  });
});
