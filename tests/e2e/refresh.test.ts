import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../packages/lakesmith/src/core/schema.ts';
import { toEngineType } from '../../packages/lakesmith/src/core/type-policy.ts';
import { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import type { QueriedTable } from '../../packages/lakesmith/src/plan/refresh/random-query.test-suite.ts';
import { QueryMaker } from '../../packages/lakesmith/src/plan/refresh/random-query.test-suite.ts';
import type { RandomTable, Row } from '../../packages/lakesmith/src/plan/refresh/random-rows.test-suite.ts';
import { randomTables, RowMaker } from '../../packages/lakesmith/src/plan/refresh/random-rows.test-suite.ts';
import { proveRefresh } from '../../packages/lakesmith/src/sql/refresh/proof.ts';
import { openEngineCompiler } from '../../packages/lakesmith/src/project/engine-compiler.test-suite.ts';
import { removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
let project: TestProject | undefined;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterEach(async () => {
  if (project !== undefined) await removeFolder(project.folder);
  project = undefined;
});
afterAll(() => compiler.engine.close());

interface Model extends QueriedTable {
  readonly sql: string;
}

/** Random models over some tables that can be stored. */
async function models(
  dice: Dice,
  prefix: string,
  { over, count, sums = false }: { over: readonly QueriedTable[]; count: number; sums?: boolean },
): Promise<readonly Model[]> {
  const found: Model[] = [];
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
async function differing(folder: string, all: readonly Model[]): Promise<readonly string[]> {
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

async function strategiesOf(folder: string, run: number): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'lake/_lakesmith/runs', `${String(run).padStart(20, '0')}.json`), 'utf8');
  const { steps } = JSON.parse(text) as { steps: { table: string; strategy: string; reason: string }[] };
  if (process.env['REFRESH_COUNTS'] !== undefined)
    for (const { table, strategy, reason } of steps) if (strategy === 'full') console.log(table, reason);
  return steps.flatMap(({ table, strategy }) => (table.startsWith('bronze.') ? [] : [strategy]));
}

/** Makes tables of models and changes what they are made of, time and again: after each change, tables that have not the rows of their SELECTs. */
async function change(
  dice: Dice,
  all: readonly Model[],
  { rounds: times, what }: { readonly rounds: number; readonly what: string },
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const rowMaker = new RowMaker(dice);
  const files = all.map(({ name, sql }, i) => [
    `${name.replace('.', '/')}.sql`,
    `/* ---\nrefresh: incremental\nproperties:\n  delta.enableDeletionVectors: ${i % 2 === 0}\n--- */\n${sql}\n`,
  ]);
  project = await createProject({
    ...Object.fromEntries(randomTables.map((table) => [`bronze/${table.name.slice(7)}.yml`, sourceOf(table)])),
    ...Object.fromEntries(files),
  });
  let rows: ReadonlyMap<RandomTable, readonly Row[]> = new Map(
    randomTables.map((table) => [table, Array.from({ length: 1 + dice.below(14) }, () => rowMaker.row(table))]),
  );
  for (let round = 0; round < times; round++) {
    for (const [table, now] of rows)
      await project.write(`landing/${table.name.slice(7)}/${number(round)}.json`, fileOf(table, now));
    const answer = await runHere(['run', '--project', project.folder]);
    expect(answer.code, `${what}: ${answer.stdout}${answer.stderr}`).toBe(0);
    wrong.push(...(await differing(project.folder, all)).map((table) => `${what}, round ${round}: ${table}`));
    if (wrong.length > 0) break;
    for (const strategy of await strategiesOf(project.folder, round + 1))
      counts.set(strategy, (counts.get(strategy) ?? 0) + 1);
    const changed = rowMaker.change(rows, new Set(randomTables.map(({ name }) => name)));
    rows = new Map(
      [...changed].map(([table, { rows: now }]) => [table, now.length === 0 ? [rowMaker.row(table)] : now]),
    );
  }
  return wrong;
}

/** So that files sort as they come. */
const number = (round: number): string => String(round).padStart(4, '0');

const counts = new Map<string, number>();
const projects = Number(process.env['REFRESH_PROJECTS'] ?? 2);
const firstSeed = Number(process.env['REFRESH_SEED'] ?? 3);
/** How deep the deepest project is, and how often what it is made of changes. */
const layers = Number(process.env['REFRESH_LAYERS'] ?? 3);
const rounds = Number(process.env['REFRESH_ROUNDS'] ?? 5);
const seeds = Array.from({ length: projects }, (_, i) => firstSeed + i);

describe('tables that are kept up by parts', () => {
  it.each(seeds)(
    'have the rows of their SELECTs, whatever happens to their inputs (seed %i)',
    async (seed) => {
      const dice = new Dice(seed);
      const silver = await models(dice, 'silver.m', { over: randomTables, count: 6 });
      const gold = await models(dice, 'gold.m', { over: silver, count: 2 });
      expect(await change(dice, [...silver, ...gold], { rounds: 4, what: `seed ${seed}` })).toEqual([]);
    },
    3_600_000,
  );

  it('have them through many layers and changes', async () => {
    const dice = new Dice(firstSeed + 1000);
    const all: Model[] = [];
    let below: readonly QueriedTable[] = randomTables;
    for (let layer = 1; layer <= layers; layer++) {
      const made = await models(dice, layer < layers ? `silver.l${layer}m` : 'gold.m', { over: below, count: 4 });
      all.push(...made);
      below = made;
    }
    expect(await change(dice, all, { rounds, what: `${layers} layers` })).toEqual([]);
  }, 36_000_000);

  it('have them where they are sums, and sums of sums', async () => {
    const dice = new Dice(firstSeed + 2000);
    const silver = await models(dice, 'silver.s', { over: randomTables, count: 6, sums: true });
    const gold = await models(dice, 'gold.s', { over: silver, count: 3, sums: true });
    expect(await change(dice, [...silver, ...gold], { rounds, what: 'sums' })).toEqual([]);
  }, 3_600_000);

  it('are kept up in every way', () => {
    if (process.env['REFRESH_COUNTS'] !== undefined) console.log(Object.fromEntries(counts));
    for (const strategy of ['same', 'append', 'bag', 'fold', 'keyed', 'full'])
      expect(counts.get(strategy) ?? 0, strategy).toBeGreaterThan(0);
  });
});
