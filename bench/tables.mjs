import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.mjs';
import { folder, lakesmith, project, raw, rounded } from './setting.mjs';

const modelOf = (i, table, sum) => `select k % ${100 + i} as k, count(*) as n, ${sum} as v from ${table} group by 1`;

/** A project of `count` models over one source, and the engine alone with the same SELECTs. */
function manyTables(count) {
  const rows = `id,k,v\n${Array.from({ length: 20_000 }, (_, i) => `${i},${i % 977},${(i * 7919) % 1000}\n`).join('')}`;
  const numbers = Array.from({ length: count }, (_, i) => i);
  const at = project(`many-${count}`, {
    'landing/rows.csv': rows,
    'bronze/rows.yml': 'files: landing/*.csv\n',
    ...Object.fromEntries(numbers.map((i) => [`silver/t${i}.sql`, `${modelOf(i, 'bronze.rows', 'sum(v)')}\n`])),
  });
  const out = join(folder, `raw-${count}`);
  mkdirSync(out);
  const copies = numbers.map(
    (i) =>
      `copy (${modelOf(i, 'r', 'sum(v)::bigint')}) to '${join(out, `${i}.parquet`)}' (format parquet, compression zstd, compression_level 1)`,
  );
  const alone = median(
    3,
    raw(`many-${count}`, [`create table r as from read_csv('${join(at, 'landing/rows.csv')}')`, ...copies]),
  );
  const ours = median(3, () => {
    rmSync(join(at, 'lake'), { recursive: true, force: true });
    return lakesmith('run', '--project', at);
  });
  return { alone, ours };
}

/** What one more table costs over its COPY: the slope from few tables to many, without the cost of starting. */
export function tables() {
  const [few, many] = [10, 50];
  const [a, b] = [manyTables(few), manyTables(many)];
  const slope = (of, what) => (of(b)[what] - of(a)[what]) / (many - few);
  const ours = (side) => side.ours;
  const alone = (side) => side.alone;
  return {
    [`lakesmith run of ${many} tables, ms`]: rounded(b.ours.wallMs),
    'raw COPY per table, ms': rounded(slope(alone, 'wallMs'), 1),
    'lakesmith per table, ms': rounded(slope(ours, 'wallMs'), 1),
    'overhead per table, ms': rounded(slope(ours, 'wallMs') - slope(alone, 'wallMs'), 1),
    'overhead per table, CPU ms': rounded(slope(ours, 'cpuMs') - slope(alone, 'cpuMs'), 1),
  };
}
