import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRows } from '../run/read-rows.ts';
import { freezeClock } from '../sql/clock.ts';
import { bindProject } from './bind.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { memoryProjectFiles } from './files.ts';
import { ProjectLineage } from './lineage.ts';
import { loadProject } from './load.ts';
import type { ModelTable, Project } from './model.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const step = '/* ---\nkind: ephemeral\n--- */\n';
const base: Readonly<Record<string, string>> = {
  'lakesmith.yml': 'lakesmith: 1\nname: shop\nparameters:\n  least: 5\n',
  'bronze/orders.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: BIGINT\n',
  'silver/good.sql': `${step}select id, amount from bronze.orders where amount > $least`,
  'silver/better.sql': `${step}select g.id, g.amount * 2 as doubled from silver.good g`,
  'gold/best.sql': 'select better.id, doubled as best from silver.better join silver.good using (id)',
  'gold/all.sql': 'select id from bronze.orders',
};

const load = (change: Record<string, string> = {}): Promise<Project> =>
  loadProject(memoryProjectFiles({ ...base, ...change }), { environment: undefined, env: {}, compiler });

function model(project: Project, name: string): ModelTable {
  const table = project.tables.get(name);
  if (table?.kind !== 'model') throw new Error(`${name} is no model`);
  return table;
}

const schemas = new Map([
  [
    'bronze.orders',
    [
      { name: 'id', type: 'long' },
      { name: 'amount', type: 'long' },
    ] as const,
  ],
]);

describe('a model that is no table', () => {
  it('is part of what reads it, also through another one, with lineage', async () => {
    const project = await load();
    expect([...project.tables.keys()]).toEqual(['bronze.orders', 'gold.all', 'gold.best']);
    expect(model(project, 'gold.best').inputs).toEqual(['bronze.orders']);
    const { bound, diagnostics } = await bindProject(project, compiler, { schemas });
    expect(diagnostics).toEqual([]);
    const lineage = new ProjectLineage(bound).table('gold.best');
    expect(lineage?.columns[1]?.from).toEqual([{ table: 'bronze.orders', column: 'amount' }]);
    const [sql = ''] = await compiler.print([model(project, 'gold.best').tree()]);
    const rows = 'select * from (values (1, 5), (2, 6)) t(id, amount)';
    const orders = {
      name: 'bronze.orders',
      kind: 'sql',
      sql: rows,
      columns: schemas.get('bronze.orders') ?? [],
    } as const;
    const answer = await readRows(compiler.engine, { sql, relations: [orders], timezone: 'UTC' });
    expect(answer.rows.map((row) => row.map(Number))).toEqual([[2, 12]]);
  });

  it.each([
    ['itself', { 'silver/good.sql': (base['silver/good.sql'] ?? '').replace('>', '>=') }, ['model silver.good']],
    ['a word in it', { 'lakesmith.yml': (base['lakesmith.yml'] ?? '').replace('5', '6') }, ['parameter least']],
  ])('changes what reads it when %s changes', async (_, change, parts) => {
    const [before, after] = [await load(), await load(change)];
    const changed = (name: string): boolean => model(before, name).fingerprint !== model(after, name).fingerprint;
    expect([changed('gold.best'), changed('gold.all')]).toEqual([true, false]);
    const [old, now] = [model(before, 'gold.best').parts, model(after, 'gold.best').parts];
    expect(Object.keys(now).filter((part) => now[part] !== old[part])).toEqual(parts);
  });
});

describe('a calendar', () => {
  const days = async (settings: string): Promise<readonly (readonly unknown[])[]> => {
    const project = await load({ 'gold/days.yml': `kind: date\n${settings}` });
    const { key, tree, facts } = model(project, 'gold.days');
    expect(key).toEqual(['date']);
    expect(facts.usesClock).toBe(settings.includes('+'));
    const frozen = freezeClock(tree(), { day: '2026-03-10', nowIso: '2026-03-10T12:00:00Z' });
    const [sql = ''] = await compiler.print([frozen]);
    const items = `date::varchar, date_key, day_name, month_name, day_of_week, week_start::varchar, iso_week, is_weekend, fiscal_year, fiscal_quarter, fiscal_month`;
    const answer = await readRows(compiler.engine, {
      sql: `select ${items} from (${sql}) order by date`,
      relations: [],
      timezone: 'UTC',
    });
    return answer.rows;
  };

  it('has a row a day, with weeks and fiscal years as they are wanted', async () => {
    const rows = await days('from: 2026-03-28\nto: 2026-04-01\nweek_starts: sunday\nfiscal_year_starts: april\n');
    expect(rows).toEqual([
      ['2026-03-28', 20260328, 'Saturday', 'March', 7, '2026-03-22', 13, true, 2026, 4, 12],
      ['2026-03-29', 20260329, 'Sunday', 'March', 1, '2026-03-29', 13, true, 2026, 4, 12],
      ['2026-03-30', 20260330, 'Monday', 'March', 2, '2026-03-29', 14, false, 2026, 4, 12],
      ['2026-03-31', 20260331, 'Tuesday', 'March', 3, '2026-03-29', 14, false, 2026, 4, 12],
      ['2026-04-01', 20260401, 'Wednesday', 'April', 4, '2026-03-29', 14, false, 2027, 1, 1],
    ]);
    const plain = await days('from: 2024-02-29\nto: 2024-02-29\n');
    expect(plain).toEqual([['2024-02-29', 20240229, 'Thursday', 'February', 4, '2024-02-26', 9, false, 2024, 1, 2]]);
  });

  it('may follow the clock, by whole years', async () => {
    const rows = await days('from: -1y\nto: +1y\n');
    expect([rows.length, rows[0]?.[0], rows.at(-1)?.[0]]).toEqual([365 * 3, '2025-01-01', '2027-12-31']);
  });
});
