import { beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../core/schema.ts';
import { ruleStatement } from '../sql/rules-in-tree.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import type { Rule } from './model.ts';
import { columnsNamed } from './plain-rules.ts';

let compiler: SqlCompiler;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});

const columns: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'Amount', type: 'double' },
  { name: 'kind', type: 'string' },
  { name: 'place', type: { type: 'struct', fields: [{ name: 'city', type: 'string', nullable: true, metadata: {} }] } },
];

async function named(...rules: readonly string[]): Promise<readonly string[] | undefined> {
  const parses = await compiler.parse(rules.map(ruleStatement));
  const parsed = parses.map((parse, i): Rule => ({
    name: 'r',
    severity: 'warn',
    sql: rules[i] ?? '',
    tree: parse.ok ? parse.tree : undefined,
    place: { file: 'f', line: 1, column: 1 },
  }));
  return columnsNamed(parsed, columns)?.map(({ name }) => name);
}

describe('the columns that rules name', () => {
  it.each<[string, readonly string[]]>([
    ['amount >= 0', ['Amount']],
    ['"AMOUNT" between 1 and id', ['id', 'Amount']],
    ["kind in ('a', 'b') or kind is null", ['kind']],
    ["case when id > 1 then cast(kind as integer) > 2 else not (length(kind || 'x') = 2) end", ['id', 'kind']],
    ['place is not null', ['place']],
  ])('are known of %s', async (sql, names) => {
    expect(await named(sql)).toEqual(names);
  });

  it('are those of all rules', async () => {
    expect(await named('id > 0', "kind <> ''")).toEqual(['id', 'kind']);
    expect(await named('id > 0', 'columns(*) is not null')).toBeUndefined();
  });

  it.each([
    'true',
    'gone > 0',
    'orders is not null',
    'orders.id > 0',
    'place.city = kind',
    'rowid > 0',
    'current_date > kind',
    'columns(*) is not null',
    'count(*) > 0',
    '#1 > 0',
    'id in (select id from silver.other)',
    'exists (from silver.other)',
    'list_filter([1], x -> x > id) = []',
    'row_number() over (order by id) = 1',
    'kind collate nocase = id',
    'id > $least',
  ])('are not known of %s', async (sql) => {
    expect(await named(sql)).toBeUndefined();
  });
});
