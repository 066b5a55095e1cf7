import { DeltaError } from '../errors.ts';
import { ChecksumDraft } from '../log/checksum-write.ts';
import { requireHead } from '../log/head.ts';
import { commitPath } from '../log/names.ts';
import { type NewVersion, keepUp } from '../maintenance/keep-up.ts';
import type { CommitResult, Snapshot, StagedCommit } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { CommitDraft } from './commit-draft.ts';
import { type Head, committed, findPlace, headOf, madeOf } from './commit-place.ts';
import type { CommitTurn } from './turn.ts';
import { checkForm } from './validate.ts';

export interface CommitOptions {
  /** How often to try when others keep winning without being in the way. Default: 1000. */
  readonly attempts?: number;
  /** false: any commit that others made meanwhile is a conflict, also one that is not in the way. Default: true. */
  readonly rebase?: boolean;
  /**
   * The snapshot that the commit was built on. With it, what a commit leaves behind is known without reading the table again:
   * the result tells it, and the upkeep of the log works from it.
   */
  readonly base?: Snapshot | undefined;
  /** Others of the same process that commit to the same table go first. */
  readonly turn?: CommitTurn;
  /** Told when the upkeep of the log after a commit failed. The commit stands all the same. */
  readonly onMaintenanceError?: (error: unknown) => void;
}

/**
 * Commits, exactly once: a second call with the same staged commit finds the first one by its txnId, and so does a retry after
 * a put whose outcome was unknown. Commits that others made meanwhile are checked for conflicts, and built upon if there are none.
 * When a store fails without telling whether the put happened, its error is passed on; calling again is safe.
 */
export async function commitStaged(
  io: TableIo,
  staged: StagedCommit,
  options: CommitOptions = {},
): Promise<CommitResult> {
  checkForm(staged);
  const draft = new CommitDraft(io, staged);
  try {
    let head = headOf(staged, options.base);
    if (options.turn !== undefined) {
      await draft.write(head);
      head = { ...head, known: await options.turn.begin() };
    }
    return await commitDraft(io, staged, { ...options, head, draft });
  } finally {
    draft.drop();
  }
}

async function commitDraft(
  io: TableIo,
  staged: StagedCommit,
  {
    draft,
    turn,
    onMaintenanceError,
    rebase = true,
    attempts = 1000,
    ...start
  }: CommitOptions & { head: Head; draft: CommitDraft },
): Promise<CommitResult> {
  let { head } = start;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const place = await findPlace(io, staged, { head, draft, rebase });
    if (place.kind !== 'free') return place;
    const { actions, seen } = place;
    ({ head } = place);
    if (attempt === 1) await requireHead(io, { readVersion: staged.readVersion, seen }, head.next);
    const at = head;
    const follow = once(() => followUp(io, madeOf(staged, at, actions)));
    if (await putCommit(io, draft, { version: head.next, named: follow })) {
      const { made, checksum } = follow();
      turn?.end(made);
      draft.drop();
      await keepUp(io, made, { checksum, onError: onMaintenanceError });
      return committed(staged, made);
    }
    await io.pause?.(attempt);
  }
  throw new DeltaError(
    'commit-contention',
    `The commit was not written: others were faster ${attempts} times. Nothing is lost; commit it again.`,
    { context: { version: head.next } },
  );
}

/** What does not have to wait until the commit's name lasts. */
function followUp(io: TableIo, made: NewVersion): { readonly made: NewVersion; readonly checksum: ChecksumDraft } {
  return { made, checksum: new ChecksumDraft(io, made) };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Whether the commit was put: not, when something is there already. */
async function putCommit(
  io: TableIo,
  draft: CommitDraft,
  { version, named }: { readonly version: number; readonly named: () => void },
): Promise<boolean> {
  try {
    return (await draft.putAs(version, named)) === 'created';
  } catch (error) {
    if (error instanceof DeltaError && error.code === 'not-durable') throw error;
    // The put may have happened all the same. If something is there, whose it is will be seen.
    if ((await isThere(io, commitPath(version))) === true) return false;
    throw error;
  }
}

async function isThere(io: TableIo, path: string): Promise<boolean | undefined> {
  try {
    return (await io.store.get(path)) !== undefined;
  } catch {
    return undefined;
  }
}
