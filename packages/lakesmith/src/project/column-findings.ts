import type { Diagnostic, Place } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { SqlBinding } from '../sql/compiler.ts';
import { columnNames, ctesOf, nodeAt, nodesAt, queryOf, textAt, walkTree } from '../sql/tree.ts';
import type { TreeNode } from '../sql/tree.ts';
import { engineAdvises, engineSays } from './engine-words.ts';
import type { ModelTable } from './model.ts';
import { nearestName } from '../core/nearest-name.ts';
import { referenceAt, sqlPlace } from './sql-place.ts';
import { columnHint, untoldHint } from './untold-columns.ts';
import type { Untold } from './untold-columns.ts';

/** As much of a model as its SQL. */
type WrittenModel = Pick<ModelTable, 'name' | 'file' | 'sql' | 'sqlStart' | 'tree'> & {
  /** What is told to be wrong, where that is no model. */
  readonly subject?: string;
};
type BindFailure = Extract<SqlBinding, { ok: false }>;
type Inputs = ReadonlyMap<string, readonly Column[]>;

/** What the engine refused in a model's SELECT, in the words of someone who wrote it. */
export function describeBindFailure(
  model: WrittenModel,
  failure: BindFailure,
  { inputs, untold }: { readonly inputs: Inputs; readonly untold: Untold | undefined },
): Diagnostic {
  const offset = failure.offset ?? offsetOfName(model.sql, failure.name);
  const place = sqlPlace(model, offset ?? 0);
  switch (failure.problem) {
    case 'column':
      return columnMissing(model, { failure, offset, inputs, untold });
    case 'table':
      return aliasMissing(model, { failure, place, inputs });
    case 'type':
      return typeRefused(model, failure);
    default:
      return refused(model, failure, place);
  }
}

function refused(model: WrittenModel, failure: BindFailure, place: Place): Diagnostic {
  const hint = engineAdvises(failure);
  const message = `${model.subject ?? `Model ${model.name}`} cannot be bound: ${engineSays(failure.message)}`;
  return { code: 'LS1205', message, place, ...(hint === undefined ? {} : { hint }) };
}

/** 'x.order_id' where nothing in the FROM clause is called x. */
function aliasMissing(
  model: WrittenModel,
  { failure, place, inputs }: { failure: BindFailure; place: Place; inputs: Inputs },
): Diagnostic {
  const reference = referenceAt(model.sql, offsetOfName(model.sql, failure.name) ?? 0) || (failure.name ?? '');
  const names = [...aliasesIn(model, inputs)].map(([alias, table]) =>
    table.endsWith(`.${alias}`) ? alias : `${alias} (${table})`,
  );
  const hint =
    names.length === 0
      ? `nothing that is read is called ${failure.name ?? ''}`
      : `what is read here is called ${names.join(', ')}`;
  return { code: 'LS1204', message: `Column ${reference} does not exist`, place, hint };
}

function typeRefused(model: WrittenModel, failure: BindFailure): Diagnostic {
  const [what = '', ...next] = failure.message.split(': ');
  const place = sqlPlace(model, outputOffset(model.sql, failure.name ?? '') ?? 0);
  return {
    code: 'LS1401',
    message: `Model ${model.name} cannot be stored: ${what[0]?.toLowerCase() ?? ''}${what.slice(1)}`,
    place,
    hint: next.length > 0 ? next.join(': ') : 'cast it',
  };
}

