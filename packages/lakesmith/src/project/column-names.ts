import type { Diagnostic } from '../core/errors.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import type { Lineage } from '../sql/lineage.ts';
import { writtenLineage } from '../sql/lineage.ts';
import { withNamedViews } from '../sql/views.ts';
import { bindTables, validityColumns } from './bind.ts';
import type { SourceKnowledge } from './bind.ts';
import type { NamedProject } from './lineage.ts';
import { columnsRead } from './lineage.ts';
import type { Project, ProjectTable } from './model.ts';

interface Request {
  readonly sources: SourceKnowledge;
  /** The tables, with which must be what they are made from. */
  readonly only: ReadonlySet<string>;
  /** Tables with all that they are made from. */
  readonly withInputs: (names: readonly string[]) => ReadonlySet<string>;
}

/**
 * The names of the columns of some tables. Most stand in the SQL beyond doubt; a model of which only the engine knows them is bound,
 * with all that it is made from, and what is wrong there is found.
 */
export async function nameColumns(
  project: Project,
  engine: SqlCompiler,
  { sources, only, withInputs }: Request,
): Promise<{ named: NamedProject; diagnostics: readonly Diagnostic[] }> {
  let bound: NamedProject['schemas'] = new Map();
  for (;;) {
    const names = new WrittenNames(new Map([...sources.schemas, ...bound]));
    for (const table of project.tables.values()) if (only.has(table.name)) names.add(table);
    const { schemas, read, unsure } = names;
    if (unsure.size === 0) return { named: { project, schemas, read }, diagnostics: [] };
    // What is made from these may be read off again when they are known.
    const wanted = withInputs([...bound.keys(), ...unsure]);
    const found = await bindTables(project, engine, { sources, only: wanted });
    bound = found.bound.schemas;
    if (found.diagnostics.length > 0) return { named: found.bound, diagnostics: found.diagnostics };
  }
}

/** Columns of tables by their SQL alone; each is added after those that it reads. */
class WrittenNames {
  readonly schemas: Map<string, readonly { readonly name: string }[] | undefined> = new Map();
  readonly read: Map<string, Lineage> = new Map();
  /** Models that only the engine can tell of. */
  readonly unsure: Set<string> = new Set();
  /** These, and what is made from them. */
  readonly #waiting: Set<string> = new Set();
  readonly #known: NamedProject['schemas'];

  constructor(known: NamedProject['schemas']) {
    this.#known = known;
  }

  add(table: ProjectTable): void {
    const { name } = table;
    if (this.#known.has(name) || table.kind !== 'model') this.schemas.set(name, this.#known.get(name));
    else if (table.reads.some((read) => this.#waiting.has(read))) this.#waiting.add(name);
    else if (table.reads.some((read) => this.schemas.get(read) === undefined)) this.schemas.set(name, undefined);
    else if (table.rows !== undefined) this.schemas.set(name, table.rows.columns);
    else {
      // A stream keeps the columns that it has in the lake.
      const lineage =
        table.stream === undefined
          ? writtenLineage(withNamedViews(table.tree()), columnsRead(table, this.schemas))
          : undefined;
      if (lineage === undefined) {
        this.unsure.add(name);
        this.#waiting.add(name);
        return;
      }
      this.read.set(name, lineage);
      this.schemas.set(name, [...lineage.columns, ...(table.modelKind === 'history' ? validityColumns : [])]);
    }
  }
}
