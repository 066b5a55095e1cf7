import { LakeError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Lake } from '../lake/lake.ts';
import { commandIn } from '../project/command-line.ts';
import type { Project } from '../project/model.ts';
import { listQuarantine } from '../run/quarantine-list.ts';
import { exactText } from './exact-text.ts';
import { requireRelease } from '../serve/required-release.ts';
import type { Release } from '../lake/release.ts';
import { findIn, namesIn } from '../lake/release.ts';

/** The row of the newest release that `TABLE column=value ...` on a command line means, not yet looked for. */
export async function askedRow(
  world: { readonly lake: Lake; readonly project: Project },
  table: string,
  key: readonly string[],
): Promise<{ readonly release: Release; readonly values: Readonly<Record<string, string>> }> {
  const release = await requireRelease(world);
  const released = findIn(release, table);
  if (released === undefined) {
    const near = nearestName(table, namesIn(release));
    throw new LakeError(
      'LS3003',
      `${table} is not in release ${release.release}${near === undefined ? '.' : `; did you mean ${near}?`}`,
    );
  }
  const columns = released.columns.map((column) => column.name);
  return { release, values: Object.fromEntries(key.map((part) => parseKey(part, table, columns))) };
}

/** That a release has no such row; when it is in quarantine, which rules put it there. */
export async function noSuchRow(
  { project, lake, release }: { readonly project: Project; readonly lake: Lake; readonly release: number },
  table: string,
  key: Readonly<Record<string, string>>,
): Promise<LakeError> {
  const wanted = Object.entries(key);
  const aside = (await listQuarantine(lake, project.timezone, { table })).find(({ row }) =>
    wanted.every(([column, value]) => exactText(row[column] ?? null) === value),
  );
  const shown = wanted.map(([column, value]) => `${column}=${value}`).join(', ');
  const next =
    aside === undefined
      ? '.'
      : `; it is in quarantine (${aside.reasons.join(', ')}): ${commandIn(project, `quarantine ${table}`)} says why.`;
  return new LakeError('LS3006', `${table} has no row with ${shown} in release ${release}${next}`);
}

function parseKey(part: string, table: string, columns: readonly string[]): readonly [string, string] {
  const at = part.indexOf('=');
  const column = part.slice(0, at);
  if (at <= 0) throw new LakeError('LS4001', `${part} is no key: write column=value, such as ${columns[0] ?? 'id'}=1.`);
  if (!columns.includes(column))
    throw new LakeError('LS3005', `${table} has no column ${column}: it has ${columns.join(', ')}.`);
  return [column, part.slice(at + 1)];
}
