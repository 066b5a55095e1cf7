import { join } from 'node:path';
import { medians } from './measure.mjs';
import { columns, like, select } from './orders.mjs';
import { figuresBeside, folder, lakesmith, raw } from './setting.mjs';

const fileCount = Number(process.env.BENCH_FILES ?? 10_000);
/** The least that the engine writes as a file of its own. */
const fileRows = 2048;
const at = (name) => join(folder, name);
const settings = { preserve_insertion_order: 'false', memory_limit: '1GB', temp_directory: at('spilled') };

function prepare() {
  const small = `${like}, row_group_size ${fileRows}, row_groups_per_file 1`;
  raw('optimize-data', [
    "set timezone = 'UTC'",
    `copy (${select(columns, [0, fileCount * fileRows])}) to '${at('small')}' (${small})`,
  ])();
  lakesmith('table', 'convert', at('small'));
}

/** Many small files put together, as they are and sorted by two columns, as whole commands and in little memory. */
export function optimize() {
  prepare();
  const optimizing = (...args) => {
    // Back to the small files, which are there still.
    lakesmith('table', 'restore', at('small'), '--version', '0');
    return lakesmith('table', 'optimize', at('small'), ...args, '--memory-limit', '1GB');
  };
  const copying = (name, sql) =>
    raw(name, [`copy (${sql}) to '${at(name)}' (${like}, file_size_bytes 268435456, overwrite_or_ignore)`], settings);
  // Not those that were written meanwhile.
  const small = `from read_parquet('${at('small')}/data_*.parquet')`;
  const [copied, together, sorted, zOrdered] = medians(3, [
    copying('optimize-copy', small),
    () => optimizing(),
    copying('optimize-sort', `${small} order by customer_id, amount`),
    () => optimizing('--zorder', 'customer_id,amount'),
  ]);
  return {
    files: fileCount,
    ...figuresBeside('optimize', together, copied),
    ...figuresBeside('z-order by two columns', zOrdered, sorted),
  };
}
