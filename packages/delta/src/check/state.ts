import type { AddFile, Metadata, Protocol, Txn } from '../actions.ts';
import { isSupported } from '../features.ts';
import { serializeJson } from '../json.ts';
import type { VersionChecksum } from '../log/checksum.ts';
import type { Snapshot } from '../snapshot.ts';

/** In what two accounts of one version differ, in words; empty when they agree. */
export function compareSnapshots(a: Snapshot, b: Snapshot): string[] {
  return [
    ...(sameProtocol(a.protocol, b.protocol) ? [] : ['the protocol']),
    ...(sameMetadata(a.metadata, b.metadata) ? [] : ['the metadata']),
    ...(sameTexts(textsOf(a.txns), textsOf(b.txns)) ? [] : ['the application transactions']),
    ...(sameTexts(a.domains, b.domains) ? [] : ['the domains']),
    ...compareFiles(a, b),
  ];
}

function compareFiles({ files: a, protocol }: Snapshot, { files: b }: Snapshot): string[] {
  const givesIds = isSupported(protocol, 'rowTracking');
  const onlyA = [...a.keys()].filter((key) => !b.has(key));
  const onlyB = [...b.keys()].filter((key) => !a.has(key));
  const changed = [...a].filter(([key, add]) => isOther(add, b.get(key)) || (givesIds && hasOtherIds(add, b.get(key))));
  const [example] = [...onlyA, ...onlyB, ...changed.map(([key]) => key)];
  if (example === undefined) return [];
  const count = onlyA.length + onlyB.length + changed.length;
  return [`${count} files, such as ${example.split('\u0000')[0] ?? example}`];
}

/** Whether a reader would see other data; statistics may be left out of checkpoints. */
function isOther(a: AddFile, b: AddFile | undefined): boolean {
  return b !== undefined && (a.size !== b.size || stable(a.partitionValues) !== stable(b.partitionValues));
}

function hasOtherIds(a: AddFile, b: AddFile | undefined): boolean {
  return (
    b !== undefined &&
    (String(a.baseRowId) !== String(b.baseRowId) ||
      String(a.defaultRowCommitVersion) !== String(b.defaultRowCommitVersion))
  );
}

/** In what a version differs from what its checksum file says of it. */
export function compareChecksum(snapshot: Snapshot, checksum: VersionChecksum): string[] {
  let sizeBytes = 0n;
  let vectors = 0;
  let deletedRows = 0;
  for (const { size, deletionVector } of snapshot.files.values()) {
    sizeBytes += BigInt(size);
    if (deletionVector !== undefined) {
      vectors += 1;
      deletedRows += deletionVector.cardinality;
    }
  }
  const numbers: readonly (readonly [string, number | bigint, number | bigint | undefined])[] = [
    ['numFiles', snapshot.files.size, checksum.numFiles],
    ['tableSizeBytes', sizeBytes, checksum.tableSizeBytes],
    ['numDeletionVectorsOpt', vectors, checksum.numDeletionVectors],
    ['numDeletedRecordsOpt', deletedRows, checksum.numDeletedRecords],
  ];
  const wrong = numbers
    .filter(([, actual, told]) => told !== undefined && BigInt(told) !== BigInt(actual))
    .map(([name, actual, told]) => `${name} is ${told}, and the log gives ${actual}`);
  const { protocol, metadata } = checksum;
  if (protocol !== undefined && !sameProtocol(protocol, snapshot.protocol)) wrong.push('the protocol is another');
  if (metadata !== undefined && !sameMetadata(metadata, snapshot.metadata)) wrong.push('the metadata is another');
  return wrong;
}

function sameProtocol(a: Protocol, b: Protocol): boolean {
  return (
    a.minReaderVersion === b.minReaderVersion &&
    a.minWriterVersion === b.minWriterVersion &&
    stable([...(a.readerFeatures ?? [])].sort()) === stable([...(b.readerFeatures ?? [])].sort()) &&
    stable([...(a.writerFeatures ?? [])].sort()) === stable([...(b.writerFeatures ?? [])].sort())
  );
}

function sameMetadata(a: Metadata, b: Metadata): boolean {
  const known = ({ id, schemaString, partitionColumns, configuration }: Metadata): string =>
    stable({ id, schemaString, partitionColumns, configuration });
  return known(a) === known(b);
}

function textsOf(txns: ReadonlyMap<string, Txn>): ReadonlyMap<string, string> {
  return new Map([...txns].map(([appId, { version }]) => [appId, String(version)]));
}

function sameTexts(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/** The value as JSON, whatever the order of its keys. */
function stable(value: unknown): string {
  return serializeJson(ordered(value));
}

function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, ordered(item)]));
}
