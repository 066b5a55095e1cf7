import type { Snapshot } from '@lakesmith/delta';
import { rowPromises } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { DeltaTable } from '../lake/delta-table.ts';
import type { MatchedColumns } from '../lake/input-columns.ts';
import { matchColumns, refuseExtra } from '../lake/input-columns.ts';
import type { InputFile } from '../lake/input-file.ts';
import type { InsertClause, RowChange, RowClause, SourceRows } from '../lake/row-change.ts';
import { timezone } from '../lake/time-zone.ts';
import { tablePredicates } from '../sql/predicates.ts';
import type { Assignment } from './assignments.ts';
import { assignedValues } from './assignments.ts';
import type { Scope } from './condition.ts';
import { checkCondition } from './condition.ts';
import { equalColumns } from './equal-columns.ts';
import type { MergeSource } from './merge-source.ts';
import { mergeSource } from './merge-source.ts';
import type { MergeClause, MergeText } from './merge-text.ts';
import { steadyExpression } from './steady-expression.ts';
import { nowIso } from './table-change.ts';
import { columnName, selectTree } from './table-question.ts';

/** Rows that are merged by a key, as somebody asks for it. */
export interface KeyMerge {
  readonly key: readonly string[];
  /** A condition in SQL over `source` and `target`. */
  readonly deleteWhen?: string | undefined;
  readonly insertOnly: boolean;
  readonly evolves: boolean;
}

/** A merge by a key as a MERGE: columns that the file lacks stay as they are, and columns that the table lacks are refused. */
export function mergeByKey(snapshot: Snapshot, input: InputFile, merge: KeyMerge): MergeText {
  const { found, extra } = matchColumns(snapshot, input);
  if (!merge.evolves) refuseExtra(extra);
  const key = merge.key.map((name) => columnName(snapshot.schema.fields, name));
  const missing = key.find((name) => !found.has(name));
  if (missing !== undefined)
    throw new LakeError('LS3003', `The rows have no column ${missing}, which is part of the key.`);
  const all: Assignment[] = [
    ...[...found].map(([column, own]) => ({ column, value: `source.${quoteName(own)}` })),
    ...extra.map(({ name }) => ({ column: name, value: `source.${quoteName(name)}` })),
  ];
  const set = all.filter(({ column }) => !key.includes(column));
  const { deleteWhen } = merge;
  const update: MergeClause[] =
    merge.insertOnly || set.length === 0 ? [] : [{ side: 'matched', action: { kind: 'update', set } }];
  return {
    target: 'target',
    source: 'source',
    key: key.map((name) => found.get(name) ?? ''),
    on: key.map((name) => `target.${quoteName(name)} = source.${quoteName(found.get(name) ?? '')}`).join(' and '),
    clauses: [
      ...(deleteWhen === undefined ? [] : [{ side: 'matched', when: deleteWhen, action: { kind: 'delete' } } as const]),
      ...update,
      {
        side: 'not matched',
        ...(deleteWhen === undefined ? {} : { unless: deleteWhen }),
        action: { kind: 'insert', values: all },
      },
    ],
    evolves: merge.evolves,
  };
}

/** Understands a merge of a file's rows, or of a query over them: which columns are meant, and that everything means the same each time it is asked. */
export async function bindMerge(
  table: DeltaTable,
  snapshot: Snapshot,
  input: InputFile,
  text: MergeText,
): Promise<RowChange> {
  const source = await mergeSource(table, snapshot, { input, query: text.query });
  const { matched } = source;
  const more = text.evolves ? newColumns(text, matched.extra) : [];
  const columns = [...snapshot.schema.fields, ...more];
  const { generated, identity } = rowPromises(snapshot);
  const context = { table, text, matched, columns, own: new Set([...generated.keys(), ...identity.keys()]) };
  const steady = async (sql: string): Promise<string> =>
    (await steadyExpression(table.engine, sql, { nowIso: nowIso(table) })).sql;
  const scopes = scopesOf(snapshot, source, text);
  const condition = async (sql: string, side: MergeClause['side']): Promise<string> => {
    const asked = await steady(sql);
    await checkCondition(table.engine, asked, scopes[side]);
    return asked;
  };
  const on = await condition(text.on, 'matched');
  const inserts: InsertClause[] = [];
  const rows = { matched: new Array<RowClause>(), 'not matched by source': new Array<RowClause>() };
  for (const { side, when, unless, action } of text.clauses) {
    const met =
      unless === undefined
        ? when && (await condition(when, side))
        : aloneSql(context, await condition(unless, 'matched'));
    if (action.kind === 'delete' && side !== 'not matched') rows[side].push({ when: met, action });
    else if (action.kind === 'update' && side !== 'not matched')
      rows[side].push({
        when: met,
        action: { kind: 'update', set: await bindValues(context, action.set, steady) },
      });
    else if (action.kind === 'insert')
      inserts.push({ when: met, values: await bindValues(context, action.values, steady) });
  }
  const { equal, predicate } = await targetFacts(table, snapshot, { text, on, columns: source.columns });
  return {
    operation: 'MERGE',
    operationParameters: parametersOf(text),
    alias: text.target,
    source: {
      relations: source.relations,
      numbered: source.numbered,
      columns: source.columns,
      unique: text.key,
      alias: text.source,
      on,
      equal,
    },
    matched: rows.matched,
    unmatched: rows['not matched by source'],
    inserts,
    predicate,
    columns: more.length === 0 ? undefined : columns,
  };
}

