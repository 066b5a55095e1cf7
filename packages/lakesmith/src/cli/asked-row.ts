import { LakeError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Lake } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { findIn, namesIn, newestRelease } from '../lake/release.ts';

/** The row of the newest release that `TABLE column=value ...` on a command line means, not yet looked for. */
export async function askedRow(
  lake: Lake,
  table: string,
  key: readonly string[],
): Promise<{ readonly release: Release; readonly values: Readonly<Record<string, string>> }> {
  const release = await newestRelease(lake);
  if (release === undefined) throw new LakeError('LS3001', 'There is no release yet: `lakesmith run` makes the first.');
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

function parseKey(part: string, table: string, columns: readonly string[]): readonly [string, string] {
  const at = part.indexOf('=');
  const column = part.slice(0, at);
  if (at <= 0) throw new LakeError('LS4001', `${part} is no key: write column=value, such as ${columns[0] ?? 'id'}=1.`);
  if (!columns.includes(column))
    throw new LakeError('LS3005', `${table} has no column ${column}: it has ${columns.join(', ')}.`);
  return [column, part.slice(at + 1)];
}
