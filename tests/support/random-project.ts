import { expect } from 'vitest';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import type { Column } from '../../packages/lakesmith/src/core/schema.ts';
import { toEngineType } from '../../packages/lakesmith/src/core/type-policy.ts';
import type { QueriedTable } from '../../packages/lakesmith/src/plan/refresh/random-query.test-suite.ts';
import { QueryMaker } from '../../packages/lakesmith/src/plan/refresh/random-query.test-suite.ts';
import type { RandomTable, Row } from '../../packages/lakesmith/src/plan/refresh/random-rows.test-suite.ts';
import { randomTables, RowMaker } from '../../packages/lakesmith/src/plan/refresh/random-rows.test-suite.ts';
import type { SqlCompiler } from '../../packages/lakesmith/src/sql/compiler.ts';
import { proveRefresh } from '../../packages/lakesmith/src/sql/refresh/proof.ts';
import { removeFolder } from './command.ts';
import { runHere } from './in-process.ts';
import type { TestProject } from './project.ts';
import { createProject } from './project.ts';

/** A model as it is bound. */
export interface RandomModel extends QueriedTable {
  readonly sql: string;
}

/** Random models over some tables that can be stored. */
export async function randomModels(
  compiler: SqlCompiler,
  dice: Dice,
  {
    prefix,
    over,
    count,
    sums = false,
  }: { prefix: string; over: readonly QueriedTable[]; count: number; sums?: boolean },
): Promise<readonly RandomModel[]> {
  const found: RandomModel[] = [];
  const tables = new Map(over.map(({ name, columns }) => [name, columns]));
  while (found.length < count) {
    const sql = new QueryMaker(dice, over).query(sums ? 'sums' : undefined);
    if (/random\(\)/.test(sql) || !over.some(({ name }) => sql.includes(name))) continue;
    const bound = await compiler.bind(sql, tables, 'UTC');
    const [parsed] = await compiler.parse([sql]);
    if (!bound.ok || parsed?.ok !== true) continue;
    const inputs = new Map(over.map(({ name, columns }) => [name, { columns, unique: [] }]));
    const result = await proveRefresh(compiler, { tree: parsed.tree, inputs, timezone: 'UTC' });
    // Of a SELECT that leaves a choice, all of it made anew is one answer of several.
    if (!result.ok || result.proof.obstacles.some(({ kind }) => kind !== 'rounding')) continue;
    const { keys, linear, fold } = result.proof;
    if (sums && !fold.ok) continue;
    if (!sums && keys.length + linear.length === 0 && dice.chance(0.8)) continue;
    if (!sums && linear.length === 0 && dice.chance(0.5)) continue;
    found.push({ name: `${prefix}${found.length}`, columns: bound.columns, sql });
  }
  return found;
}

/** A value of a row as a file of JSON has it. */
function jsonOf(literal: string, { type }: Column): string {
  if (literal === 'NULL') return 'null';
  const text = literal.replace(/::.*/, '').replace(/^timestamptz /, '');
  if (type === 'string' || type === 'timestamp') return JSON.stringify(text.slice(1, -1));
  if (type === 'double') return /nan|inf/.test(text) ? '0.5' : text.slice(1, -1);
  return text.replaceAll('NULL', 'null');
}

function fileOf({ columns }: RandomTable, rows: readonly Row[]): string {
  const line = (row: Row): string =>
    `{${columns.map((column, i) => `"${column.name}": ${jsonOf(row[i] ?? 'NULL', column)}`).join(', ')}}\n`;
  return rows.map(line).join('');
}

function sourceOf({ name, columns }: RandomTable): string {
  const types = columns.map((column) => `  ${column.name}: ${toEngineType(column.type)}\n`).join('');
  return `files: landing/${name.slice('bronze.'.length)}/*.json\neach_file: replaces\ntypes:\n${types}`;
}

