import type { Project } from '../project/model.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { tableReferences } from '../sql/references.ts';
import type { ReaderLine } from './catalogue.ts';

/** Publications, dashboards and alerts, and which tables they read. A query that cannot be parsed tells of none. */
export async function readerLines(
  { extras }: Project,
  compiler: Pick<SqlCompiler, 'parse'>,
  indexOf: (table: string) => number | undefined,
): Promise<readonly ReaderLine[]> {
  const tablesOf = (names: Iterable<string>): readonly number[] =>
    [...new Set([...names].flatMap((name) => indexOf(name.toLowerCase()) ?? []))].sort((a, b) => a - b);
  const lines: ReaderLine[] = extras.publications.map(({ name, file, targets }) => ({
    kind: 'publication',
    title: name.replace(/^publish\./, ''),
    file,
    tables: tablesOf(targets.keys()),
  }));
  for (const { kind, title, file, queries } of extras.readers) {
    const parses = await compiler.parse(queries.map(({ sql }) => sql));
    const names = parses.flatMap((parse) =>
      parse.ok ? tableReferences(parse.tree).map(({ schema, name }) => `${schema}.${name}`) : [],
    );
    lines.push({ kind, title, file, tables: tablesOf(names) });
  }
  return lines;
}
