import type { Diagnostic, Place } from '../core/errors.ts';
import type { AuditRead } from './audit.ts';
import type { ParsedModel } from './model-file.ts';
import type { ModelTable, ProjectTable } from './model.ts';
import type { ParsedSource } from './source-audit.ts';
import { nearestName } from '../core/nearest-name.ts';
import { findCircles } from './circles.ts';
import type { ParsedReference } from './reference.ts';
import { sqlPlace } from './sql-place.ts';
import { withFollowed } from './stream.ts';
import { layers, tablesInOrder } from './table-order.ts';

/** Everything that the files of a project define, not yet connected. */
export interface Definitions {
  readonly sources: readonly ParsedSource[];
  readonly references: readonly ParsedReference[];
  readonly models: readonly ParsedModel[];
  /** Models that are no tables, each after those that it reads. */
  readonly steps: readonly ParsedModel[];
  /** What macros read. */
  readonly macroReads: readonly AuditRead[];
  /** Names of all tables that some file defines, also of those whose file is wrong. */
  readonly declared: ReadonlySet<string>;
}

/**
 * Connects models with what they read. The tables come in an order in which inputs come first; among those that are
 * ready, by layer and name. A table with an unknown input, or in a circle, is left out and found.
 */
export function connectTables(definitions: Definitions): {
  tables: ReadonlyMap<string, ProjectTable>;
  steps: readonly ModelTable[];
  diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const tables: ProjectTable[] = [];
  readNames(definitions.macroReads, { of: undefined, without: [], declared: definitions.declared, diagnostics });
  const views = new Map<string, ModelTable>();
  for (const model of viewsFirst(definitions.models)) {
    const connected = connectModel(model, { definitions, views, diagnostics });
    if (connected === undefined) continue;
    if (connected.modelKind === 'view') views.set(connected.name, connected);
    tables.push(connected);
  }
  for (const { table, audit } of [...definitions.sources, ...definitions.references]) {
    const of = { of: table.name, without: [], declared: definitions.declared, diagnostics };
    tables.push({ ...table, ...auditReads(readNames(audit.reads, of), views) });
  }
  const circles = findCircles(tables, { ...definitions, readsOf });
  diagnostics.push(...circles.diagnostics);
  const steps = definitions.steps.flatMap((step) => connectModel(step, { definitions, views, diagnostics }) ?? []);
  return { steps, tables: inOrder(tables.filter((table) => !circles.members.has(table.name))), diagnostics };
}

/** Tables whose rows must be there before this one is made, whether its SELECT needs them or its rules. */
export function inputsOf(table: ProjectTable): readonly string[] {
  return table.kind === 'model' ? [...table.inputs, ...table.auditInputs] : table.auditInputs;
}

/** Views that its SELECT or its rules name: what is wrong with one is in the way of this table. */
export function viewsOf(table: ProjectTable): readonly string[] {
  const inSelect = table.kind === 'model' ? table.reads.filter((name) => !table.inputs.includes(name)) : [];
  return [...inSelect, ...table.auditViews];
}

/** What a table names: a step up in the graph. */
export function readsOf(table: ProjectTable): readonly string[] {
  const named = table.kind === 'model' ? table.reads : [];
  return [...new Set([...named, ...table.auditInputs, ...table.auditViews])];
}

/** Each view after those that it reads, and before all else. */
function viewsFirst(models: readonly ParsedModel[]): readonly ParsedModel[] {
  const views = new Map(
    models.filter(({ table }) => table.modelKind === 'view').map((model) => [model.table.name, model]),
  );
  const ordered = new Set<ParsedModel>();
  const add = (model: ParsedModel): void => {
    // A circle of views was found before, and none of it is here.
    for (const { schema, name } of model.references) {
      const other = views.get(`${schema}.${name}`.toLowerCase());
      if (other !== undefined && !ordered.has(other)) add(other);
    }
    ordered.add(model);
  };
  views.forEach(add);
  return [...ordered, ...models.filter((model) => !ordered.has(model))];
}

/** The tables behind these names, each once in order of first mention. */
function tablesBehind(names: readonly string[], views: ReadonlyMap<string, ModelTable>): readonly string[] {
  return [...new Set(names.flatMap((name) => views.get(name)?.inputs ?? [name]))];
}