function columnMissing(
  model: WrittenModel,
  {
    failure,
    offset,
    inputs,
    untold,
  }: { failure: BindFailure; offset: number | undefined; inputs: Inputs; untold: Untold | undefined },
): Diagnostic {
  const written = offset === undefined ? '' : referenceAt(model.sql, offset);
  const reference = written === '' ? (failure.name ?? '') : written;
  const parts = reference.split('.').map((part) => part.trim().replace(/^"(.*)"$/s, '$1'));
  const column = failure.name?.split('.').at(-1) ?? parts.at(-1) ?? '';
  const qualifier = parts.length > 1 ? parts[0] : undefined;
  const table = tableBehind(model, { qualifier, parts, inputs });
  const columns = table === undefined ? undefined : inputs.get(table)?.map(({ name }) => name);
  const hint =
    untoldHint(untold, table === undefined ? inputs.keys() : [table], column) ??
    (table === undefined || columns === undefined
      ? (hintOfPart(model, qualifier, column) ??
        hintOfMany(column, failure.candidates, qualifier === undefined ? inputs : new Map()))
      : columnHint(table, columns, column));
  return {
    code: 'LS1204',
    message: `Column ${reference} does not exist`,
    place: sqlPlace(model, offset ?? 0),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The project's table that a column can only be of; undefined for a common table expression, a sub-select, or several. */
function tableBehind(
  model: WrittenModel,
  { qualifier, parts, inputs }: { qualifier: string | undefined; parts: readonly string[]; inputs: Inputs },
): string | undefined {
  const byAlias = aliasesIn(model, inputs);
  if (qualifier !== undefined) {
    const dotted = parts.slice(0, 2).join('.').toLowerCase();
    return byAlias.get(qualifier.toLowerCase()) ?? (inputs.has(dotted) ? dotted : undefined);
  }
  return byAlias.size === 1 && !readsMore(model) ? [...byAlias.values()][0] : undefined;
}

/** The project's tables by the name they have in the SELECT. */
function aliasesIn(model: WrittenModel, inputs: Inputs): ReadonlyMap<string, string> {
  const byAlias = new Map<string, string>();
  walkTree(queryOf(model.tree()), (node) => {
    if (node['type'] !== 'BASE_TABLE') return;
    const name = `${textAt(node, 'schema_name')}.${textAt(node, 'table_name')}`.toLowerCase();
    const alias = textAt(node, 'alias') || textAt(node, 'table_name');
    if (inputs.has(name)) byAlias.set(alias.toLowerCase(), name);
  });
  return byAlias;
}

function readsMore(model: WrittenModel): boolean {
  let found = false;
  walkTree(queryOf(model.tree()), (node) => {
    if (node['type'] === 'SUBQUERY' || node['type'] === 'TABLE_FUNCTION') found = true;
  });
  return found;
}

/** What a WITH or sub-select of this name in the same SELECT has, when it lists its columns. */
function hintOfPart(model: WrittenModel, qualifier: string | undefined, column: string): string | undefined {
  const queries = new Map<string, TreeNode>();
  const aliases = new Map<string, string>();
  walkTree(queryOf(model.tree()), (node) => {
    for (const cte of ctesOf(node)) queries.set(cte.name.toLowerCase(), cte.query);
    const alias = textAt(node, 'alias').toLowerCase();
    if (node['type'] === 'BASE_TABLE' && alias !== '') aliases.set(alias, textAt(node, 'table_name').toLowerCase());
    const subquery = nodeAt(nodeAt(node, 'subquery') ?? {}, 'node');
    if (node['type'] === 'SUBQUERY' && subquery !== undefined) queries.set(alias, subquery);
  });
  const name = qualifier?.toLowerCase() ?? '';
  const query = queries.get(aliases.get(name) ?? name);
  const names = (query === undefined ? [] : nodesAt(query, 'select_list')).map(
    (item) => textAt(item, 'alias') || columnNames(item)?.at(-1),
  );
  const known = names.filter((item) => item !== undefined);
  return qualifier === undefined || known.length === 0 || known.length < names.length
    ? undefined
    : columnHint(qualifier, known, column);
}

function hintOfMany(column: string, candidates: readonly string[], inputs: Inputs): string | undefined {
  for (const [table, columns] of inputs) {
    const near = nearestName(
      column,
      columns.map(({ name }) => name),
    );
    if (near !== undefined) return `Did you mean ${near} of ${table}?`;
  }
  const offered = candidates.map((candidate) => candidate.split('.').at(-1) ?? candidate);
  const near = nearestName(column, offered);
  if (near !== undefined) return `Did you mean ${near}?`;
  if (inputs.size === 0) return offered.length === 0 ? undefined : `there is ${offered.join(', ')}`;
  return [...inputs]
    .map(([table, columns]) => `${table} has: ${columns.map(({ name }) => name).join(', ')}`)
    .join('; ');
}

/** Where an output column gets its name: at the last place where it is written. */
export function outputOffset(sql: string, name: string): number | undefined {
  return [...sql.matchAll(wholeWord(name, 'giu'))].at(-1)?.index;
}

function offsetOfName(sql: string, name: string | undefined): number | undefined {
  if (name === undefined || name === '') return undefined;
  return wholeWord(name, 'iu').exec(sql)?.index;
}

function wholeWord(name: string, flags: string): RegExp {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, flags);
}
