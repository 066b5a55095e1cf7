import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { together } from './gate.mjs';
import { measure } from './measure.mjs';
import { folder, lakesmith, rounded } from './setting.mjs';

const writer = fileURLToPath(new URL('commits-write.mjs', import.meta.url));
const rawWriter = fileURLToPath(new URL('raw-commits.mjs', import.meta.url));
const processes = Number(process.env.BENCH_PROCESSES ?? 16);
const [appends, rows] = [50, 100];

/** What many processes get done that append to one table at a time; it fails when one of them does, or a commit is missing. */
export async function writers() {
  const table = join(folder, 'shared');
  measure(folder, [writer, table, '0', String(rows), '1']);
  const asked = {};
  const commits = processes * appends;
  const runs = {
    'appends of 100 rows': [writer, table, String(appends), String(rows), '1', 'gated'],
    'the disk alone: files': [rawWriter, join(folder, 'raw'), String(appends), 'gated'],
  };
  for (const [name, args] of Object.entries(runs))
    asked[`${name} a second, by ${processes} processes`] = rounded(
      (commits / (await together(processes, args))) * 1000,
    );
  const { files } = JSON.parse(lakesmith('table', 'show', table, '--json').stdout);
  if (files !== commits) throw new Error(`${commits} files were appended, and the table has ${files}`);
  return asked;
}
