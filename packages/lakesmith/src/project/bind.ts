import type { Diagnostic } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { speaking } from '../sql/speaking.ts';
import { bindAudit } from './bind-audit.ts';
import { describeBindFailure, outputOffset } from './column-findings.ts';
import { arrangeFindings } from './findings.ts';
import type { BoundProject, ModelTable, Project, ProjectTable } from './model.ts';
import { sideBySide } from './side-by-side.ts';
import { sqlPlace } from './sql-place.ts';
import { storageFindings } from './storage.ts';
import { streamColumns, streamFindings } from './stream-select.ts';
import { missingColumns } from './table-settings.ts';
import type { Untold } from './untold-columns.ts';

type Schemas = ReadonlyMap<string, readonly Column[] | undefined>;

/** What a history adds to the columns of its SELECT, at their end. */
export const validityColumns: readonly Column[] = [
  { name: 'valid_from', type: 'timestamp' },
  { name: 'valid_to', type: 'timestamp' },
  { name: 'is_current', type: 'boolean' },
];

/** What is known of bronze and reference tables before anything is run. */
export interface SourceKnowledge {
  readonly schemas: Schemas;
  /** Columns that stand in a table's files and have no value yet, so that the table does not have them. */
  readonly untold?: Untold;
  /** The columns that streams have in the lake, which they keep. */
  readonly streams?: ReadonlyMap<string, readonly Column[]>;
}

/**
 * Computes the columns of every table, inputs first, and finds what does not fit: columns that do not exist, rules that
 * are no rules over the output, settings that name nothing. What depends on a source whose columns are not known stays
 * unbound, without a finding.
 */
export async function bindProject(
  project: Project,
  engine: SqlCompiler,
  sources: SourceKnowledge,
): Promise<{ bound: BoundProject; diagnostics: readonly Diagnostic[] }> {
  const { bound, diagnostics: found } = await bindTables(project, engine, { sources });
  const diagnostics = [...found];
  const compiler = speaking(engine, project.words);
  // Checks may refer to tables that come later, so all columns are known first.
  const context = { compiler, schemas: bound.schemas, untold: sources.untold, timezone: project.timezone };
  // The engine answers questions together that come together.
  const audits = await sideBySide([...project.tables.values()], (table) => bindAudit(table, context));
  diagnostics.push(...audits.flat());
  return { bound, diagnostics: arrangeFindings(diagnostics, project.texts) };
}

/** The same without rules and checks, of all tables or of `only` some, with which must be what they are made from. */
export async function bindTables(
  project: Project,
  engine: SqlCompiler,
  { sources, only }: { readonly sources: SourceKnowledge; readonly only?: ReadonlySet<string> },
): Promise<{ bound: BoundProject; diagnostics: readonly Diagnostic[] }> {
  const compiler = speaking(engine, project.words);
  const schemas = new Map<string, readonly Column[] | undefined>();
  const context: BindContext = { project, compiler, schemas, sources, steps: new Map() };
  const tables = [...project.tables.values()].filter(({ name }) => only?.has(name) !== false);
  const bound = new Map<string, Promise<readonly Diagnostic[]>>();
  // Each as soon as all that it reads is known: the engine answers questions together that come together.
  const found = await sideBySide(tables, (table) => {
    const inputs = Promise.all(inputsOf(table, project).flatMap((name) => bound.get(name) ?? []));
    const done = inputs.then(() => bindTable(table, context));
    bound.set(table.name, done);
    return done;
  });
  const diagnostics = found.flat();
  for (const step of only === undefined ? project.steps : []) await boundStep(step, context);
  for (const found of context.steps.values()) diagnostics.push(...(await found).diagnostics);
  const inOrder = new Map(tables.map(({ name }) => [name, schemas.get(name)]));
  return { bound: { project, schemas: inOrder }, diagnostics: arrangeFindings(diagnostics, project.texts) };
}

async function bindTable(table: ProjectTable, context: BindContext): Promise<readonly Diagnostic[]> {
  const { columns, diagnostics } = await columnsOf(table, context);
  context.schemas.set(table.name, columns);
  if (columns === undefined) return diagnostics;
  const names = columns.map(({ name }) => name);
  return [...diagnostics, ...storageFindings(table, columns), ...missingColumns(table, names, context.sources.untold)];
}

/** All that must be known before a table is bound: what it reads, and what the models read that are part of it. */
function inputsOf(table: ProjectTable, { steps }: Pick<Project, 'steps'>): readonly string[] {
  if (table.kind !== 'model') return [];
  const parts = steps.filter(({ name }) => name !== table.name && table.parts[`model ${name}`] !== undefined);
  return [...table.reads, ...table.inputs, ...parts.flatMap((step) => inputsOf(step, { steps }))];
}

