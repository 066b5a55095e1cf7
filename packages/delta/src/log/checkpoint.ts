import type { Action, AddFile } from '../actions.ts';
import { deletedFileRetentionMs, intervalMs } from '../configuration.ts';
import { isSupported } from '../features.ts';
import { serializeJson } from '../json.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { type ParsedColumns, classicSchema, sidecarSchema, topLevelSchema } from './checkpoint-schema.ts';
import { checksumOf } from './hint.ts';
import { requireStanding } from './standing.ts';
import { LAST_CHECKPOINT_PATH, LOG_FOLDER, SIDECARS_FOLDER, checkpointPath, v2CheckpointPath } from './names.ts';
import { parsedForm } from './parsed-columns.ts';

/** How many files one sidecar names: enough to be few, and few enough to be read beside each other. */
const SIDECAR_FILES = 50_000;

/** What a checkpoint holds. */
interface Content {
  /** All that is no file. Applications' progress only as long as it must be kept. */
  readonly others: readonly Action[];
  /** Removes, as long as they must be kept, and the table's files. */
  readonly files: readonly object[];
  readonly parsed: ParsedColumns;
}

/**
 * Writes a checkpoint of a committed snapshot, of the kind that the table asks for, then the hint that it is there. Of a table that somebody
 * deleted meanwhile, it would be that table again, without its files, or be read for the one in its place: refused.
 */
export async function writeCheckpoint(io: TableIo, snapshot: Snapshot): Promise<void> {
  const there = { within: LOG_FOLDER, lastLook: () => requireStanding(io, snapshot) };
  const { version, metadata, protocol } = snapshot;
  const content = contentOf(snapshot, io.now());
  const wantsV2 = metadata.configuration['delta.checkpointPolicy'] === 'v2' && isSupported(protocol, 'v2Checkpoint');
  const { sizeInBytes, size } = await (wantsV2 ? writeV2 : writeClassic)(io, { version, there }, content);
  const hint = { version, size, sizeInBytes, numOfAddFiles: snapshot.files.size };
  const text = serializeJson({ ...hint, checksum: checksumOf(hint) });
  await io.store.put(LAST_CHECKPOINT_PATH, new TextEncoder().encode(text), there);
}

/** Of what version, and how it is put. */
interface Place {
  readonly version: number;
  readonly there: Parameters<TableIo['checkpoints']['write']>[3];
}

/** How many actions a checkpoint has and how large it is. */
interface Written {
  readonly size: number;
  readonly sizeInBytes: number;
}

async function writeClassic(
  io: TableIo,
  { version, there }: Place,
  { others, files, parsed }: Content,
): Promise<Written> {
  const rows = [...others, ...files];
  const { sizeBytes } = await io.checkpoints.write(checkpointPath(version), rows, classicSchema(parsed), there);
  return { size: rows.length, sizeInBytes: sizeBytes };
}

/** The sidecars first: the file that names them makes the checkpoint. */
async function writeV2(io: TableIo, { version, there }: Place, { others, files, parsed }: Content): Promise<Written> {
  const sidecars: { path: string; sizeInBytes: number; modificationTime: number }[] = [];
  for (let start = 0; start < files.length; start += SIDECAR_FILES) {
    const path = `${crypto.randomUUID()}.parquet`;
    const some = files.slice(start, start + SIDECAR_FILES);
    const { sizeBytes } = await io.checkpoints.write(`${SIDECARS_FOLDER}/${path}`, some, sidecarSchema(parsed), there);
    sidecars.push({ path, sizeInBytes: sizeBytes, modificationTime: io.now() });
  }
  const rows = [{ checkpointMetadata: { version } }, ...others, ...sidecars.map((sidecar) => ({ sidecar }))];
  const path = v2CheckpointPath(version, crypto.randomUUID());
  const { sizeBytes } = await io.checkpoints.write(path, rows, topLevelSchema(), there);
  return {
    size: rows.length + files.length,
    sizeInBytes: sidecars.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, sizeBytes),
  };
}

function contentOf(snapshot: Snapshot, nowMs: number): Content {
  const { configuration } = snapshot.metadata;
  const removedSince = nowMs - deletedFileRetentionMs(configuration);
  const txnsSince =
    nowMs - intervalMs(configuration, 'delta.setTransactionRetentionDuration', Number.POSITIVE_INFINITY);
  const others: Action[] = [{ protocol: snapshot.protocol }, { metaData: snapshot.metadata }];
  for (const txn of snapshot.txns.values()) {
    if (txn.lastUpdated === undefined || txn.lastUpdated >= txnsSince) others.push({ txn });
  }
  for (const [domain, configuration] of snapshot.domains) {
    others.push({ domainMetadata: { domain, configuration, removed: false } });
  }
  const removes: object[] = [];
  for (const remove of snapshot.tombstones.values()) {
    if ((remove.deletionTimestamp ?? 0) < removedSince) continue;
    const { stats: _stats, tags: _tags, ...kept } = remove;
    removes.push({ remove: { ...kept, dataChange: false } });
  }
  const { adds, parsed } = addsOf(snapshot);
  return { others, files: [...removes, ...adds], parsed };
}

/** The live files, with their statistics as text, with their types, or both, as the table says. */
function addsOf(snapshot: Snapshot): { readonly adds: object[]; readonly parsed: ParsedColumns } {
  const { configuration } = snapshot.metadata;
  const says = (key: string): string | undefined => configuration[`delta.checkpoint.${key}`]?.toLowerCase();
  const keepsText = says('writeStatsAsJson') !== 'false';
  const wantsTypes = says('writeStatsAsStruct') === 'true';
  const typed = wantsTypes ? typedAdds(snapshot, keepsText) : undefined;
  if (typed !== undefined) return typed;
  const adds = [...snapshot.files.values()].map((add) => addRow(add, keepsText || wantsTypes));
  return { adds, parsed: {} };
}

function addRow({ stats, ...others }: AddFile, keepsText: boolean, values: object = {}): object {
  return { add: { ...others, ...(stats !== undefined && keepsText ? { stats } : {}), dataChange: false, ...values } };
}

/** Undefined where a partition value cannot be kept with its type: readers would take its absence for NULL. */
function typedAdds(
  snapshot: Snapshot,
  keepsText: boolean,
): { readonly adds: object[]; readonly parsed: ParsedColumns } | undefined {
  const form = parsedForm(snapshot);
  const adds: object[] = [];
  for (const add of snapshot.files.values()) {
    const values = form.values(add);
    if (values === undefined) return undefined;
    adds.push(addRow(add, keepsText, values));
  }
  return { adds, parsed: form.columns };
}
