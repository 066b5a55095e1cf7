// `npm start`: the retail sample from end to end, one day at each start.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const folder = 'retail';
const days = 'samples/retail-days';
const program = 'packages/lakesmith/bin/lakesmith.js';

const say = (text = '') => process.stdout.write(`${text}\n`);

function lakesmith(...args) {
  say(`$ lakesmith ${args.map((arg) => (/[\s"*]/.test(arg) ? `"${arg}"` : arg)).join(' ')}`);
  const command = args[0] === 'init' ? args : [...args, '--project', folder];
  execFileSync(process.execPath, [program, ...command], {
    stdio: 'inherit',
    env: { ...process.env, LAKESMITH_CLOCK: clock() },
  });
  say();
}

const statePath = join(folder, '.lakesmith', 'sample-day');
const dayNow = () => (existsSync(statePath) ? readFileSync(statePath, 'utf8').trim() : '2026-03-10');
const clock = () => `${dayNow()}T22:00:00Z`;

/** What arrives on a day: new landing files, and changes at the end of the shop's log. */
function bring(day) {
  for (const entry of readdirSync(join(days, day), { recursive: true })) {
    const from = join(days, day, entry);
    if (!statSync(from).isFile()) continue;
    const to = join(folder, entry);
    if (entry.startsWith('shop')) appendFileSync(to, readFileSync(from));
    else cpSync(from, to);
    say(`  + ${to}`);
  }
  mkdirSync(join(folder, '.lakesmith'), { recursive: true });
  writeFileSync(statePath, day);
}

function ask(sql, ...args) {
  const command = [program, 'query', sql, '--json', '--project', folder, ...args];
  return JSON.parse(
    execFileSync(process.execPath, command, { encoding: 'utf8', env: { ...process.env, LAKESMITH_CLOCK: clock() } }),
  );
}

/** What the day changed: the same question to the release before and to the one that the run made. */
function difference(before) {
  const sql = `select coalesce(region, 'all') as region, sum(orders)::int as orders, sum(revenue)::double as revenue
    from gold.sales_by_region group by rollup(region) order by region = 'all', 1`;
  const old = new Map(ask(sql, '--release', String(before)).map((row) => [row.region, row]));
  say('The difference by region:');
  for (const { region, orders, revenue } of ask(sql)) {
    const then = old.get(region) ?? { orders: 0, revenue: 0 };
    const change = (now, was) => `${was} → ${now}`;
    say(
      `  ${region.padEnd(8)}  orders ${change(orders, then.orders).padEnd(12)}  revenue ${change(revenue.toFixed(2), then.revenue.toFixed(2))}`,
    );
  }
  say();
}

const newestRelease = () =>
  readdirSync(join(folder, 'lake', '_lakesmith', 'releases')).filter((name) => name.endsWith('.json')).length;
let before;

if (!existsSync(join(folder, 'lakesmith.yml'))) {
  say('The retail sample: five sources, twelve models, one reference table. It is 10 March 2026.\n');
  lakesmith('init', folder, '--sample');
} else {
  const next = readdirSync(days)
    .sort()
    .find((day) => day > dayNow());
  if (next === undefined) say('No further day is in the sample: nothing new arrives. (rm -r retail begins again)\n');
  else {
    say(`It is ${next}. This arrives:`);
    before = newestRelease();
    bring(next);
    say();
    lakesmith('plan');
  }
}

lakesmith('run');
if (before !== undefined) difference(before);
lakesmith(
  'query',
  'select region, sum(revenue) as revenue, sum(orders) as orders from gold.sales_by_region group by 1 order by 2 desc',
);
lakesmith(
  'query',
  'select sold_on, orders, units, revenue, margin from gold.sales_by_day order by sold_on desc limit 5',
);
lakesmith(
  'query',
  'select sku, name, warehouse, available, days_left, level from gold.inventory_alerts order by days_left, sku, warehouse limit 5',
);
lakesmith('quarantine');
say('Try next:');
say(
  '  npm start                                                     the next day arrives; only what it touches is made again',
);
say(
  `  npx lakesmith why gold.sales order_id=1001 line_no=1 --project ${folder}     where a row came from, down to file and line`,
);
say(`  npx lakesmith plan --project ${folder}                            what a run would do, and why`);
say('  docs/tutorial.md                                              your own project, from a CSV');
