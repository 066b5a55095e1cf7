import type { Action, AddFile, Metadata, Protocol } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { checkWritable } from '../features.ts';
import { checkCommit } from '../log/replay.ts';
import { rowIdentityColumns } from '../mapping/row-tracking.ts';
import { canonicalPath, fileKey } from '../paths.ts';
import { parseSchema } from '../schema.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';

/**
 * Refuses a commit that no reader could make sense of, or that the table does not allow: subjects named twice, a file added
 * that is live already, a file removed that is not, data removed from an append-only table, features that are not written.
 */
export function checkStaged(staged: StagedCommit, snapshot: Snapshot | undefined, keeps: readonly string[] = []): void {
  checkForm(staged);
  let protocol: Protocol | undefined = snapshot?.protocol;
  let metadata: Metadata | undefined = snapshot?.metadata;
  for (const action of staged.actions) {
    if ('protocol' in action) ({ protocol } = action);
    if ('metaData' in action) metadata = action.metaData;
  }
  if (protocol === undefined || metadata === undefined) throw invalid('a new table needs a protocol and metadata');
  const schema = metadata === snapshot?.metadata ? snapshot.schema : parseSchema(metadata.schemaString);
  checkWritable(protocol, { metadata, schema }, keeps);
  rowIdentityColumns({ protocol, metadata, schema });
  const appendOnly = metadata.configuration['delta.appendOnly']?.toLowerCase() === 'true';
  const removed = new Set(staged.actions.flatMap((action) => ('remove' in action ? [fileKey(action.remove)] : [])));
  const isLive = (key: string): boolean => snapshot?.files.has(key) === true;
  for (const action of staged.actions) {
    if ('add' in action) {
      const key = fileKey(action.add);
      if (isLive(key) && !removed.has(key) && !isToldAnew(action.add, snapshot?.files.get(key)))
        throw invalid(`the file ${action.add.path} is in the table already`);
    } else if ('remove' in action) {
      if (!isLive(fileKey(action.remove))) throw invalid(`the file ${action.remove.path} is not in the table`);
      if (appendOnly && action.remove.dataChange) {
        throw invalid('the table is append-only (delta.appendOnly), so no rows may be removed');
      }
    }
  }
}

/** A file of the table may get another description, as when its rows get ids. */
function isToldAnew(add: AddFile, before: AddFile | undefined): boolean {
  return !add.dataChange && add.size === before?.size && add.modificationTime === before.modificationTime;
}

/** What must hold of a commit whatever table it is for. */
export function checkForm(staged: StagedCommit): void {
  checkCommit(staged.actions, 'being written');
  const infos = staged.actions.filter((action) => 'commitInfo' in action);
  if (infos.length !== 1 || infos[0]?.commitInfo.txnId !== staged.txnId) {
    throw invalid('it must have one commitInfo, with the txnId that identifies it');
  }
  const removedKeys = new Set<string>();
  for (const action of staged.actions) if ('remove' in action) removedKeys.add(fileKey(action.remove));
  const added = new Set<string>();
  for (const action of staged.actions) {
    if (!('add' in action)) continue;
    const path = canonicalPath(action.add.path);
    if (removedKeys.has(fileKey(action.add))) throw invalid(`it adds and removes the file ${action.add.path}`);
    if (added.has(path)) throw invalid(`it adds the file ${action.add.path} twice`);
    added.add(path);
  }
  checkNewTable(staged.readVersion, staged.actions);
}

function checkNewTable(readVersion: number, actions: readonly Action[]): void {
  if (!Number.isSafeInteger(readVersion) || readVersion < -1) throw invalid(`${readVersion} is no version to build on`);
  const isWhole = actions.some((a) => 'protocol' in a) && actions.some((a) => 'metaData' in a);
  if (readVersion === -1 && !isWhole) throw invalid('a new table needs a protocol and metadata');
}

function invalid(why: string): DeltaError {
  return new DeltaError('invalid-value', `This commit cannot be written: ${why}.`);
}
