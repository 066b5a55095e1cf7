import type { RowSet, ScanFile, Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { askRows } from './ask-rows.ts';
import { bindFiles } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { columnsOf } from './relation.ts';
import { identityFields } from './row-identity.ts';
import type { RowChange } from './row-change.ts';
import type { NamedRows, RowSets } from './row-sets.ts';
import { askRowSets } from './row-sets.ts';
import { afterSql, changedBits, clauseSql, someMet, undecided } from './row-sql.ts';
import type { NumberedRows } from './source-rows.ts';
import { rowTexts, scratchRelation } from './source-rows.ts';
import { onlyUpdate, tellingColumn } from './telling-column.ts';
import { timezone } from './time-zone.ts';

/** A file that may hold rows which change. */
export interface Candidate {
  readonly file: ScanFile;
  /** Rows that were deleted before. */
  readonly deleted: RowSet | undefined;
}

/** Which rows change, and by which clause: matched ones count from 1, unmatched ones go on after them. */
export interface Decisions {
  /** By clause, then by the file's place among the candidates. */
  readonly rows: RowSets;
  /** Which row of which file (`__ls_file`, `__ls_position`) meets which of the source (`_row`), and by which clause (`_clause`, 0: none). */
  readonly pairs: Relation | undefined;
  /**
   * The clause whose updated rows stand in `pairs` too, in the table's columns, as they are after it; which of these change is told by
   * a bit for each (`_changes`), or by -1 when nobody looked.
   */
  readonly held: number | undefined;
  /** How many rows of the source meet one, where that matters. */
  readonly met: number;
}

/** What is decided about. */
export interface Question {
  /** The table with the columns that it will have. */
  readonly target: Snapshot;
  readonly candidates: readonly Candidate[];
  readonly change: RowChange;
  readonly source: NumberedRows | undefined;
  readonly folder: string;
}

/** Asks once for each row what becomes of it. LS2202 when several rows of the source would change one row. */
export async function decide(table: DeltaTable, question: Question): Promise<Decisions> {
  const { change, source } = question;
  if (source === undefined || change.source?.on === undefined)
    return { rows: await unmatchedRows(table, question, new Map()), pairs: undefined, held: undefined, met: 0 };
  const { pairs, matched } = await decideMatched(table, question, source);
  const met = metRows(matched);
  await refuseAmbiguous(table, question, { pairs, met });
  const unmatched = await unmatchedRows(table, question, met);
  const ask = { sql: 'select count(distinct _row) from pairs', relations: [pairs] };
  const [[ofSource] = []] = change.inserts.length === 0 ? [] : await askRows(table, ask, change.signal);
  const changing = [...matched].filter(([clause]) => clause > 0);
  return { rows: new Map([...changing, ...unmatched]), pairs, held: heldClause(question), met: Number(ofSource ?? 0) };
}

/** Which rows met one of the source, and what becomes of them. */
interface Matched {
  readonly pairs: Relation;
  readonly matched: RowSets;
}

/** Compares one column alone, where that is known to tell of nearly all rows, and all of them when it does not tell of one. */
async function decideMatched(table: DeltaTable, question: Question, source: NumberedRows): Promise<Matched> {
  const telling = await tellingColumn(table, question, source);
  const decided = await matchRows(table, question, { source, telling });
  return telling !== undefined && decided.matched.has(undecided)
    ? await matchRows(table, question, { source, telling: undefined })
    : decided;
}

async function matchRows(
  table: DeltaTable,
  question: Question,
  by: { readonly source: NumberedRows; readonly telling: string | undefined },
): Promise<Matched> {
  const pairs = await stagePairs(table, question, by);
  const sql = 'select _clause, __ls_file, __ls_position from pairs';
  return { pairs, matched: await askRowSets(table, { sql, relations: [pairs] }, question.change.signal) };
}

const pairColumns: readonly Column[] = [
  { name: '__ls_file', type: 'long' },
  { name: '__ls_position', type: 'long' },
  { name: '_row', type: 'long' },
  { name: '_clause', type: 'integer' },
];
const changes: Column = { name: '_changes', type: 'long' };

/** The one clause for matched rows that updates them: what becomes of these is known while they are compared. */
function heldClause({ target, change }: Question): number | undefined {
  const taken = new Set([...pairColumns, changes].map(({ name }) => name));
  const isFree = target.schema.fields.every(({ name }) => !taken.has(name.toLowerCase()));
  // Rows that keep who they are bring that along from their files.
  return isFree && identityFields(target) === undefined ? onlyUpdate(change) : undefined;
}

/** Joins the table and the source, and keeps which rows met. */
async function stagePairs(
  table: DeltaTable,
  question: Question,
  { source, telling }: { readonly source: NumberedRows; readonly telling: string | undefined },
): Promise<Relation> {
  const { target, candidates, change, folder } = question;
  const held = heldClause(question);
  const row = { alias: change.alias, columns: columnsOf(target), telling };
  const [a, b] = [quoteName(change.alias), quoteName(change.source?.alias ?? '')];
  const joined = `t as ${a} join source as ${b} on (${change.source?.on ?? 'false'}\n)`;
  const places = `${a}.__ls_file, ${a}.__ls_position, ${b}.__ls_position`;
  const clause = clauseSql(change.matched, 1, { ...row, held });
  const fields = row.columns.map((_, i) => `_after.c${i}`).join(', ');
  const sql =
    held === undefined
      ? `select ${places}, ${clause} from ${joined}`
      : `select __ls_file, __ls_position, _row, case when _after is null then _clause else ${held} end, _changes, ${fields}
    from (select ${places}, ${clause}, ${changedBits(change.matched, held - 1, row)}, ${afterSql(change.matched, held - 1, row)}
    from ${joined}) as _met(__ls_file, __ls_position, _row, _clause, _changes, _after)`;
  const columns = held === undefined ? pairColumns : [...pairColumns, changes, ...row.columns];
  const files = await table.engine.stage(
    {
      sql,
      relations: [{ ...bindFiles(table, 't', target, candidates), rowPositions: true }, source.relation],
      timezone,
      folder,
      fileName: `pairs-by-${telling === undefined ? 'all' : 'one'}.parquet`,
      columns,
      fieldIds: {},
      passing: true,
      rowGroupSize: pairsTogether,
    },
    change.signal === undefined ? {} : { signal: change.signal },
  );
  return scratchRelation('pairs', { folder, columns, files });
}

/** Those of a few files are asked for at a time, and lie together. */
const pairsTogether = 20_480;

/** All rows that met one, by file. */
function metRows(matched: RowSets): ReadonlyMap<number, NamedRows> {
  const met = new Map<number, NamedRows>();
  for (const files of matched.values()) {
    for (const [file, { set, times }] of files) {
      const before = met.get(file);
      met.set(file, {
        set: before === undefined ? set : before.set.plus(set),
        times: times + (before?.times ?? 0),
      });
    }
  }
  return met;
}

/** Of several rows of the source that one row meets, nobody knows which one counts, unless all that is said is that it goes. */
async function refuseAmbiguous(
  table: DeltaTable,
  { target, candidates, change }: Question,
  { pairs, met }: { readonly pairs: Relation; readonly met: ReadonlyMap<number, NamedRows> },
): Promise<void> {
  const [first, ...others] = change.matched;
  if (first === undefined || (others.length === 0 && first.action.kind === 'delete' && first.when === undefined))
    return;
  if ([...met.values()].every(({ set, times }) => set.cardinality === times)) return;
  const equal = (change.source?.equal ?? []).map(({ column }) => column);
  const names = equal.length === 0 ? target.schema.fields.map((field) => field.name) : equal;
  const sql = `select ${quoteNames(names)} from t join (select __ls_file, __ls_position from pairs group by all having count(*) > 1 limit 5)
    as several on t.__ls_file = several.__ls_file and t.__ls_position = several.__ls_position`;
  const all: Relation = { ...bindFiles(table, 't', target, candidates), rowPositions: true };
  const rows = rowTexts(names, await askRows(table, { sql, relations: [all, pairs] }, change.signal));
  throw new LakeError(
    'LS2202',
    `Nothing was merged: several rows meet one row of the table, and it is not known which of them counts: ${rows}. Leave one of each.`,
    { context: { rows } },
  );
}

/** The rows that clauses for rows without one of the source change, of those that met none. */
async function unmatchedRows(
  table: DeltaTable,
  { target, candidates, change, source }: Question,
  met: ReadonlyMap<number, NamedRows>,
): Promise<RowSets> {
  if (change.unmatched.length === 0) return new Map();
  const files = candidates.map(({ file, deleted }, i) => {
    const some = met.get(i)?.set;
    return { file, deleted: some === undefined ? deleted : (deleted?.plus(some) ?? some) };
  });
  const clause = clauseSql(change.unmatched, change.matched.length + 1, {
    alias: change.alias,
    columns: columnsOf(target),
  });
  const some = someMet(change.unmatched);
  const alias = quoteName(change.alias);
  const rows = `select ${clause} as _clause, ${alias}.__ls_file as __ls_file, ${alias}.__ls_position as __ls_position from t as ${alias}${
    some === undefined ? '' : ` where ${some}`
  }`;
  const relations: Relation[] = [{ ...bindFiles(table, 't', target, files), rowPositions: true }];
  if (source !== undefined) relations.push(source.relation);
  return await askRowSets(table, { sql: `select * from (${rows}) where _clause > 0`, relations }, change.signal);
}
