import type { Diagnostic } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { SqlCompiler, SqlParse } from '../sql/compiler.ts';
import { isSingleSelect } from '../sql/gate.ts';
import { nullNode } from '../sql/nodes.ts';
import { tableReferences } from '../sql/references.ts';
import type { TableReference } from '../sql/references.ts';
import { speaking } from '../sql/speaking.ts';
import { describeBindFailure } from './column-findings.ts';
import { tableHint, withoutLayer } from './graph.ts';
import type { BoundProject, SqlReader, WrittenQuery } from './model.ts';
import { sideBySide } from './side-by-side.ts';
import { sqlPlace } from './sql-place.ts';
import { layers } from './table-order.ts';
import { columnHint } from './untold-columns.ts';
import type { Untold } from './untold-columns.ts';

interface AskedQuery {
  readonly reader: SqlReader;
  readonly query: WrittenQuery;
}

/** Queries to judge over a bound project. */
export interface Question {
  readonly compiler: SqlCompiler;
  readonly bound: BoundProject;
  readonly untold?: Untold | undefined;
  /** Tables that are there and of which nothing is known, since they are wrong themselves. */
  readonly unsound?: ReadonlySet<string>;
}

/** What is known of dashboards and alerts. */
export interface BoundReaders {
  readonly diagnostics: readonly Diagnostic[];
  /** By file, the tables that it names itself, and those behind the project's words in it. */
  readonly reads: ReadonlyMap<string, readonly string[]>;
}

/** Binds the queries of dashboards and alerts, and finds what they name that is not there: a table, a column, a word. */
export async function bindReaders(question: Question): Promise<BoundReaders> {
  const { readers } = question.bound.project.extras;
  const queries = readers.flatMap((reader) => reader.queries.map((query) => ({ reader, query })));
  const found = await sideBySide(queries, (one) => bindQuery(one, question));
  const reads = new Map(readers.map(({ file }) => [file, new Set<string>()]));
  for (const [i, { reader }] of queries.entries())
    for (const name of found[i]?.reads ?? []) reads.get(reader.file)?.add(name);
  return {
    diagnostics: found.flatMap(({ diagnostics }) => diagnostics),
    reads: new Map([...reads].map(([file, names]) => [file, [...names]])),
  };
}

interface BoundQuery {
  readonly diagnostics: readonly Diagnostic[];
  readonly reads: readonly string[];
}

async function bindQuery(one: AskedQuery, question: Question): Promise<BoundQuery> {
  const { reader, query } = one;
  const { compiler: engine, bound } = question;
  const { words } = bound.project;
  // What a filter will give is not known yet: NULL fits wherever a value does.
  const own = reader.words.map((word) => [word, nullNode()] as const);
  const compiler = speaking(engine, { ...words, parameters: new Map([...words.parameters, ...own]) });
  const [plain] = await engine.parse([query.sql]);
  const [parsed] = await compiler.parse([query.sql]);
  if (parsed?.ok !== true) return { diagnostics: parsed === undefined ? [] : [unparsed(one, parsed)], reads: [] };
  if (!isSingleSelect(parsed.tree)) return { diagnostics: [noSelect(one)], reads: [] };
  const references = tablesIn(parsed.tree);
  const outside = outsideReads(one, tableReferences(parsed.tree));
  if (outside.length > 0) return { diagnostics: outside, reads: [] };
  return {
    diagnostics: await queryFindings(one, { ...question, compiler, tree: parsed.tree, references }),
    reads: [...references, ...(plain?.ok === true && isSingleSelect(plain.tree) ? tablesIn(plain.tree) : [])].map(
      nameOf,
    ),
  };
}

function tablesIn(tree: unknown): readonly TableReference[] {
  return tableReferences(tree).filter(({ kind }) => kind === 'table');
}

