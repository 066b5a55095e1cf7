import type { NewFile, ScanFile, Snapshot, StructField } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import type { Relation, RowCheck } from '../engine/engine.ts';
import { bindFiles, readDeletionVectors } from './bind-table.ts';
import { writeChanges } from './change-files.ts';
import type { DeltaTable } from './delta-table.ts';
import type { Numbering } from './identity.ts';
import { nextNumbers } from './identity.ts';
import type { Promises } from './promises.ts';
import type { RewritePlan, Touched } from './rewrite-plan.ts';
import { leftRows } from './rewrite-plan.ts';
import type { RowAction, RowChange, RowClause } from './row-change.ts';
import type { Decisions } from './row-decisions.ts';
import { bindMoved, identityFields, movedColumns } from './row-identity.ts';
import { insertedSql, updatedItems } from './row-sql.ts';
import type { NumberedRows } from './source-rows.ts';
import { scratchRelation } from './source-rows.ts';
import { writeRows } from './table-rows.ts';
import { timezone } from './time-zone.ts';

/** What is written, and from what. */
export interface RowWork {
  readonly target: Snapshot;
  /** What it promises of its rows. */
  readonly promises: Promises;
  readonly change: RowChange;
  readonly source: NumberedRows | undefined;
  readonly decisions: Decisions;
  /** The rows that are added, where the table numbers them: they are made once, whoever asks for them. */
  readonly added?: Relation;
}

/** Queries over relations that are bound with them. */
export interface Part {
  readonly relations: readonly Relation[];
  /** Each has the rows of one relation, typed as the table's. */
  readonly names: readonly string[];
}

/** Writes the files that take the place of others: the rows that they keep, and those that were updated. */
export async function writeRewritten(table: DeltaTable, work: RowWork, { rewritten }: RewritePlan): Promise<NewFile[]> {
  const written: NewFile[] = [];
  for (const bin of rewritten) {
    const keeping = bin.filter((file) => keepsRows(file));
    const files = keeping.map((touched) => ({ file: touched.file, deleted: leftRows(touched) }));
    const kept = bindMoved(table, 'kept', work.target, { files });
    const updated = updatedRows(table, work, bin);
    const part = { relations: [...kept, ...updated.relations], names: ['kept', ...updated.names] };
    const rows = { ...unionOf(movedColumns(work.target), part), moved: true, promises: work.promises };
    written.push(...(await writeRows(table, work.target, rows, work.change.signal)));
  }
  return written;
}

/** Writes the rows that are new, and those that were updated in files which stay. */
export async function writeFresh(
  table: DeltaTable,
  work: RowWork,
  { marked }: RewritePlan,
): Promise<readonly NewFile[]> {
  const updated = updatedRows(table, work, marked);
  const parts = [updated, insertedRows(work)];
  const relations = relationsOf(parts);
  const names = parts.flatMap((part) => part.names);
  if (names.length === 0) return [];
  const moved = updated.names.length > 0;
  const columns = moved ? movedColumns(work.target) : work.target.schema.fields;
  const rows = { ...unionOf(columns, { relations, names }), moved, promises: work.promises };
  return await writeRows(table, work.target, rows, work.change.signal);
}

/** Makes the rows that are added, with their numbers, in one file of the folder. */
export async function stageAdded(
  table: DeltaTable,
  work: RowWork,
  { numbered, folder }: { readonly numbered: readonly Numbering[]; readonly folder: string },
): Promise<Relation | undefined> {
  const { relations, names } = insertedRows(work);
  if (numbered.length === 0 || names.length === 0) return undefined;
  const columns = movedColumns(work.target);
  const own = columns.map((_, i) => `c${i}`);
  const parts = names.map((name, i) => `select *, ${i} from ${name}`).join(' union all ');
  const checks: RowCheck[] = [];
  const items = columns.map(({ name }, i) => {
    const found = numbered.find(({ column }) => column === name);
    if (found === undefined) return own[i];
    const numbers = nextNumbers(name, found.identity);
    checks.push(...numbers.checks);
    return `case when _insert in (${found.clauses.join(', ')}) then ${numbers.sql} else ${own[i]} end`;
  });
  const files = await table.engine.stage(
    {
      sql: `select ${items.join(', ')} from (${parts}) as _all(${own.join(', ')}, _insert)`,
      relations,
      timezone,
      folder,
      fileName: 'added.parquet',
      columns,
      checks,
      fieldIds: {},
      passing: true,
    },
    work.change.signal === undefined ? {} : { signal: work.change.signal },
  );
  return scratchRelation('added', { folder, columns, files });
}

/** Writes what the change feed tells: of files that changed, and of those of which all rows go. */
export async function writeFeed(
  table: DeltaTable,
  work: RowWork,
  { touched, whole }: { readonly touched: readonly Touched[]; readonly whole: readonly ScanFile[] },
): Promise<readonly NewFile[]> {
  const { target, change } = work;
  const bound = (name: string, set: 'gone' | 'updated'): Relation =>
    bindFiles(
      table,
      name,
      target,
      touched.flatMap((file) => (file[set] === undefined ? [] : [{ file: file.file, only: file[set] }])),
    );
  const updated = updatedRows(table, work, touched);
  const inserted = insertedRows(work);
  const columns = quoteNames(target.schema.fields.map((field) => field.name));
  const told = (names: readonly string[], what: string): string[] =>
    names.map((name) => `select ${columns}, '${what}' from ${name}`);
  const sql = [
    ...told(['gone', 'whole'], 'delete'),
    ...told(['before'], 'update_preimage'),
    ...told(updated.names, 'update_postimage'),
    ...told(inserted.names, 'insert'),
  ].join(' union all ');
  const deleted = await readDeletionVectors(table.io, whole);
  const relations = [
    bound('gone', 'gone'),
    bindFiles(
      table,
      'whole',
      target,
      whole.map((file, i) => ({ file, deleted: deleted.get(i) })),
    ),
    bound('before', 'updated'),
    ...relationsOf([updated, inserted]),
  ];
  return await writeChanges(table, target, { sql, relations }, change.signal);
}

