import type { ChangedFile, ChangePlan, Snapshot, StagedCommit } from '@lakesmith/delta';
import { planChanges, planScan, stagedChanges, storedColumns } from '@lakesmith/delta';
import type { Relation } from '../engine/engine.ts';
import { changeRelations } from './bind-changes.ts';
import type { Lake } from './lake.ts';
import { columnsOf } from './relation.ts';

/** A table as something was made of it, and as it is now. */
export interface InputRange {
  readonly path: string;
  readonly since: number;
  readonly now: Snapshot;
  /** The commit on top of what was committed, when nobody else can see `now` yet. */
  readonly staged: StagedCommit | undefined;
}

/**
 * All rows that a table gained and lost in a range, as the last of some relations: its columns, and `_change_type`. A row that was
 * written anew, or that came and went, may be among both. Throws when the log does not tell it any more.
 */
export async function bindInputChanges(
  lake: Lake,
  name: string,
  range: InputRange,
): Promise<{ readonly relations: readonly Relation[]; readonly plan: ChangePlan }> {
  const io = lake.io(range.path);
  const table = { io, locate: (path: string): string => lake.locate(`${range.path}/${path}`) };
  const plan = await changesOf(lake, range);
  return { relations: changeRelations(table, name, plan), plan };
}

/** About how many rows files of changes tell of, by the bytes that a row of the table takes: none of them is looked at for it. */
export function roughRows(files: readonly ChangedFile[], now: Snapshot): number {
  let [rows, bytes] = [0, 0];
  for (const file of planScan(now).files) {
    rows += file.rows ?? 0;
    bytes += file.sizeBytes;
  }
  const rowsOf = ({ rows: told, sizeBytes = 0 }: ChangedFile): number =>
    told.kind === 'only' ? told.set.cardinality : (sizeBytes * rows) / Math.max(1, bytes);
  return Math.round(files.reduce((sum, file) => sum + rowsOf(file), 0));
}

async function changesOf(lake: Lake, { path, since, now, staged }: InputRange): Promise<ChangePlan> {
  const io = lake.io(path);
  const head = staged?.readVersion ?? now.version;
  const plan: ChangePlan =
    head > since
      ? await planChanges(io, { from: since + 1, to: head }, { unrecorded: true })
      : { columns: storedColumns(now), versions: [], snapshot: now };
  if (staged === undefined) return plan;
  const before = await lake.open(path, head);
  const files = await stagedChanges(io, staged, { before, after: now });
  const last = { version: now.version, timestampMs: now.timestampMs, files };
  return { columns: storedColumns(now), versions: [...plan.versions, last], snapshot: now };
}

/** Whether all changes of a range can be told in the columns that the table has now. */
export function hasSameColumns(before: Snapshot, now: Snapshot): boolean {
  return JSON.stringify(columnsOf(before)) === JSON.stringify(columnsOf(now));
}