/** Names of tables whose rows are not those of their SELECT, and what the journal says of how they were made. */
async function differing(folder: string, all: readonly RandomModel[]): Promise<readonly string[]> {
  const parts = all.map(({ name, sql, columns }) => {
    const items = columns.map(({ type }, i) => (type === 'double' ? `round(c${i}, 6)` : `c${i}`)).join(', ');
    const names = columns.map((_, i) => `c${i}`).join(', ');
    const [a, b] = [`select * from ${name}`, sql].map((from) => `select ${items} from (${from}) as q(${names})`);
    return `select '${name}' as name, (select count(*) from (${a} except all ${b})) + (select count(*) from (${b} except all ${a})) as n`;
  });
  const sql = `select name, n from (${parts.join(' union all ')}) where n > 0 order by name`;
  const answer = await runHere(['query', sql, '--json', '--project', folder]);
  expect(answer.code, answer.stdout + answer.stderr).toBe(0);
  return (JSON.parse(answer.stdout) as { name: string; n: number }[]).map(({ name, n }) => `${name}: ${n} rows`);
}

/** How tables were made in the newest run. */
async function strategiesOf(folder: string): Promise<readonly string[]> {
  const runs = join(folder, 'lake/_lakesmith/runs');
  const last =
    (await readdir(runs))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .at(-1) ?? '';
  const text = await readFile(join(runs, last), 'utf8');
  const { steps } = JSON.parse(text) as { steps: { table: string; strategy: string; reason: string }[] };
  if (process.env['REFRESH_COUNTS'] !== undefined)
    for (const { table, strategy, reason } of steps) if (strategy === 'full') console.log(table, reason);
  return steps.flatMap(({ table, strategy }) => (table.startsWith('bronze.') ? [] : [strategy]));
}

interface FollowedChanges {
  readonly rounds: number;
  readonly what: string;
  /** What else happens to the project after its files changed, and whether all tables are brought up then. */
  readonly meanwhile?: (project: TestProject) => Promise<boolean>;
}

/**
 * Makes tables of models and changes what they are made of, time and again. Says which tables have not the rows of their SELECTs after a
 * change, and in how many runs tables were made in which way.
 */
export async function followChanges(
  dice: Dice,
  all: readonly RandomModel[],
  { rounds, what, meanwhile }: FollowedChanges,
): Promise<{ readonly wrong: readonly string[]; readonly ways: readonly string[] }> {
  const rowMaker = new RowMaker(dice);
  const files = all.map(({ name, sql }, i) => [
    `${name.replace('.', '/')}.sql`,
    `/* ---\nrefresh: incremental\nproperties:\n  delta.enableDeletionVectors: ${i % 2 === 0}\n--- */\n${sql}\n`,
  ]);
  const project = await createProject({
    ...Object.fromEntries(randomTables.map((table) => [`bronze/${table.name.slice(7)}.yml`, sourceOf(table)])),
    ...Object.fromEntries(files),
  });
  let rows: ReadonlyMap<RandomTable, readonly Row[]> = new Map(
    randomTables.map((table) => [table, Array.from({ length: 1 + dice.below(14) }, () => rowMaker.row(table))]),
  );
  const { folder } = project;
  const ways: string[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [table, now] of rows)
        await project.write(`landing/${table.name.slice(7)}/${number(round)}.json`, fileOf(table, now));
      const isLater = round > 0 && meanwhile !== undefined;
      if (!isLater || (await meanwhile(project)) || round + 1 === rounds) {
        const answer = await runHere(['run', '--project', folder]);
        expect(answer.code, `${what}: ${answer.stdout}${answer.stderr}`).toBe(0);
        const wrong = await differing(folder, all);
        if (wrong.length > 0) return { wrong: wrong.map((table) => `${what}, round ${round}: ${table}`), ways };
        ways.push(...(await strategiesOf(folder)));
      }
      const changed = rowMaker.change(rows, new Set(randomTables.map(({ name }) => name)));
      rows = new Map(
        [...changed].map(([table, { rows: now }]) => [table, now.length === 0 ? [rowMaker.row(table)] : now]),
      );
    }
    return { wrong: [], ways };
  } finally {
    await removeFolder(folder);
  }
}

/** So that files sort as they come. */
const number = (round: number): string => String(round).padStart(4, '0');
