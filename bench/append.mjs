import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { measure, medians, program } from './measure.mjs';
import { columns, like, select } from './orders.mjs';
import { figuresBeside, folder, raw } from './setting.mjs';

const rows = Number(process.env.BENCH_ROWS ?? 20_000_000);
const at = (name) => join(folder, name);
const settings = { preserve_insertion_order: 'false', memory_limit: '1GB', temp_directory: at('spilled') };

/** A Parquet file appended to a table, as a whole command, in little memory. */
export function append() {
  const half = Math.ceil(rows / 2);
  const all = `${select(columns, [0, half])} union all ${select(columns, [half, rows])}`;
  raw('append-data', ["set timezone = 'UTC'", `copy (${all}) to '${at('orders.parquet')}' (${like})`], {
    preserve_insertion_order: 'false',
  })();
  const copy = `copy (from read_parquet('${at('orders.parquet')}')) to '${at('copied')}' (${like}, file_size_bytes 268435456, overwrite_or_ignore)`;
  const command = ['table', 'append', at('appended'), '--from', at('orders.parquet'), '--create'];
  const [copied, appended] = medians(3, [
    raw('append-copy', [copy], settings),
    () => {
      if (existsSync(at('appended'))) rmSync(at('appended'), { recursive: true });
      return measure(folder, [program, ...command, '--memory-limit', '1GB']);
    },
  ]);
  return { rows, ...figuresBeside('append', appended, copied) };
}
