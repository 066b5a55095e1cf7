import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, root, temporaryFolder } from '../support/command.ts';
import { withPlaceholders } from '../support/placeholders.ts';

// What a terminal (golden/*.txt) and a program (golden/*.json) get to read, from the first command to a failed run.
// GOLDEN=write writes the files anew: read the difference before it is committed.
interface Step {
  readonly name: string;
  readonly args: readonly string[];
  readonly exit?: number;
  /** Changes the project first. */
  readonly before?: (project: string) => Promise<void>;
  readonly only?: 'txt' | 'json';
}

const best = `select region, sum(revenue) as revenue, sum(orders) as orders from gold.sales_by_region
  where region <> 'West' group by 1 order by 2 desc`;
const run = ['run', '--parallel', '2', '--memory', '1GB'];

const steps: readonly Step[] = [
  { name: 'init', args: ['init', 'retail', '--sample'] },
  { name: 'init-not-empty', args: ['init', 'retail', '--sample'], exit: 2 },
  { name: 'check', args: ['check'] },
  { name: 'tables-before', args: ['tables'], exit: 1 },
  { name: 'plan', args: ['plan'] },
  { name: 'run', args: run },
  { name: 'run-again', args: run },
  { name: 'query', args: ['query', best] },
  { name: 'query-csv', args: ['query', best, '--format', 'csv'], only: 'txt' },
  { name: 'query-json', args: ['query', best, '--format', 'json'], only: 'txt' },
  { name: 'query-ndjson', args: ['query', best, '--format', 'ndjson'], only: 'txt' },
  { name: 'query-wrong', args: ['query', 'select revenu from gold.sales_by_day'], exit: 1 },
  { name: 'quarantine', args: ['quarantine'] },
  { name: 'tables', args: ['tables'] },
  { name: 'why', args: ['why', 'gold.sales', 'order_id=1001', 'line_no=1'] },
  { name: 'why-quarantined', args: ['why', 'silver.orders', 'order_id=1041'], exit: 1 },
  { name: 'doctor', args: ['doctor'] },
  { name: 'table-show', args: ['table', 'show', 'lake/silver/orders'] },
  { name: 'plan-changed', args: ['plan'], before: bringOrders },
  { name: 'run-failing', args: run, exit: 1 },
  {
    name: 'query-run',
    args: ['query', '--run', '2', 'select count(*) as orders, max(customer_id) as customer from silver.orders'],
  },
  { name: 'run-resume', args: [...run, '--resume'], exit: 1 },
  { name: 'history', args: ['history'] },
  { name: 'history-table', args: ['history', 'bronze.orders'] },
  { name: 'release-list', args: ['release', 'list'] },
  { name: 'release-back', args: ['release', 'back', '1'] },
  { name: 'wrong-project', args: run, exit: 2, before: makeWrong },
  { name: 'unknown-command', args: ['quary'], exit: 2 },
];

/** Four orders, three of them of customers that nobody knows. */
async function bringOrders(project: string): Promise<void> {
  const customers: readonly (readonly [number, number])[] = [
    [1201, 1],
    [1204, 977],
    [1207, 977],
    [1215, 981],
  ];
  const lines = customers.map(([order_id, customer_id]) =>
    JSON.stringify({
      order_id,
      customer_id,
      status: 'paid',
      ship_country: 'de',
      ordered_at: '2026-03-10T10:00:00Z',
      updated_at: '2026-03-10T10:00:00Z',
      items: [{ sku: 'P003', qty: 1, price: 41.19 }],
    }),
  );
  await writeFile(join(project, 'landing/orders/2026-w12.json'), `${lines.join('\n')}\n`);
}

/** Two mistakes in two files. */
async function makeWrong(project: string): Promise<void> {
  await edit(join(project, 'gold/sales.sql'), 'r.region', 'r.regoin');
  await edit(join(project, 'silver/orders.sql'), '\n  quarantine:', '\n  quarantined:');
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}

const golden = join(root, 'tests/e2e/golden');
const write = process.env['GOLDEN'] === 'write';

async function compare(name: string, text: string): Promise<void> {
  const file = join(golden, name);
  if (write) await writeFile(file, text);
  expect(text, name).toBe(await readFile(file, 'utf8').catch(() => 'no such golden file'));
}

describe.each(['txt', 'json'] as const)('what is said, as %s', (form) => {
  let folder = '';
  let startedMs = 0;
  beforeAll(async () => {
    folder = await temporaryFolder();
    startedMs = Date.now();
    if (write) await mkdir(golden, { recursive: true });
  });
  afterAll(() => removeFolder(folder));

  it.each(steps.filter((step) => step.only === undefined || step.only === form))(
    '$name',
    async ({ name, args, exit = 0, before }) => {
      const project = join(folder, 'retail');
      await before?.(project);
      const cwd = args[0] === 'init' ? folder : project;
      const answer = await lakesmith(form === 'json' ? [...args, '--json'] : args, { cwd });
      expect(answer.code, answer.stderr + answer.stdout).toBe(exit);
      const said = form === 'json' ? answer.stdout : `$ lakesmith ${shown(args)}\n${answer.stdout}${answer.stderr}`;
      if (form === 'json') {
        expect(answer.stderr).toBe('');
        JSON.parse(answer.stdout);
      }
      await compare(`${name}.${form}`, withPlaceholders(said, { startedMs, folder }));
    },
  );
});

function shown(args: readonly string[]): string {
  return args.map((arg) => (/[\s"']/.test(arg) ? `"${arg.replaceAll(/\s+/g, ' ')}"` : arg)).join(' ');
}
