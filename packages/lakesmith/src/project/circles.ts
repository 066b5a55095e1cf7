import type { Diagnostic } from '../core/errors.ts';
import type { Audit } from './audit.ts';
import type { ParsedModel } from './model-file.ts';
import type { ProjectTable } from './model.ts';
import { sqlPlace } from './sql-place.ts';

interface Judged {
  readonly table: { readonly name: string };
  readonly audit: Pick<Audit, 'reads'>;
}

interface Connected {
  readonly models: readonly ParsedModel[];
  readonly sources: readonly Judged[];
  readonly references: readonly Judged[];
  /** What a table names. */
  readonly readsOf: (table: ProjectTable) => readonly string[];
}

/** One finding for each group of tables that need each other, at the place where the first of them reads the next. */
export function findCircles(
  tables: readonly ProjectTable[],
  definitions: Connected,
): { members: ReadonlySet<string>; diagnostics: readonly Diagnostic[] } {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const members = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    const start = trail.indexOf(name);
    if (start >= 0) {
      const circle = trail.slice(start);
      if (!circle.some((member) => members.has(member))) diagnostics.push(circleFound(circle, { byName, definitions }));
      for (const member of circle) members.add(member);
      return;
    }
    const table = byName.get(name);
    if (table === undefined || done.has(name)) return;
    for (const input of definitions.readsOf(table)) visit(input, [...trail, name]);
    done.add(name);
  };
  for (const name of [...byName.keys()].sort()) visit(name, []);
  return { members, diagnostics };
}

function circleFound(
  circle: readonly string[],
  { byName, definitions }: { byName: ReadonlyMap<string, ProjectTable>; definitions: Connected },
): Diagnostic {
  const [first = '', second = first] = circle;
  const { models, sources, references } = definitions;
  const model = models.find((candidate) => candidate.table.name === first);
  const judged = [...models, ...sources, ...references].find((candidate) => candidate.table.name === first);
  const reference = model?.references.find(
    (candidate) => `${candidate.schema}.${candidate.name}`.toLowerCase() === second,
  );
  const read = judged?.audit.reads.find(
    (candidate) => `${candidate.schema}.${candidate.name}`.toLowerCase() === second,
  );
  const table = byName.get(first);
  const place =
    model !== undefined && reference !== undefined
      ? (reference.place ?? sqlPlace(model.table, reference.offset))
      : (read?.place ?? { file: table?.file ?? '', line: 1, column: 1 });
  const isModel = (name: string): boolean => byName.get(name)?.kind === 'model';
  const message =
    circle.length === 1
      ? `Model ${first} reads itself`
      : `${circle.every(isModel) ? 'Models' : 'Tables'} need each other: ${[...circle, first].join(' → ')}`;
  const hint = circle.length === 1 ? 'a model is made from other tables' : 'one of them must do without the next';
  return { code: 'LS1206', message, place, hint };
}
