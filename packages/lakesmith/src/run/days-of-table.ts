import { DeltaError } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { Relation } from '../engine/engine.ts';
import { bindInputChanges } from '../lake/input-changes.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { columnsOf } from '../lake/relation.ts';
import type { Release, ReleasedTable } from '../lake/release.ts';
import { isMadeOf, placeOf } from '../lake/release.ts';
import { keyOfColumn, timeColumn, timeColumns } from '../plan/refresh/time-key.ts';
import type { ProjectTable } from '../project/model.ts';
import type { ProvenInput, RefreshProof } from '../sql/refresh/proof.ts';
import type { LastChange } from './change-days.ts';
import { changeDays } from './change-days.ts';
import type { RunContext } from './context.ts';
import { momentOf } from './context.ts';
import { proveOver } from './prove-models.ts';
import { readRows } from './read-rows.ts';

/** How rows are put together. */
export type DayUnit = 'hour' | 'day' | 'month';

/** The stretches of time that a table has rows of, or waits for. */
export interface TableDays {
  readonly table: string;
  readonly column: string;
  readonly unit: DayUnit;
  /** In order of time; rows without a time come last. */
  readonly days: readonly TableDay[];
  /** Inputs that changed, and of which no one can tell which days that concerns. */
  readonly unfollowed: readonly string[];
}

export interface TableDay {
  /** '2026-02-11', '2026-02-11 05:00', '2026-02'; null: rows without a time. */
  readonly day: string | null;
  readonly rows: number;
  /** Undefined: longer ago than the log tells. */
  readonly changed: LastChange | undefined;
  /** Rows of inputs that came, went or changed, and that the table is not made of yet. */
  readonly waiting: number;
}

/** Why a table has no days to be told. */
export interface NoDays {
  readonly table: string;
  readonly why: string;
}

type DaysContext = Omit<RunContext, 'run'>;

/** What is done of a table, day by day. Reads one column of it, and what changed. */
export async function daysOfTable(
  context: DaysContext,
  release: Release,
  {
    table,
    unit,
    column: wanted,
  }: { readonly table: ProjectTable; readonly unit: DayUnit; readonly column: string | undefined },
): Promise<TableDays | NoDays> {
  const released = release.tables[table.name];
  const snapshot = released && (await context.lake.open(released.path, released.version));
  if (released === undefined || snapshot === undefined)
    return {
      table: table.name,
      why: table.kind === 'model' && table.modelKind === 'view' ? 'it is a view' : 'it is not in the release',
    };
  const columns = columnsOf(snapshot);
  const proof = await proofOf(context, release, table);
  const choice = wanted === undefined ? timeColumn(table, columns, proof) : named(columns, wanted);
  if (!('column' in choice)) return { table: table.name, why: whyNoColumn(choice.among, { columns, wanted }) };
  const { column } = choice;
  const label = labelSql(`t.${quoteName(column.name)}`, unit);
  const counted = await readRows(
    context.engine,
    {
      sql: `select ${label}, count(*) from target as t group by 1`,
      relations: [await bindLakeTable(context.lake, 'target', { path: released.path, snapshot })],
      timezone: context.project.timezone,
    },
    context.signal,
  );
  const rows = new Map(counted.rows.map(([day, some]) => [labelOf(day), Number(some)]));
  const changed = await changeDays(context, { path: released.path, snapshot }, label);
  const { waiting, unfollowed } = await waitingRows(context, release, {
    table,
    released,
    proof,
    column,
    columns,
    unit,
  });
  const days = [...new Set([...rows.keys(), ...waiting.keys()])].sort(byTime);
  return {
    table: table.name,
    column: column.name,
    unit,
    unfollowed,
    days: days.map((day) => ({
      day,
      rows: rows.get(day) ?? 0,
      changed: changed.get(day),
      waiting: waiting.get(day) ?? 0,
    })),
  };
}

