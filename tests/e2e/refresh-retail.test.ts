import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import { removeFolder, root, temporaryFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import { retailDays } from '../support/retail-days.ts';
import { retailDifferences } from '../support/retail-differences.ts';

let folder = '';
const project = (): string => join(folder, 'retail');

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await removeFolder(folder);
});

async function told(args: readonly string[]): Promise<string> {
  const answer = await runHere(args);
  expect(answer.code, `${args.join(' ')}\n${answer.stdout}${answer.stderr}`).toBe(0);
  return answer.stdout;
}

/** Everything that the sample and its days bring, apart from where it is brought. */
interface Deliveries {
  readonly orders: string[];
  readonly clicks: string[];
  readonly customers: string[];
  readonly inventory: string[];
}

/** The sample with nothing in it, its models kept up by parts, and what is to come. */
async function emptySample(): Promise<Deliveries> {
  const samples = join(root, 'samples');
  await cp(join(samples, 'retail'), project(), { recursive: true });
  await keepByParts(join(project(), 'silver'));
  await keepByParts(join(project(), 'gold'));
  const sources = [join(samples, 'retail'), ...retailDays.map((day) => join(samples, 'retail-days', day))];
  const linesIn = async (under: string): Promise<string[]> => {
    const found: string[] = [];
    for (const source of sources) {
      const files = (await readdir(join(source, under)).catch((): string[] => [])).sort();
      for (const file of files) found.push(...lines(await readFile(join(source, under, file), 'utf8')));
    }
    return found;
  };
  const logOf = async (file: string): Promise<string[]> => {
    const parts = await Promise.all(sources.map((source) => readFile(join(source, 'shop', file), 'utf8')));
    return parts.flatMap(lines);
  };
  const deliveries = {
    orders: await linesIn('landing/orders'),
    clicks: await linesIn('landing/clickstream'),
    customers: await logOf('customers.csv'),
    inventory: await logOf('inventory.csv'),
  };
  await rm(join(project(), 'landing/orders'), { recursive: true });
  await rm(join(project(), 'landing/clickstream'), { recursive: true });
  return deliveries;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Says in each model that it is kept up by parts, however few rows it has. */
async function keepByParts(models: string): Promise<void> {
  for (const file of await readdir(models)) {
    if (!file.endsWith('.sql')) continue;
    const text = await readFile(join(models, file), 'utf8');
    const said = 'refresh: incremental\n';
    const kept = text.includes('/* ---\n')
      ? text.replace('/* ---\n', `/* ---\n${said}`)
      : `/* ---\n${said}--- */\n${text}`;
    await writeFile(join(models, file), kept);
  }
}

/** How each table was made in the newest run. */
async function ways(): Promise<ReadonlyMap<string, string>> {
  const runs = join(project(), 'lake/_lakesmith/runs');
  const newest =
    (await readdir(runs))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .at(-1) ?? '';
  const { steps } = JSON.parse(await readFile(join(runs, newest), 'utf8')) as {
    steps: readonly { table: string; strategy: string; status: string }[];
  };
  return new Map(steps.map(({ table, strategy }) => [table, strategy]));
}

it('keeps the sample up through thirty days as if it were made at once', async () => {
  const { orders, clicks, customers, inventory } = await emptySample();
  const dice = new Dice(30);
  // Orders come in any order, so that an older state often comes after a newer one.
  const late = orders
    .map((line) => ({ line, at: dice.below(1_000_000) }))
    .sort((a, b) => a.at - b.at)
    .map(({ line }) => line);
  const days = 30;
  const seen = new Map<string, number>();
  const part = <T>(items: readonly T[], day: number): readonly T[] =>
    items.slice(Math.floor((items.length * day) / days), Math.floor((items.length * (day + 1)) / days));
  for (let day = 0; day < days; day++) {
    const date = new Date(Date.UTC(2026, 3, 1 + day)).toISOString().slice(0, 10);
    vi.stubEnv('LAKESMITH_CLOCK', `${date}T22:00:00Z`);
    const bring = async (name: string, all: readonly string[]): Promise<void> => {
      const here = part(all, day);
      if (here.length === 0) return;
      const path = join(project(), 'landing', name);
      await mkdir(path, { recursive: true });
      await writeFile(join(path, `${date}.json`), `${here.join('\n')}\n`);
    };
    await bring('orders', late);
    await bring('clickstream', clicks);
    // Orders refer to customers, so these are all there on the first day.
    const upTo = (all: readonly string[]): string =>
      `${all.slice(0, Math.max(49, Math.floor((all.length * (day + 1)) / days))).join('\n')}\n`;
    await writeFile(join(project(), 'shop/customers.csv'), upTo(customers));
    await writeFile(join(project(), 'shop/inventory.csv'), upTo(inventory));
    if (day === 20)
      await cp(join(root, 'samples/retail-days/2026-03-12/landing/products'), join(project(), 'landing/products'), {
        recursive: true,
      });
    await told(['run', '--project', project()]);
    for (const [table, way] of await ways()) {
      const key = `${table} ${way}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    if (day === 13 || day === days - 1)
      expect(await retailDifferences({ folder, project: project(), day: date }, told), date).toEqual({});
  }
  const times = (table: string, ...by: readonly string[]): number =>
    by.reduce((sum, way) => sum + (seen.get(`${table} ${way}`) ?? 0), 0);
  expect(times('silver.orders', 'keyed')).toBe(days - 1);
  expect(times('silver.order_lines', 'append', 'keyed')).toBe(days - 1);
  expect(times('gold.sales', 'append')).toBeGreaterThan(15);
  expect(times('gold.sales', 'append', 'bag', 'keyed')).toBe(days - 1);
  for (const table of ['gold.sales_by_day', 'gold.sales_by_product', 'gold.sales_by_region'])
    expect(times(table, 'fold', 'keyed'), table).toBe(days - 1);
}, 300_000);
