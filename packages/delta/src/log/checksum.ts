import type { DomainMetadata, Metadata, Protocol, Txn } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { type Json, RawNumber, parseJson } from '../json.ts';
import type { TableIo } from '../store.ts';
import { parseAction } from './action-form.ts';
import { checksumPath } from './names.ts';

/**
 * What a version checksum file (`<version>.crc`) says of its version. Only what is well formed is here; nothing that is read
 * of a table relies on it.
 */
export interface VersionChecksum {
  readonly numFiles: number | undefined;
  readonly tableSizeBytes: number | bigint | undefined;
  readonly inCommitTimestampMs: number | undefined;
  readonly protocol: Protocol | undefined;
  readonly metadata: Metadata | undefined;
  readonly txns: readonly Txn[] | undefined;
  readonly domains: readonly DomainMetadata[] | undefined;
  readonly numDeletedRecords: number | undefined;
  readonly numDeletionVectors: number | undefined;
}

/** It may hold all files of the table; a text that is much longer cannot be made. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The checksum of a version; undefined when there is none, or it is not a JSON object. */
export async function readChecksum(io: TableIo, version: number): Promise<VersionChecksum | undefined> {
  const path = checksumPath(version);
  const bytes = await io.store.get(path);
  if (bytes === undefined || bytes.length > MAX_BYTES) return undefined;
  let value: Json;
  try {
    value = parseJson(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isFields(value)) return undefined;
  const protocol = actionOf(path, 'protocol', value['protocol']);
  const metadata = actionOf(path, 'metaData', value['metadata']);
  return {
    numFiles: countOf(value['numFiles']),
    tableSizeBytes: sizeOf(value['tableSizeBytes']),
    inCommitTimestampMs: integerOf(value['inCommitTimestampOpt']),
    protocol: protocol !== undefined && 'protocol' in protocol ? protocol.protocol : undefined,
    metadata: metadata !== undefined && 'metaData' in metadata ? metadata.metaData : undefined,
    txns: listOf(value['setTransactions'], (item) => {
      const action = actionOf(path, 'txn', item);
      return action !== undefined && 'txn' in action ? action.txn : undefined;
    }),
    domains: listOf(value['domainMetadata'], (item) => {
      const action = actionOf(path, 'domainMetadata', item);
      return action !== undefined && 'domainMetadata' in action ? action.domainMetadata : undefined;
    }),
    numDeletedRecords: countOf(value['numDeletedRecordsOpt']),
    numDeletionVectors: countOf(value['numDeletionVectorsOpt']),
  };
}

function actionOf(path: string, kind: string, value: Json | undefined): ReturnType<typeof parseAction> {
  if (value === undefined || value === null) return undefined;
  try {
    return parseAction({ [kind]: value }, path, 1);
  } catch (error) {
    if (error instanceof DeltaError) return undefined;
    throw error;
  }
}

/** Undefined also when one of the items is malformed: part of a list would say something else than the list. */
function listOf<T>(value: Json | undefined, read: (item: Json) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: T[] = [];
  for (const item of value) {
    const one = read(item);
    if (one === undefined) return undefined;
    items.push(one);
  }
  return items;
}

function integerOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function countOf(value: Json | undefined): number | undefined {
  const integer = integerOf(value);
  return integer !== undefined && integer >= 0 ? integer : undefined;
}

function sizeOf(value: Json | undefined): number | bigint | undefined {
  return typeof value === 'bigint' ? value : countOf(value);
}

function isFields(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}