function auditReads(
  named: readonly string[],
  views: ReadonlyMap<string, ModelTable>,
  inputs: readonly string[] = [],
): Pick<ModelTable, 'auditInputs' | 'auditViews'> {
  return {
    auditInputs: tablesBehind(named, views).filter((name) => !inputs.includes(name)),
    auditViews: named.filter((name) => views.has(name)),
  };
}

function connectModel(
  model: ParsedModel,
  context: {
    readonly definitions: Definitions;
    readonly views: ReadonlyMap<string, ModelTable>;
    readonly diagnostics: Diagnostic[];
  },
): ModelTable | undefined {
  const { definitions, views, diagnostics } = context;
  const { table } = model;
  const reads = model.references.map((reference) => ({
    ...reference,
    place: reference.place ?? sqlPlace(table, reference.offset),
    by: `Model ${table.name}`,
  }));
  const before = diagnostics.length;
  // Told where the macro names it.
  const strange = definitions.macroReads.filter(
    (read) =>
      lookUp(read, definitions.declared).length > 0 && !definitions.declared.has(nameOf(read).split(' ')[1] ?? ''),
  );
  if (reads.some((read) => strange.some((other) => nameOf(other) === nameOf(read)))) return undefined;
  const named = readNames(reads, { of: undefined, without: [], declared: definitions.declared, diagnostics });
  const steps = definitions.steps.map((step) => step.table.name);
  if (table.rows !== undefined)
    diagnostics.push(...notStored(reads, { ...table, others: new Set([...views.keys(), ...steps]) }));
  const selectIsRight = diagnostics.length === before;
  const audited = readNames(model.audit.reads, {
    of: table.name,
    without: named,
    declared: definitions.declared,
    diagnostics,
  });
  if (!selectIsRight) return undefined;
  const inputs = tablesBehind(named, views);
  const followed = withFollowed({ ...table, reads: named, inputs, ...auditReads(audited, views, inputs) });
  const found = followed.model;
  diagnostics.push(...followed.diagnostics, ...historyProblems(found, definitions));
  return found;
}

/** Rows are made by going through rows that are stored: those of a view, or of a model that is no table, stand nowhere. */
function notStored(
  reads: readonly AuditRead[],
  { name: model, others }: { readonly name: string; readonly others: ReadonlySet<string> },
): readonly Diagnostic[] {
  return reads.flatMap(({ schema, name, place }): readonly Diagnostic[] => {
    const read = `${schema}.${name}`.toLowerCase();
    if (!others.has(read)) return [];
    const message = `Model ${model} goes through ${read}, whose rows are not stored`;
    return [{ code: 'LS1202', message, place, hint: 'name the tables that it reads, or make it a table' }];
  });
}

interface ReadContext {
  /** A table whose rules may read itself. */
  readonly of: string | undefined;
  readonly without: readonly string[];
  readonly declared: ReadonlySet<string>;
  readonly diagnostics: Diagnostic[];
}

/** The project's tables among what is read, each once in order of first mention. */
function readNames(reads: readonly AuditRead[], context: ReadContext): readonly string[] {
  const names = new Set<string>();
  for (const read of reads) {
    const found = lookUp(read, context.declared);
    if (typeof found !== 'string') context.diagnostics.push(...found);
    else if (found !== context.of && !context.without.includes(found)) names.add(found);
  }
  return [...names];
}

function nameOf({ kind, schema, name }: AuditRead): string {
  return `${kind} ${schema}.${name}`.toLowerCase();
}