/** What `query` refuses to read as well. */
function outsideReads({ reader, query }: AskedQuery, references: readonly TableReference[]): readonly Diagnostic[] {
  return references.flatMap(({ kind, schema, name, offset, readsOutside }): Diagnostic[] => {
    const isFile = schema === '' && /[./*\\]/.test(name);
    const isForeign = schema !== '' && ![...layers, 'system'].includes(schema.toLowerCase());
    if (kind === 'function' ? !readsOutside : !isFile && !isForeign) return [];
    const what = kind === 'function' ? `with ${name}()` : isFile ? `the file ${name}` : `${schema}.${name}`;
    const message = `A query of ${reader.kind} ${reader.title} reads ${what}, which is outside the lake`;
    const hint = 'ask reference, bronze, silver, gold and system tables';
    return [{ code: 'LS1208', message, place: placeIn(query, offset), hint }];
  });
}

function unparsed(
  { reader, query }: AskedQuery,
  { message, offset, word }: Extract<SqlParse, { ok: false }>,
): Diagnostic {
  const place = placeIn(query, offset);
  if (word !== undefined) return { ...word, message, place };
  return {
    code: 'LS1201',
    message: `A query of ${reader.kind} ${reader.title} is not valid SQL: ${message}`,
    place,
    hint: oneSelect,
  };
}

const oneSelect = 'write one SELECT over tables of the lake';

function noSelect({ reader, query }: AskedQuery): Diagnostic {
  const message = `A query of ${reader.kind} ${reader.title} is not one SELECT`;
  return { code: 'LS1201', message, place: placeIn(query, 0), hint: oneSelect };
}

async function queryFindings(
  { reader, query }: AskedQuery,
  {
    compiler,
    bound,
    untold,
    unsound,
    tree,
    references,
  }: Question & { readonly tree: unknown; readonly references: readonly TableReference[] },
): Promise<readonly Diagnostic[]> {
  const { project, schemas } = bound;
  const unknown = references.filter((one) => isMissing(one, bound) && unsound?.has(nameOf(one)) !== true);
  if (unknown.length > 0)
    return unknown.map(({ schema, name, offset }) => {
      const place = placeIn(query, offset);
      if (schema === '') return withoutLayer({ name, place }, project.tables.keys());
      const hint = tableHint(`${schema}.${name}`.toLowerCase(), project.tables.keys());
      return { code: 'LS1203', message: `Table ${schema}.${name} does not exist`, place, hint };
    });
  const inputs = new Map<string, readonly Column[]>();
  for (const reference of references) {
    const columns = schemas.get(nameOf(reference));
    // Without the columns of all that it reads, nothing can be said of its own.
    if (columns === undefined) return [];
    inputs.set(nameOf(reference), columns);
  }
  const binding = await compiler.bind(query.sql, inputs, project.timezone);
  if (!binding.ok) {
    // It is shown and not stored.
    if (binding.problem === 'type') return [];
    const written = {
      name: reader.title,
      subject: `A query of ${reader.kind} ${reader.title}`,
      file: query.file,
      sql: query.sql,
      sqlStart: query.start,
      tree: () => tree,
    };
    return [describeBindFailure(written, binding, { inputs, untold })];
  }
  const names = binding.columns.map(({ name }) => name);
  return [...tooManyColumns(query, names), ...unshown(query, names)];
}

function tooManyColumns(query: WrittenQuery, names: readonly string[]): readonly Diagnostic[] {
  if (query.oneFor === undefined || names.length === 1) return [];
  const message = `${query.oneFor} has one column, and this query has ${names.length}: ${names.join(', ')}`;
  return [{ code: 'LS1004', message, place: placeIn(query, 0), hint: 'select one column' }];
}

function unshown(query: WrittenQuery, names: readonly string[]): readonly Diagnostic[] {
  return query.shown
    .filter(({ name }) => !names.some((one) => one.toLowerCase() === name.toLowerCase()))
    .map(({ name, place }) => ({
      code: 'LS1204',
      message: `Column ${name} does not exist in what is shown`,
      place,
      hint: columnHint('the query', names, name),
    }));
}

function placeIn({ file, sql, start }: WrittenQuery, offset: number): NonNullable<Diagnostic['place']> {
  return sqlPlace({ file, sql, sqlStart: start }, offset);
}

/** True for what could only be a table of the project, and is none. */
function isMissing(reference: TableReference, { project, schemas }: BoundProject): boolean {
  const name = nameOf(reference);
  if (schemas.has(name) || project.unread.has(name)) return false;
  return reference.schema === '' || layers.some((layer) => layer === reference.schema.toLowerCase());
}

function nameOf({ schema, name }: TableReference): string {
  return `${schema}.${name}`.toLowerCase();
}