/** What the conditions of each kind of clause can speak of. */
function scopesOf(
  snapshot: Snapshot,
  { columns }: MergeSource,
  text: MergeText,
): Readonly<Record<MergeClause['side'], Scope>> {
  const target = { name: text.target, columns: snapshot.schema.fields };
  const source = { name: text.source, columns };
  return { matched: [target, source], 'not matched': [source], 'not matched by source': [target] };
}

interface Context {
  readonly text: MergeText;
  readonly matched: MatchedColumns;
  /** Those that the table will have. */
  readonly columns: readonly Column[];
  /** Those that the table gives its rows itself. */
  readonly own: ReadonlySet<string>;
}

/** Columns of the file that the table lacks and that some clause gives a value. */
function newColumns({ clauses }: MergeText, extra: readonly Column[]): readonly Column[] {
  const given = clauses.flatMap(({ action }) =>
    action.kind === 'update' ? [action.set] : action.kind === 'insert' ? [action.values] : [],
  );
  const isGiven = (name: string): boolean =>
    given.some((values) => values === '*' || values.some(({ column }) => column.toLowerCase() === name.toLowerCase()));
  return extra.filter(({ name }) => isGiven(name));
}

/** Values by column; '*' is each column of the table by its name in the file, all of them unless the table takes what the file has. */
async function bindValues(
  { text, matched, columns, own: ofTable }: Context,
  values: readonly Assignment[] | '*',
  steady: (sql: string) => Promise<string>,
): Promise<ReadonlyMap<string, string>> {
  if (values !== '*') {
    const set: Assignment[] = [];
    for (const assignment of values) set.push({ ...assignment, value: await steady(assignment.value) });
    return assignedValues(set, { alias: text.target, columns });
  }
  const bound = new Map<string, string>();
  for (const { name } of columns) {
    const own = matched.found.get(name) ?? matched.extra.find((column) => column.name === name)?.name;
    if (own !== undefined) bound.set(name, `${quoteName(text.source)}.${quoteName(own)}`);
    else if (!text.evolves && !ofTable.has(name))
      throw new LakeError(
        'LS3003',
        `The rows have no column ${name}, for which * wants a value: name the columns that are meant, or add --schema-change to leave it as it is.`,
      );
  }
  return bound;
}

/** True for a row of the source that does not meet a condition over both tables, where there is no row of the table. */
function aloneSql({ text, columns }: Context, condition: string): string {
  const nulls = columns.map(({ name, type }) => `cast(null as ${toEngineType(type)}) as ${quoteName(name)}`);
  return `(select (${condition}\n) from (select ${nulls.join(', ')}) as ${quoteName(text.target)}) is not true`;
}

/** What rows must be like to meet one of the source: what the condition says of the table alone, and which columns must be equal. */
async function targetFacts(
  { engine }: DeltaTable,
  { schema }: Snapshot,
  { text, on, columns }: { readonly text: MergeText; readonly on: string; readonly columns: readonly Column[] },
): Promise<Pick<RowChange, 'predicate'> & Required<Pick<SourceRows, 'equal'>>> {
  const [a, b] = [quoteName(text.target), quoteName(text.source)];
  const tree = await selectTree(engine, `select * from t as ${a}, source as ${b} where (${on}\n)`, ['t', 'source']);
  return {
    equal: equalColumns(tree, {
      target: { alias: text.target, columns: schema.fields.map((field) => field.name) },
      source: { alias: text.source, columns: columns.map((column) => column.name) },
    }),
    predicate: tablePredicates(tree, (name) => (name === 't' ? schema.fields : undefined), timezone).get('t'),
  };
}

/** In Spark's words. */
function parametersOf({ on, clauses }: MergeText): Readonly<Record<string, string>> {
  const told = (side: MergeClause['side']): string =>
    JSON.stringify(
      clauses
        .filter((clause) => clause.side === side)
        .map(({ when, unless, action }) => ({
          ...(when === undefined && unless === undefined ? {} : { predicate: when ?? `NOT (${unless})` }),
          actionType: action.kind,
        })),
    );
  return {
    predicate: JSON.stringify([on]),
    matchedPredicates: told('matched'),
    notMatchedPredicates: told('not matched'),
    notMatchedBySourcePredicates: told('not matched by source'),
  };
}
