import { ColumnTags, hidesColumns } from '../project/column-tags.ts';
import { prepare } from '../run/prepare.ts';
import type { Workbench } from './open.ts';

/** Which columns of a table have values that are hidden; none when the user asked to see them. */
export async function maskedColumns(
  bench: Workbench,
  { reveal = false }: { readonly reveal?: boolean | undefined },
): Promise<(table: string) => ReadonlySet<string>> {
  const nothing: ReadonlySet<string> = new Set();
  if (reveal || !hidesColumns(bench.project)) return () => nothing;
  const tags = new ColumnTags((await prepare(bench)).bound);
  return (table) => tags.masked(table);
}

/** The same of columns that a release has, which may be others than those of the project. */
export async function maskedInReleases(
  bench: Workbench,
  { reveal = false }: { readonly reveal?: boolean | undefined },
): Promise<(table: string, columns: readonly string[]) => ReadonlySet<string>> {
  if (reveal || !hidesColumns(bench.project)) return () => new Set();
  const tags = new ColumnTags((await prepare(bench)).bound);
  return (table, columns) => tags.maskedAmong(table, columns);
}

/** The last line under an answer in which values are hidden. */
export const maskedText = 'values of columns tagged pii are hidden: --reveal shows them';
