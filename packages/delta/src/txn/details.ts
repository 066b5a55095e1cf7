import type { Action, AddFile, CommitInfo, DomainMetadata, Txn } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { markOf } from '../log/standing.ts';
import { type TableShape, partitionKeys } from '../mapping/stored-columns.ts';
import { encodePath, locate } from '../paths.ts';
import type { IsolationLevel, ReadSet, Snapshot, StagedCommit } from '../snapshot.ts';
import { isolationOf, storableReads } from './read-set.ts';
import { stageTimestamp } from './in-commit-timestamp.ts';
import { stageRowIds } from './row-ids.ts';

/** A data file that is written and in no table yet. */
export interface NewFile {
  /** Relative to the table's root, '/' between the parts, not encoded. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** How many rows it has, where that is known. */
  readonly rows?: number;
  /** Text of `buildStats`. */
  readonly stats?: string;
  /** A value for each partition column of the table, by its name in files, in Delta's text form. */
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** Who put its rows in the order of the columns that the table is clustered by. */
  readonly clusteringProvider?: string;
}

/** What a commit says besides its files. */
export interface CommitDetails {
  readonly nowMs: number;
  /** 'Lakesmith/0.1.0'. */
  readonly engineInfo: string;
  /** Default: the name of what is staged, in Spark's words (WRITE, CREATE TABLE, RESTORE). */
  readonly operation?: string;
  /** Added to what is said anyway. */
  readonly operationParameters?: Readonly<Record<string, unknown>>;
  /** Added to the counts that are told anyway. */
  readonly operationMetrics?: Readonly<Record<string, unknown>>;
  readonly userMetadata?: string;
  /** More keys of commitInfo: provenance, fingerprints. They cannot replace the keys that the protocol knows. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Progress of applications, atomic with the commit. Their appIds count as read: two commits that both move one conflict. */
  readonly txns?: readonly Txn[];
  readonly domains?: { readonly set?: Readonly<Record<string, string>>; readonly removed?: readonly string[] };
  /** Features whose demands on rows and files are met (`FeatureInfo.write`). Without them a table that uses one is refused. */
  readonly keeps?: readonly string[];
  /** Default: a new random one. */
  readonly txnId?: string;
  /** Default: what the table asks for (`delta.isolationLevel`), else WriteSerializable. */
  readonly isolationLevel?: IsolationLevel;
}

interface Draft {
  /** What it is built on; undefined for a new table. */
  readonly base: Snapshot | undefined;
  readonly operation: string;
  readonly operationParameters: Readonly<Record<string, unknown>>;
  readonly operationMetrics: Readonly<Record<string, number>>;
  readonly isBlindAppend: boolean;
  /** Where what is done needs another than the table asks for. */
  readonly isolationLevel?: IsolationLevel;
  readonly actions: readonly Action[];
  readonly reads: ReadSet;
  readonly ownsFiles?: boolean;
}

/** Puts a staged commit together: commitInfo first, then the actions in the order in which other writers put them. */
export function draftCommit(draft: Draft, details: CommitDetails): StagedCommit {
  const txnId = details.txnId ?? crypto.randomUUID();
  const txns = details.txns ?? [];
  const { base } = draft;
  const said = [...draft.actions, ...txns.map((txn): Action => ({ txn })), ...domainActions(details)];
  const { actions: numbered, tags } = stageRowIds(said, base);
  const { actions, inCommitTimestamp } = stageTimestamp(numbered, base, details.nowMs);
  const commitInfo: CommitInfo = {
    ...details.extra,
    ...(inCommitTimestamp === undefined ? {} : { inCommitTimestamp }),
    timestamp: details.nowMs,
    operation: details.operation ?? draft.operation,
    operationParameters: { ...draft.operationParameters, ...details.operationParameters },
    ...(base === undefined ? {} : { readVersion: base.version }),
    isolationLevel: draft.isolationLevel ?? details.isolationLevel ?? isolationOf(base),
    isBlindAppend: draft.isBlindAppend,
    operationMetrics: { ...texts(draft.operationMetrics), ...details.operationMetrics },
    ...(details.userMetadata === undefined ? {} : { userMetadata: details.userMetadata }),
    ...(tags === undefined ? {} : { tags }),
    engineInfo: details.engineInfo,
    txnId,
  };
  return {
    readVersion: base?.version ?? -1,
    ...(base === undefined ? {} : { builtOn: markOf(base) }),
    txnId,
    actions: [{ commitInfo }, ...inOrder(actions)],
    reads: storableReads(draft.reads, txns),
    ...(draft.ownsFiles === false ? { ownsFiles: false } : {}),
  };
}

