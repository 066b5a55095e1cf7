import type { Txn } from '../actions.ts';
import type { Predicate } from '../scan/predicate.ts';
import type { Constant } from '../scan/values.ts';
import type { IsolationLevel, ReadSet, Snapshot, StagedCommit } from '../snapshot.ts';

const LEVELS: readonly IsolationLevel[] = ['Serializable', 'WriteSerializable', 'SnapshotIsolation'];

/** The isolation level that a table asks for. A level that is not known is taken for the strictest. */
export function isolationOf(table: Pick<Snapshot, 'metadata'> | undefined): IsolationLevel {
  const asked = table?.metadata.configuration['delta.isolationLevel']?.trim().toLowerCase();
  if (asked === undefined) return 'WriteSerializable';
  return LEVELS.find((level) => level.toLowerCase() === asked) ?? 'Serializable';
}

/** Whether the outcome depends on rows of the table; also when no file was found that may hold one. */
export function readsRows(reads: ReadSet | StagedCommit['reads']): boolean {
  const count = 'size' in reads.files ? reads.files.size : reads.files.length;
  return reads.wholeTable || count > 0 || reads.predicate !== undefined;
}

/** What was read, as JSON can keep it. Applications whose progress is set count as read. */
export function storableReads(reads: ReadSet, txns: readonly Txn[]): StagedCommit['reads'] {
  return {
    wholeTable: reads.wholeTable,
    files: [...reads.files],
    appIds: [...new Set([...reads.appIds, ...txns.map((txn) => txn.appId)])],
    ...(reads.domains === undefined ? {} : { domains: [...reads.domains] }),
    ...(reads.predicate === undefined ? {} : { predicate: storable(reads.predicate) }),
  };
}

function storable(predicate: Predicate): Predicate {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return { ...predicate, operands: predicate.operands.map(storable) };
    case 'not':
      return { ...predicate, operand: storable(predicate.operand) };
    case 'compare':
      return { ...predicate, value: constant(predicate.value) };
    case 'in':
      return { ...predicate, values: predicate.values.map(constant) };
    default:
      return predicate;
  }
}

/** JSON knows neither int64 nor infinities; their texts mean the same. */
function constant(value: Constant): Constant {
  const isPlain = typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'bigint';
  return isPlain ? value : String(value);
}