function lookUp(read: AuditRead, declared: ReadonlySet<string>): string | readonly Diagnostic[] {
  const name = `${read.schema}.${read.name}`.toLowerCase();
  if (read.kind === 'function')
    return read.readsOutside ? [outside(`${read.by} reads with ${read.name}()`, read.place)] : [];
  if (declared.has(name)) return name;
  if (read.schema === '' && /[./*\\]/.test(read.name))
    return [outside(`${read.by} reads the file ${read.name}`, read.place)];
  if (read.schema === '') return [withoutLayer(read, declared)];
  if (!layers.some((layer) => layer === read.schema.toLowerCase())) {
    const near = nearestName(name, declared);
    if (near === undefined || !isLayerNear(read.schema))
      return [outside(`${read.by} reads ${read.schema}.${read.name}`, read.place)];
    return [
      {
        code: 'LS1203',
        message: `Table ${read.schema}.${read.name} does not exist`,
        place: read.place,
        hint: `Did you mean ${near}?`,
      },
    ];
  }
  return [
    {
      code: 'LS1203',
      message: `Table ${read.schema}.${read.name} does not exist`,
      place: read.place,
      hint: tableHint(name, declared),
    },
  ];
}

function isLayerNear(schema: string): boolean {
  return nearestName(schema, layers) !== undefined;
}

function outside(message: string, place: Place): Diagnostic {
  const hint = 'models read only reference, bronze, silver and gold: make a source of it in bronze/';
  return { code: 'LS1208', message: `${message}, which is outside the lake`, place, hint };
}

/** A table that is named without its layer. */
export function withoutLayer(read: Pick<AuditRead, 'name' | 'place'>, declared: Iterable<string>): Diagnostic {
  const all = [...declared];
  const same = all.filter((name) => name.endsWith(`.${read.name.toLowerCase()}`));
  const near = nearestName(
    read.name,
    all.map((name) => name.slice(name.indexOf('.') + 1)),
  );
  const guesses = same.length > 0 ? same : all.filter((name) => near !== undefined && name.endsWith(`.${near}`));
  const hint = guesses.length === 0 ? 'write its layer too: silver.orders' : `Did you mean ${guesses.join(' or ')}?`;
  return {
    code: 'LS1203',
    message: `Table ${read.name} does not exist: every table has a layer`,
    place: read.place,
    hint,
  };
}

/** What a name that is no table may have meant: one like it in its layer, the same in another, one like it anywhere. */
export function tableHint(name: string, declared: Iterable<string>): string {
  const all = [...declared];
  const layer = name.slice(0, name.indexOf('.'));
  const word = name.slice(layer.length + 1);
  const siblings = all.filter((other) => other.startsWith(`${layer}.`)).map((other) => other.slice(layer.length + 1));
  const near = nearestName(word, siblings);
  if (near !== undefined) return `Did you mean ${layer}.${near}?`;
  const elsewhere = all.filter((other) => other.endsWith(`.${word}`));
  if (elsewhere.length > 0) return `Did you mean ${elsewhere.join(' or ')}?`;
  if (siblings.length === 0) return `${layer} has no tables yet`;
  const more = siblings.length > 12 ? ` … ${siblings.length - 12} more` : '';
  return `${layer} has: ${siblings.slice(0, 12).join(', ')}${more}`;
}

function historyProblems(model: ModelTable, definitions: Definitions): Diagnostic[] {
  if (model.modelKind !== 'history') return [];
  const place = sqlPlace(model, 0);
  const [input] = model.reads;
  const refuse = (why: string, hint: string): Diagnostic[] => [
    {
      code: 'LS1202',
      message: `Model ${model.name} keeps history and must be a plain SELECT over one bronze table: ${why}`,
      place,
      hint,
    },
  ];
  if (model.reads.length !== 1 || input === undefined || !input.startsWith('bronze.')) {
    return refuse(
      `it reads ${model.reads.length === 0 ? 'none' : model.reads.join(', ')}`,
      'keep the history first, and join in a model that reads it',
    );
  }
  if (!model.facts.rowWise.proven)
    return refuse(model.facts.rowWise.why, 'keep the history first, and do this in a model that reads it');
  const source = definitions.sources.find(({ table }) => table.name === input)?.table;
  if (source === undefined || (source.from.kind === 'connection' && source.from.follow === 'changes')) return [];
  if (source.from.kind === 'connection')
    return refuse(`${input} has the newest rows alone`, `write follow: changes in ${source.file}`);
  if (source.from.eachFile === 'replaces')
    return refuse(`${input} has the rows of its newest file alone`, `remove each_file: replaces from ${source.file}`);
  if (model.history?.validFrom !== undefined) return [];
  const message = `Model ${model.name} keeps history of ${input}, and nothing says when a row became valid`;
  return [{ code: 'LS1004', message, place, hint: 'add valid_from: with the column that dates a change' }];
}

function inOrder(tables: readonly ProjectTable[]): ReadonlyMap<string, ProjectTable> {
  return new Map(tablesInOrder(tables, readsOf).map((table) => [table.name, table]));
}
