import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outputOf } from './command.ts';
import { runHere } from './in-process.ts';

/**
 * Changes a table behind the back of its release, as a defect of ours would: the commit says that it was made of what the one before was
 * made of, and the newest release names it. Gives back what takes it away again. `change` is words for `lakesmith table`, without the path.
 */
export async function plantRows(
  project: string,
  table: string,
  [what = '', ...args]: readonly string[],
): Promise<() => Promise<void>> {
  const path = join(project, 'lake', table.replace('.', '/'));
  const change = async (words: readonly string[]): Promise<void> => {
    outputOf(words, await runHere(['table', ...words]));
  };
  await change([what, path, ...args]);
  const log = join(path, '_delta_log');
  const versions = (await readdir(log)).filter((name) => name.endsWith('.json')).sort();
  const releases = join(project, 'lake/_lakesmith/releases');
  const file = join(releases, (await readdir(releases)).sort().at(-1) ?? '');
  const before = await readFile(file, 'utf8');
  const release = JSON.parse(before) as { tables: Record<string, Record<string, unknown>> };
  const released = release.tables[table] ?? {};
  const commit = join(log, versions.at(-1) ?? '');
  const actions = (await readFile(commit, 'utf8')).trimEnd().split('\n');
  const told = actions.map((line) => {
    const action = JSON.parse(line) as { commitInfo?: Record<string, unknown> };
    if (action.commitInfo === undefined) return line;
    return JSON.stringify({ commitInfo: { ...action.commitInfo, lakesmith: released['madeBy'] } });
  });
  await writeFile(commit, `${told.join('\n')}\n`);
  const question = ['query', 'select count(*)::integer as n from t', '--table', `t=${path}`, '--json'];
  const rows = JSON.parse(outputOf(question, await runHere(question))) as { n: number }[];
  release.tables[table] = { ...released, version: versions.length - 1, rows: rows[0]?.n };
  await writeFile(file, JSON.stringify(release));
  return async () => {
    await writeFile(file, before);
    await change(['restore', path, '--version', String(versions.length - 2)]);
  };
}