function whyNoColumn(
  among: readonly string[],
  { columns, wanted }: { readonly columns: readonly Column[]; readonly wanted: string | undefined },
): string {
  if (among.length > 0) return `${among.join(', ')} say when: name one with --column`;
  if (wanted === undefined) return 'it has no column of days or times';
  const isThere = columns.some(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const times = timeColumns(columns).map(({ name }) => name);
  const those = times.length === 0 ? '' : `; ${times.join(', ')} ${times.length === 1 ? 'is' : 'are'}`;
  return isThere ? `${wanted} is no column of days or times${those}` : `it has no column ${wanted}`;
}

function named(columns: readonly Column[], name: string): ReturnType<typeof timeColumn> {
  const column = timeColumns(columns).find((one) => one.name.toLowerCase() === name.toLowerCase());
  return column === undefined ? { among: [] } : { column };
}

const labelOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function byTime(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

const forms: Readonly<Record<DayUnit, string>> = { hour: '%Y-%m-%d %H:00', day: '%Y-%m-%d', month: '%Y-%m' };

/** The stretch that a time lies in, by the clock of the project's zone. */
function labelSql(sql: string, unit: DayUnit): string {
  return `strftime(date_trunc('${unit}', ${sql}), '${forms[unit]}')`;
}

/** What is proven of a model that is made by a SELECT alone. */
async function proofOf(context: DaysContext, release: Release, table: ProjectTable): Promise<RefreshProof | undefined> {
  if (table.kind !== 'model' || table.modelKind !== 'table') return undefined;
  if (table.rows !== undefined || table.history !== undefined) return undefined;
  const inputs = new Map<string, ProvenInput>();
  for (const name of table.inputs)
    inputs.set(name.toLowerCase(), { columns: release.tables[name]?.columns ?? [], unique: [] });
  const { engine, project } = context;
  const result = await proveOver(table, inputs, { engine, moment: momentOf(context), timezone: project.timezone });
  return result.ok ? result.proof : undefined;
}

/** By stretch, how many rows of inputs changed since the table was made of them. */
async function waitingRows(
  context: DaysContext,
  release: Release,
  about: {
    readonly table: ProjectTable;
    readonly released: ReleasedTable;
    readonly proof: RefreshProof | undefined;
    readonly column: Column;
    readonly columns: readonly Column[];
    readonly unit: DayUnit;
  },
): Promise<{ readonly waiting: ReadonlyMap<string | null, number>; readonly unfollowed: readonly string[] }> {
  const { table, released, proof, column, columns, unit } = about;
  const waiting = new Map<string | null, number>();
  const unfollowed: string[] = [];
  const inputs = table.kind === 'model' ? table.inputs : [];
  const key = proof && keyOfColumn(proof, columns, column.name);
  for (const input of inputs) {
    const changes = await changesOf(context, release, { model: table, released, input });
    if (changes === undefined) continue;
    const leaves = (proof?.leaves ?? []).flatMap(({ occurrence }, leaf) =>
      proof?.occurrences[occurrence] === input ? [leaf] : [],
    );
    const said = leaves.map((leaf) => key?.at.find(([one]) => one === leaf)?.[1]);
    if (changes === 'unknown' || said.length === 0 || !said.every((sql) => sql !== undefined)) {
      unfollowed.push(input);
      continue;
    }
    // A row that is read twice may concern two days.
    const items = [...new Set(said)].map(
      (sql) =>
        `select ${labelSql(`cast(${sql} as ${toEngineType(column.type)})`, unit)} as day from __changes as t where _change_type <> 'update_preimage'`,
    );
    const { rows } = await readRows(
      context.engine,
      {
        sql: `select day, count(*) from (${items.join(' union all ')}) group by 1`,
        relations: changes,
        timezone: context.project.timezone,
      },
      context.signal,
    );
    for (const [day, some] of rows) waiting.set(labelOf(day), (waiting.get(labelOf(day)) ?? 0) + Number(some));
  }
  return { waiting, unfollowed };
}

/** What happened to an input since the table was made of it; undefined: nothing. */
async function changesOf(
  { lake }: DaysContext,
  release: Release,
  {
    model,
    released,
    input,
  }: { readonly model: ProjectTable; readonly released: ReleasedTable; readonly input: string },
): Promise<readonly Relation[] | 'unknown' | undefined> {
  const now = release.tables[input];
  const since = released.madeBy?.inputs[input];
  if (now === undefined || isMadeOf(released.madeBy, input, now)) return undefined;
  const isHistory = model.kind === 'model' && model.history !== undefined;
  if (isHistory || since === undefined || placeOf(released.madeBy, input) !== now.path) return 'unknown';
  const snapshot = await lake.open(now.path, now.version);
  if (snapshot === undefined) return 'unknown';
  try {
    const range = { path: now.path, since, now: snapshot, staged: undefined };
    return (await bindInputChanges(lake, '__changes', range)).relations;
  } catch (error) {
    // The log does not tell it any more.
    if (error instanceof DeltaError) return 'unknown';
    throw error;
  }
}
