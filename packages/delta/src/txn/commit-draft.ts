import type { Action } from '../actions.ts';
import { serializeCommit } from '../log/commit-file.ts';
import { LOG_FOLDER, commitPath } from '../log/names.ts';
import type { StagedCommit } from '../snapshot.ts';
import type { ObjectDraft, PutOptions, TableIo } from '../store.ts';
import { stampCommit } from './in-commit-timestamp.ts';
import { stampRowIds } from './row-ids.ts';

/** Where a commit goes. */
export interface CommitPlace {
  /** The version that it would become. */
  readonly next: number;
  /** What others committed since it was staged, in order. */
  readonly winners: readonly (readonly Action[])[];
}

/** What was written for a place; it does for any other where the commit would say the same. */
interface Written {
  readonly version: number;
  readonly nowMs: number;
  readonly actions: readonly Action[];
  readonly bytes: Uint8Array;
  /** Absent where the store has none. */
  readonly draft: ObjectDraft | undefined;
}

/** A time that is older than this is not told any more. */
const freshMs = 1000;

/**
 * The file of a commit before it has a name. It is written and flushed once and then tried as one version after the other, as long as
 * what it says does not depend on which it becomes: ids of rows and times in the commit do.
 */
export class CommitDraft {
  readonly #io: TableIo;
  readonly #staged: StagedCommit;
  #written: Written | undefined;

  constructor(io: TableIo, staged: StagedCommit) {
    this.#io = io;
    this.#staged = staged;
  }

  /** Writes it for this place, unless what is written does; the actions are what it says. */
  async write(place: CommitPlace): Promise<readonly Action[]> {
    const fitting = this.#fitting(place);
    if (fitting !== undefined) return fitting.actions;
    this.drop();
    const nowMs = this.#io.now();
    const made = this.#make(place, nowMs);
    const draft = await this.#io.store.draft?.(commitPath(place.next), made.bytes, stillThere(place.next));
    this.#written = { version: place.next, nowMs, ...made, draft };
    return made.actions;
  }

  /** Creates what was written as this version, if nobody else has. `named` is told when it is there and may not last yet. */
  async putAs(version: number, named: () => void): Promise<'created' | 'exists'> {
    const path = commitPath(version);
    const written = this.#written;
    if (written === undefined) throw new TypeError('Nothing was written.');
    const { draft, bytes } = written;
    return await (draft?.putIfAbsent(path, { named }) ?? this.#io.store.putIfAbsent(path, bytes, stillThere(version)));
  }

  /** Lets go of what was written and did not become a commit. */
  drop(): void {
    this.#written?.draft?.drop();
    this.#written = undefined;
  }

  #make({ next, winners }: CommitPlace, nowMs: number): { actions: readonly Action[]; bytes: Uint8Array } {
    const { actions, readVersion } = this.#staged;
    const at = { version: next, winners, predicted: readVersion + 1 };
    const stamped = stampCommit(stampRowIds(actions, at), { ...at, nowMs });
    return { actions: stamped, bytes: serializeCommit(stamped) };
  }

  #fitting(place: CommitPlace): Written | undefined {
    const written = this.#written;
    if (written === undefined || this.#io.now() - written.nowMs > freshMs) return undefined;
    if (written.version === place.next) return written;
    return sameBytes(this.#make(place, written.nowMs).bytes, written.bytes) ? written : undefined;
  }
}

/** A table that somebody deleted meanwhile does not come back as one commit without those before it. */
function stillThere(version: number): PutOptions {
  return version === 0 ? {} : { within: LOG_FOLDER };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