const ORDER = ['protocol', 'metaData', 'domainMetadata', 'txn', 'remove', 'add', 'cdc'];

function inOrder(actions: readonly Action[]): Action[] {
  return [...actions].sort((a, b) => rankOf(a) - rankOf(b));
}

function rankOf(action: Action): number {
  return ORDER.findIndex((kind) => kind in action);
}

function domainActions({ domains }: CommitDetails): Action[] {
  const set = Object.entries(domains?.set ?? {}).map(([domain, configuration]): DomainMetadata => ({
    domain,
    configuration,
    removed: false,
  }));
  const removed = (domains?.removed ?? []).map((domain): DomainMetadata => ({
    domain,
    configuration: '',
    removed: true,
  }));
  return [...set, ...removed].map((domainMetadata) => ({ domainMetadata }));
}

/** Metrics are texts in every log. */
function texts(metrics: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, String(value)]));
}

/** True when the commit says something in a domain, which the table's protocol must then allow. */
export function usesDomains(details: CommitDetails): boolean {
  return Object.keys(details.domains?.set ?? {}).length > 0 || (details.domains?.removed ?? []).length > 0;
}

/** The names under which files tell the values of partition columns. */
export function partitionNamesOf(table: TableShape): readonly string[] {
  return [...partitionKeys(table).values()];
}

/** The add action of a new file. `partitionColumns`: by `partitionNamesOf`. */
export function addOf(file: NewFile, partitionColumns: readonly string[], dataChange = true): AddFile {
  const given = file.partitionValues ?? {};
  const values = Object.fromEntries(partitionColumns.map((name) => [name, valueOf(given, name, file.path)]));
  const unknown = Object.keys(given).find((name) => !partitionColumns.includes(name));
  if (unknown !== undefined)
    throw badFile(file.path, `has a value for ${unknown}, by which the table is not partitioned`);
  if (!Number.isSafeInteger(file.sizeBytes) || file.sizeBytes < 0) throw badFile(file.path, 'has no size');
  const path = encodePath(file.path);
  const place = locate(path);
  if (place.kind !== 'inside' || place.path !== file.path) throw badFile(file.path, 'is not a plain relative path');
  return {
    path,
    partitionValues: values,
    size: file.sizeBytes,
    modificationTime: Math.trunc(file.modifiedMs),
    dataChange,
    ...(file.stats === undefined ? {} : { stats: file.stats }),
    ...(file.tags === undefined ? {} : { tags: file.tags }),
    ...(file.clusteringProvider === undefined ? {} : { clusteringProvider: file.clusteringProvider }),
  };
}

function valueOf(given: Readonly<Record<string, string | null>>, name: string, path: string): string | null {
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  if (value === undefined) throw badFile(path, `has no value for the partition column ${name}`);
  return value;
}

function badFile(path: string, what: string): DeltaError {
  return new DeltaError('invalid-value', `The data file ${JSON.stringify(path)} ${what}.`, { context: { path } });
}

/** A commit is built on what everyone can see. */
export function requireCommitted(snapshot: Snapshot): void {
  if (snapshot.state === 'committed') return;
  throw new DeltaError(
    'invalid-value',
    `Version ${snapshot.version} of the table is only staged: commit it before a commit is built on it.`,
    { context: { version: snapshot.version } },
  );
}
