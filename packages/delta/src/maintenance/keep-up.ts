import type { Action } from '../actions.ts';
import { checkpointInterval } from '../configuration.ts';
import { writeCheckpoint } from '../log/checkpoint.ts';
import type { ChecksumDraft } from '../log/checksum-write.ts';
import { cleanUpLog } from '../log/cleanup.ts';
import { loadSnapshot } from '../log/load.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';

/** A version that was just committed. */
export interface NewVersion {
  readonly version: number;
  /** What the commit was built on, and all that was committed since; the last one is the version's own. */
  readonly base: Snapshot | undefined;
  readonly commits: readonly (readonly Action[])[];
  /** The table at this version, where that is known already. */
  readonly snapshot: Snapshot | undefined;
}

/**
 * What is done for the log after a commit: the checksum of the version, and a checkpoint and the clean-up when they are due.
 * Nothing of it can undo the commit: what fails is told, and done by a later one.
 */
export async function keepUp(
  io: TableIo,
  made: NewVersion,
  {
    checksum,
    onError,
  }: { readonly checksum: ChecksumDraft; readonly onError?: ((error: unknown) => void) | undefined },
): Promise<void> {
  for (const step of [() => checksum.put(), () => keepCheckpoint(io, made)]) {
    try {
      await step();
    } catch (error) {
      onError?.(error);
    }
  }
}

async function keepCheckpoint(io: TableIo, made: NewVersion): Promise<void> {
  if (!isDue(made, made.snapshot)) return;
  const table = made.snapshot ?? (await loadSnapshot(io, { version: made.version }));
  if (!isDue(made, table)) return;
  await writeCheckpoint(io, table);
  await cleanUpLog(io, table);
}

/** Longer than ten where the table does not say it. Each divides the first, so that never more commits lie between two. */
const INTERVALS = [100, 50, 20] as const;

/**
 * A checkpoint costs what the table holds, so it waits until the commits since the last one hold about as much, as far as the
 * newest tells. That way the log costs little beside the commits, and reading it never much more than its checkpoint.
 */
function isDue({ version, commits }: NewVersion, table: Snapshot | undefined): boolean {
  if (version === 0) return false;
  const told = checkpointInterval(table?.metadata.configuration ?? {});
  const held = table === undefined ? 0 : table.files.size + table.tombstones.size;
  const changed = commits.at(-1)?.length ?? 0;
  return version % (told ?? INTERVALS.find((interval) => interval * changed <= held) ?? 10) === 0;
}
