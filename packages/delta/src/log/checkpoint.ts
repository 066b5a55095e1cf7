import type { Action } from '../actions.ts';
import { deletedFileRetentionMs, intervalMs } from '../configuration.ts';
import { serializeJson } from '../json.ts';
import type { Snapshot } from '../snapshot.ts';
import type { CheckpointCodec, TableIo } from '../store.ts';
import { parseAction } from './action-form.ts';
import { type CheckpointFiles, v2CheckpointError } from './list.ts';
import { LAST_CHECKPOINT_PATH, checkpointPath } from './names.ts';

/** The actions of a checkpoint, all parts together. One whose content follows the newer form is refused. */
export async function readCheckpoint(codec: CheckpointCodec, checkpoint: CheckpointFiles): Promise<Action[]> {
  const actions: Action[] = [];
  for (const path of checkpoint.paths) {
    const rows = await codec.read(path);
    for (const [index, row] of rows.entries()) {
      if (isV2Row(row)) throw v2CheckpointError();
      const action = parseAction(row, `${path}, row ${index + 1}`);
      if (action !== undefined && !('commitInfo' in action)) actions.push(action);
    }
  }
  return actions;
}

function isV2Row(row: unknown): boolean {
  if (typeof row !== 'object' || row === null) return false;
  return (
    ('sidecar' in row && row.sidecar !== undefined && row.sidecar !== null) ||
    ('checkpointMetadata' in row && row.checkpointMetadata !== undefined && row.checkpointMetadata !== null)
  );
}

/** What a checkpoint of this snapshot holds: removes and application versions only as long as they must be kept. */
function checkpointRows(snapshot: Snapshot, nowMs: number): Action[] {
  const { configuration } = snapshot.metadata;
  const removedSince = nowMs - deletedFileRetentionMs(configuration);
  const txnsSince =
    nowMs - intervalMs(configuration, 'delta.setTransactionRetentionDuration', Number.POSITIVE_INFINITY);
  const rows: Action[] = [{ protocol: snapshot.protocol }, { metaData: snapshot.metadata }];
  for (const txn of snapshot.txns.values()) {
    if (txn.lastUpdated === undefined || txn.lastUpdated >= txnsSince) rows.push({ txn });
  }
  for (const [domain, configuration] of snapshot.domains) {
    rows.push({ domainMetadata: { domain, configuration, removed: false } });
  }
  for (const remove of snapshot.tombstones.values()) {
    if ((remove.deletionTimestamp ?? 0) < removedSince) continue;
    const { stats: _stats, tags: _tags, ...kept } = remove;
    rows.push({ remove: { ...kept, dataChange: false } });
  }
  for (const add of snapshot.files.values()) rows.push({ add: { ...add, dataChange: false } });
  return rows;
}

/** Writes a checkpoint of a committed snapshot, then the hint that it is there. */
export async function writeCheckpoint(io: TableIo, snapshot: Snapshot): Promise<void> {
  const rows = checkpointRows(snapshot, io.now());
  const { sizeBytes } = await io.checkpoints.write(checkpointPath(snapshot.version), rows);
  const hint = {
    version: snapshot.version,
    size: rows.length,
    sizeInBytes: sizeBytes,
    numOfAddFiles: snapshot.files.size,
  };
  await io.store.put(LAST_CHECKPOINT_PATH, new TextEncoder().encode(serializeJson(hint)));
}
