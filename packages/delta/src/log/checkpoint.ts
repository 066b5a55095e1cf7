import type { Action } from '../actions.ts';
import { deletedFileRetentionMs, intervalMs } from '../configuration.ts';
import { serializeJson } from '../json.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { LAST_CHECKPOINT_PATH, checkpointPath } from './names.ts';

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