interface BindContext {
  readonly project: Project;
  readonly compiler: SqlCompiler;
  readonly schemas: Map<string, readonly Column[] | undefined>;
  readonly sources: SourceKnowledge;
  /** Models that are no tables, as far as they were looked at. */
  readonly steps: Map<string, Promise<Found>>;
}

interface Found {
  readonly columns: readonly Column[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

async function columnsOf(table: ProjectTable, context: BindContext): Promise<Found> {
  if (table.kind !== 'model') return { columns: context.sources.schemas.get(table.name), diagnostics: [] };
  for (const step of context.project.steps) {
    if (table.parts[`model ${step.name}`] === undefined) continue;
    // What is wrong in it is told there.
    if ((await boundStep(step, context)).columns === undefined) return { columns: undefined, diagnostics: [] };
  }
  // What is wrong with a view that it reads is told there too.
  if (table.reads.some((name) => context.schemas.get(name) === undefined))
    return { columns: undefined, diagnostics: [] };
  const inputs = new Map<string, readonly Column[]>();
  for (const name of table.inputs) {
    const columns = context.schemas.get(name);
    if (columns === undefined) return { columns: undefined, diagnostics: [] };
    inputs.set(name, columns);
  }
  const binding =
    table.rows === undefined
      ? await context.compiler.bind(table.sql, inputs, context.project.timezone)
      : { ok: true as const, columns: table.rows.columns };
  if (!binding.ok)
    return {
      columns: undefined,
      diagnostics: [describeBindFailure(table, binding, { inputs, untold: context.sources.untold })],
    };
  const diagnostics = [...judgeNames(table, binding.columns), ...judgeRenames(table, binding.columns)];
  if (table.stream !== undefined && diagnostics.length === 0) {
    const found = streamColumns(table, binding.columns, context.sources.streams?.get(table.name));
    const { compiler, project } = context;
    const findings = [
      ...found.diagnostics,
      ...(await streamFindings(table, { compiler, inputs, timezone: project.timezone })),
    ];
    return { columns: findings.length > 0 ? undefined : found.columns, diagnostics: findings };
  }
  const columns = table.modelKind === 'history' ? [...binding.columns, ...validityColumns] : binding.columns;
  return { columns: diagnostics.length > 0 ? undefined : columns, diagnostics };
}

async function boundStep(step: ModelTable, context: BindContext): Promise<Found> {
  const known = context.steps.get(step.name) ?? columnsOf(step, context);
  context.steps.set(step.name, known);
  return await known;
}

/** Names that a table cannot have: two alike, or an expression that was given none. */
function judgeNames(model: ModelTable, columns: readonly Column[]): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set(model.modelKind === 'history' ? validityColumns.map(({ name }) => name) : []);
  for (const { name } of columns) {
    if (/[ ,;{}()\n\t=]/.test(name)) {
      const message = `Model ${model.name} has a column without a usable name: ${name}`;
      diagnostics.push({
        code: 'LS1205',
        message,
        place: placeOfExpression(model, name),
        hint: 'give it one: … as name',
      });
    } else if (seen.has(name.toLowerCase())) {
      const added =
        model.modelKind === 'history' && validityColumns.some((column) => column.name === name.toLowerCase());
      const message = added
        ? `Model ${model.name} selects ${name}, which a history adds by itself`
        : `Model ${model.name} has two columns called ${name}`;
      const place = sqlPlace(model, outputOffset(model.sql, name) ?? 0);
      diagnostics.push({ code: 'LS1205', message, place, hint: 'give it another name: … as name' });
    }
    seen.add(name.toLowerCase());
  }
  return diagnostics;
}

/** A name that is said to be a column's old one, and is a column still. */
function judgeRenames({ name, renamedFrom }: ModelTable, columns: readonly Column[]): readonly Diagnostic[] {
  return [...renamedFrom].flatMap(([column, { from, place }]): readonly Diagnostic[] => {
    if (!columns.some((one) => one.name === from)) return [];
    const message = `"renamed_from" of ${name} says that ${column} was ${from}, and ${from} is still there`;
    return [{ code: 'LS1004', message, place, hint: 'remove the line, or the old column' }];
  });
}

/** Where an expression stands whose text the engine made a name of: at its function, when that is written only once. */
function placeOfExpression(model: ModelTable, name: string): ReturnType<typeof sqlPlace> {
  const word = /^[a-z_]\w*/i.exec(name)?.[0].replace(/_star$/, '') ?? '';
  const first = word === '' ? -1 : model.sql.search(new RegExp(`\\b${word}\\s*\\(`, 'i'));
  return sqlPlace(model, Math.max(0, first));
}
