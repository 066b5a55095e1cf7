import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { bringDay, retailDays } from '../support/retail-days.ts';
import { retailDifferences } from '../support/retail-differences.ts';

let folder = '';
const project = (): string => join(folder, 'retail');
const on = (day: string): { env: Record<string, string> } => ({ env: { LAKESMITH_CLOCK: `${day}T22:00:00Z` } });

beforeAll(async () => {
  folder = await temporaryFolder();
  await succeed(['init', project(), '--sample']);
});
afterAll(() => removeFolder(folder));

const differences = (day: string): Promise<Record<string, unknown>> =>
  retailDifferences({ folder, project: project(), day }, (args) => succeed(args, on(day)));

async function one(sql: string, day: string): Promise<Record<string, unknown>> {
  const rows = JSON.parse(await succeed(['query', sql, '--json', '--project', project()], on(day))) as Record<
    string,
    unknown
  >[];
  return rows[0] ?? {};
}

describe('the retail sample', () => {
  it('gives the counts of the design on its first day', async () => {
    const day = '2026-03-10';
    expect((await lakesmith(['run', '--project', project()], on(day))).code).toBe(0);
    expect(await one('select count(*) as n from silver.orders', day)).toEqual({ n: 178 });
    expect(await one('select count(*) as n from silver.order_lines', day)).toEqual({ n: 434 });
    expect(await one('select count(*) as n, sum(amount) as revenue from gold.sales', day)).toEqual({
      n: 290,
      revenue: '23483.65',
    });
    const quarantine = JSON.parse(await succeed(['quarantine', '--json', '--project', project()], on(day))) as {
      table: string;
      key: unknown;
      reasons: string[];
      origin: { source: string; line: number };
    }[];
    expect(
      quarantine.map(({ table, key, reasons, origin }) => [table, key, reasons, `${origin.source}:${origin.line}`]),
    ).toEqual([
      ['silver.orders', { order_id: 1041 }, ['known_status'], 'landing/orders/2026-w07.json:4'],
      ['silver.orders', { order_id: 1075 }, ['has_items'], 'landing/orders/2026-w08.json:6'],
      ['silver.order_lines', { order_id: 1106, line_no: 1 }, ['positive_qty'], 'landing/orders/2026-w09.json:3'],
    ]);
    expect(await differences(day)).toEqual({});
  });

  it('tells which columns a column comes from, and which come from it', async () => {
    const ask = (name: string): Promise<string> => succeed(['lineage', name, '--project', project()], on('2026-03-10'));
    expect(await ask('gold.customer_segments.Revenue')).toBe(
      `gold.customer_segments.revenue
  ← gold.sales.amount  (computed)
    ← silver.order_lines.amount
      ← silver.orders.items  (computed)
        ← bronze.orders.items
      ← silver.products.list_price  (computed)
        ← bronze.products.list_price
rows by  gold.sales.customer_id
`,
    );
    const country = await ask('bronze.orders.ship_country');
    expect(country).toContain(
      '  → silver.orders.country\n    → gold.sales.country\n      → gold.sales_by_region.country',
    );
    expect(country).not.toContain('←');
    expect(await ask('gold.sales_by_day')).toMatch(/^gold\.sales_by_day\.sold_on$[^]*columns\n$/m);
    const answer = await lakesmith(['lineage', 'gold.sale', '--project', project()], on('2026-03-10'));
    expect(answer).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean gold.sales?') });
  });

  it('does nothing when nothing is new', async () => {
    const answer = JSON.parse(await succeed(['run', '--json', '--project', project()], on('2026-03-10'))) as Record<
      string,
      unknown
    >;
    expect(answer).toMatchObject({ ok: true, run: null, release: 1, changed: false });
  });

  it.each(retailDays)('equals an independent computation on %s', async (day) => {
    await bringDay(project(), day);
    expect((await lakesmith(['run', '--project', project()], on(day))).code).toBe(0);
    expect(await differences(day)).toEqual({});
  });
});
