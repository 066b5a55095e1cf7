import { renderType } from '../core/render-type.ts';
import type { DataType } from '../core/schema.ts';
import { ProjectLineage } from '../project/lineage.ts';
import type { BoundProject, Layer, ProjectTable } from '../project/model.ts';

/** A column as an editor tells of it. */
export interface KnownColumn {
  readonly name: string;
  /** Undefined where only its name is known. */
  readonly type: DataType | undefined;
}

const layers: readonly Layer[] = ['reference', 'bronze', 'silver', 'gold'];

/** The tables of a project as an editor asks for them. */
export class Catalog {
  readonly #bound: BoundProject;
  #lineage: ProjectLineage | undefined;

  constructor(bound: BoundProject) {
    this.#bound = bound;
  }

  /** Every table, layer by layer. */
  tables(): readonly ProjectTable[] {
    return [...this.#bound.project.tables.values()].sort(
      (a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer) || (a.name < b.name ? -1 : 1),
    );
  }

  /** A table by its name in any case. */
  table(name: string): ProjectTable | undefined {
    const lower = name.toLowerCase();
    return this.#bound.project.tables.get(lower) ?? this.tables().find((table) => table.name.toLowerCase() === lower);
  }

  /** Its columns; none where they are not known. */
  columns(name: string): readonly KnownColumn[] {
    const table = this.table(name);
    return (table === undefined ? undefined : this.#bound.schemas.get(table.name)) ?? [];
  }

  connections(): readonly string[] {
    return [...this.#bound.project.connections.keys()];
  }

  /** A table in Markdown: what it is, its columns, what it is made from. */
  describeTable(table: ProjectTable): string {
    const columns = this.columns(table.name);
    const inputs = table.kind === 'model' ? table.reads : [];
    const rows = columns.map(({ name, type }) => {
      const note = table.columnNotes.get(name)?.description ?? '';
      const marks = table.key.includes(name) ? ' · key' : '';
      return `| ${name} | ${type === undefined ? '' : renderType(type)}${marks} | ${inCell(note)} |`;
    });
    return paragraphs([
      `**${table.name}** · ${kindOf(table)}`,
      table.description,
      rows.length === 0
        ? 'Its columns are not known yet.'
        : ['| column | type | |', '|---|---|---|', ...rows].join('\n'),
      inputs.length === 0 ? undefined : `from ${inputs.join(', ')}`,
    ]);
  }

  /** A column of a table in Markdown: its type, what is said of it, where it comes from. */
  describeColumn(table: ProjectTable, { name, type }: KnownColumn): string {
    const note = table.columnNotes.get(name);
    this.#lineage ??= new ProjectLineage(this.#bound);
    const origin = this.#lineage.table(table.name)?.columns.find((column) => column.name === name);
    const from = (origin?.from ?? []).map((use) => `${use.table}.${use.column}`);
    return paragraphs([
      `**${table.name}.${name}**${type === undefined ? '' : ` · ${renderType(type)}`}`,
      note?.description,
      note === undefined || note.tags.length === 0 ? undefined : `tags: ${note.tags.join(', ')}`,
      from.length === 0 ? undefined : `${origin?.same === true ? 'is' : 'computed from'} ${from.join(', ')}`,
    ]);
  }

  /** A column that the SELECT itself makes. */
  describeItem({ name, type }: KnownColumn, sql: string): string {
    return paragraphs([
      `**${name}**${type === undefined ? '' : ` · ${renderType(type)}`}`,
      `\`\`\`sql\n${sql}\n\`\`\``,
    ]);
  }
}

function kindOf(table: ProjectTable): string {
  if (table.kind !== 'model') return table.kind;
  if (table.modelKind === 'view') return 'view';
  return table.modelKind === 'table' ? 'model' : `model, ${table.modelKind}`;
}

function paragraphs(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('\n\n');
}

function inCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll(/\s+/g, ' ');
}
