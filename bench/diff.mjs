import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { medians } from './measure.mjs';
import { columns, like, select } from './orders.mjs';
import { figuresBeside, folder, lakesmith, project, raw } from './setting.mjs';

const rows = Number(process.env.BENCH_ROWS ?? 10_000_000);
const head = (...lines) => `/* ---\n${lines.join('\n')}\n--- */\n`;

/** The orders with another amount for those that changed. */
const changedOrders = (base, changes) =>
  `select b.* replace ((b.amount + coalesce(c.more, 0))::decimal(12,2) as amount) from ${base} b left join ${changes} c using (order_id)`;

/** The orders twice, each as they are after all changes: written anew by each run, and by parts. */
function makeProject() {
  const orders = `${changedOrders('silver.base', 'bronze.changes')}\n`;
  const at = project('diff', {
    'bronze/changes.yml': 'files: landing/*.csv\ntypes:\n  order_id: BIGINT\n  more: INTEGER\n',
    'silver/base.sql': `${head('key: order_id')}${select(columns, [rows])}\n`,
    'silver/anew.sql': `${head('key: order_id', 'refresh: full')}${orders}`,
    'silver/kept.sql': `${head('key: order_id', 'refresh: incremental', 'properties:', '  delta.enableDeletionVectors: true')}${orders}`,
  });
  mkdirSync(join(at, 'landing'));
  return at;
}

/** Changes of one row in so many, wherever they lie. */
const writeChanges = (at, name, first, each) =>
  raw(`diff-${name}`, [
    `copy (select i as order_id, 1 as more from range(${first}, ${rows}, ${each}) t(i)) to '${join(at, 'landing', `${name}.csv`)}' (header)`,
  ])();

/** The same asked of the engine alone: how many rows came, went and changed, and in which columns. */
function alone(at) {
  const side = (name) => join(folder, `diff-${name}.parquet`);
  const changes = `read_csv('${join(at, 'landing', '*.csv')}')`;
  raw('diff-sides', [
    "set timezone = 'UTC'",
    `copy (${select(columns, [rows])}) to '${side('base')}' (${like})`,
    `copy (${changedOrders(`read_parquet('${side('base')}')`, `(from ${changes} where order_id % 100 <> 37)`)}) to '${side('old')}' (${like})`,
    `copy (${changedOrders(`read_parquet('${side('base')}')`, changes)}) to '${side('new')}' (${like})`,
  ])();
  const others = Object.keys(columns).slice(1);
  const differs = (name) => `o."${name}" is distinct from n."${name}"`;
  return raw('diff-alone', [
    `select count(*) filter (o.order_id is null), count(*) filter (n.order_id is null), ${others.map((name) => `count(*) filter (${differs(name)})`).join(', ')}
from read_parquet('${side('old')}') o full join read_parquet('${side('new')}') n on o.order_id = n.order_id where ${others.map(differs).join(' or ')}`,
  ]);
}

/** What one row in a hundred changed between two releases, as whole commands. */
export function diff() {
  const at = makeProject();
  writeChanges(at, 'first', 5, Math.max(1, Math.round(rows / 1000)));
  lakesmith('run', '--project', at);
  writeChanges(at, 'second', 37, 100);
  lakesmith('run', '--project', at);
  const between = (table) => () => lakesmith('diff', '--table', table, '--project', at);
  const [anew, kept, engine] = medians(3, [between('silver.anew'), between('silver.kept'), alone(at)]);
  return { rows, ...figuresBeside('written anew', anew, engine), ...figuresBeside('kept by parts', kept, engine) };
}