function keepsRows(touched: Touched): boolean {
  return touched.file.rows === undefined || (leftRows(touched)?.cardinality ?? 0) < touched.file.rows;
}

function unionOf(
  fields: readonly StructField[],
  { relations, names }: Part,
): { sql: string; relations: readonly Relation[] } {
  const columns = quoteNames(fields.map((field) => field.name));
  return { sql: names.map((name) => `select ${columns} from ${name}`).join(' union all '), relations };
}

/** Relations of several parts, those that they share once. */
function relationsOf(parts: readonly Part[]): readonly Relation[] {
  return [
    ...new Map(parts.flatMap(({ relations }) => relations.map((relation) => [relation.name, relation]))).values(),
  ];
}

const position: Column = { name: '__ls_position', type: 'long' };

/** The rows of some files that are updated, as they are after it; `placed`: with their `__ls_position` as one more column. */
export function updatedRows(
  table: DeltaTable,
  work: RowWork,
  files: readonly Touched[],
  { placed = false }: { readonly placed?: boolean } = {},
): Part {
  const { change, source, decisions } = work;
  const relations: Relation[] = [];
  const names: string[] = [];
  const clauses = [...change.matched, ...change.unmatched];
  for (const [i, clause] of clauses.entries()) {
    const some = files.filter((file) => clause.action.kind === 'update' && file.byClause.has(i + 1));
    if (some.length === 0) continue;
    const isMatched = i < change.matched.length;
    const after: Relation = {
      name: `after_${i}`,
      kind: 'sql',
      exact: true,
      columns: [...movedColumns(work.target), ...(placed ? [position] : [])],
      sql: updatedSql(work, clause, { number: i, isMatched, placed, files: some.map(({ index }) => index) }),
    };
    names.push(after.name);
    if (decisions.held === i + 1 && decisions.pairs !== undefined) {
      relations.push(decisions.pairs, after);
      continue;
    }
    const before = bindMoved(table, `before_${i}`, work.target, {
      // Which rows met one of the source, the pairs tell: to find them by those is cheaper than to ask for each row.
      files: some.map(({ file, deleted, byClause }) =>
        isMatched ? { file, deleted } : { file, only: byClause.get(i + 1) },
      ),
      rowPositions: true,
    });
    const shared = isMatched && source !== undefined && decisions.pairs !== undefined;
    relations.push(...(shared ? [source.relation, decisions.pairs] : []), ...before, after);
  }
  return { relations: relationsOf([{ relations, names }]), names };
}

function updatedSql(
  { target, change, decisions }: RowWork,
  clause: RowClause,
  {
    number,
    isMatched,
    placed,
    files,
  }: {
    readonly number: number;
    readonly isMatched: boolean;
    readonly placed: boolean;
    readonly files: readonly number[];
  },
): string {
  const a = quoteName(change.alias);
  const list = files.join(', ');
  if (decisions.held === number + 1) {
    const columns = quoteNames([...movedColumns(target), ...(placed ? [position] : [])].map((column) => column.name));
    return `select ${columns} from pairs where _clause = ${number + 1} and __ls_file in (${list})`;
  }
  const items = updatedItems(changedNow(clause.action, target), { alias: change.alias, columns: movedColumns(target) });
  const rows = `select ${items}${placed ? `, ${a}.__ls_position` : ''} from before_${number} as ${a}`;
  if (!isMatched) return rows;
  const b = quoteName(change.source?.alias ?? '');
  return `${rows} join pairs as _pairs on _pairs.__ls_file = [${list}][${a}.__ls_file + 1] and _pairs.__ls_position = ${a}.__ls_position
    join source as ${b} on ${b}.__ls_position = _pairs._row where _pairs._clause = ${number + 1} and _pairs.__ls_file in (${list})`;
}

/** A row that is updated is what it is since the version that is written. */
function changedNow(action: RowAction, target: Snapshot): RowAction {
  const identity = identityFields(target);
  if (action.kind !== 'update' || identity === undefined) return action;
  return { kind: 'update', set: new Map([...action.set, [identity.rowCommitVersion.name, 'cast(null as bigint)']]) };
}

/** The rows that are added. */
function insertedRows({ target, change, source, decisions, added }: RowWork): Part {
  if (added !== undefined) return { relations: [added], names: [added.name] };
  const isAllMet = source === undefined || source.rows === decisions.met;
  if (isAllMet || change.inserts.length === 0) return { relations: [], names: [] };
  const columns = change.source?.columns ?? [];
  const names = quoteNames(columns.map((column) => column.name));
  const { pairs } = decisions;
  const left = pairs === undefined ? '' : ' where not exists (select 1 from pairs where _row = source.__ls_position)';
  const fresh: Relation = { name: 'fresh', kind: 'sql', columns, sql: `select ${names} from source${left}` };
  const fields = movedColumns(target);
  const from = `fresh as ${quoteName(change.source?.alias ?? '')}`;
  const parts = change.inserts.map((_, i): Relation => ({
    name: `inserted_${i}`,
    kind: 'sql',
    exact: true,
    columns: fields,
    sql: insertedSql(change.inserts, i, { from, fields }),
  }));
  const relations = [source.relation, ...(pairs === undefined ? [] : [pairs]), fresh, ...parts];
  return { relations, names: parts.map(({ name }) => name) };
}
