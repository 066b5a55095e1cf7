import type {
  Action,
  CommitOptions,
  CommitResult,
  KnownCommits,
  NewVersion,
  Snapshot,
  StagedCommit,
  TableIo,
} from '@lakesmith/delta';
import { commitStaged, holdsCommit } from '@lakesmith/delta';
import { LooseFiles } from './loose-files.ts';

/** Of so many commits is remembered what they say, as long as they say little: more are seldom waiting at a time. */
const mostCommits = 64;
const mostActions = 1000;

const nothing: KnownCommits = { commits: [], snapshot: undefined };

/**
 * The commits of this process to one table, one after the other in the order in which they are handed in. So none loses a version
 * against another of the same process, and each knows what those before it did. It is an order and nothing else: what other processes
 * commit between is met as ever, and a commit that fails is no matter of the next.
 */
export class CommitLine {
  #last: Promise<void> = Promise.resolve();
  /** The commits that led to `#newest`, without a hole; the last ones only. */
  #commits: readonly (readonly Action[])[] = [];
  #newest: Snapshot | undefined;
  /** Files that a commit makes last. */
  readonly loose: LooseFiles;

  constructor(folder: string) {
    this.loose = new LooseFiles(folder);
  }

  /** The newest version that this process made here and knows. */
  get newest(): Snapshot | undefined {
    return this.#newest;
  }

  /** `commitStaged`, when its turn has come. The upkeep of the log runs beside the next. */
  async commit(io: TableIo, staged: StagedCommit, options: Omit<CommitOptions, 'turn'>): Promise<CommitResult> {
    const before = this.#last;
    let leave = (): void => undefined;
    let lasting: Promise<void> | undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    // Who fails before its turn does not bring the next one forward.
    this.#last = before.then(() => left);
    try {
      const begin = async (): Promise<KnownCommits> => {
        await lasting;
        await before;
        const known = this.#after(staged.readVersion);
        return known.commits.length === 0 || (await this.#stands(io)) ? known : nothing;
      };
      const end = (made: NewVersion): void => {
        this.#remember(made);
        leave();
      };
      const done = commitStaged(io, staged, { ...options, turn: { begin, end } });
      // Flushed together with the file of the commit, which is being written.
      lasting = this.loose.keep(staged.actions);
      lasting.catch(() => undefined);
      return await done;
    } finally {
      leave();
    }
  }

  #after(version: number): KnownCommits {
    const newest = this.#newest;
    const first = (newest?.version ?? 0) - this.#commits.length + 1;
    const isKnown = newest !== undefined && version >= first - 1 && version <= newest.version;
    return isKnown ? { commits: this.#commits.slice(version + 1 - first), snapshot: newest } : nothing;
  }

  /** Whether what is known still is what the log says: somebody may have deleted the table, and made another in its place. */
  async #stands(io: TableIo): Promise<boolean> {
    const txnId = this.#newest?.commitInfo?.txnId;
    return txnId !== undefined && (await holdsCommit(io, this.#newest?.version ?? 0, txnId));
  }

  #remember({ snapshot, commits }: NewVersion): void {
    const newest = this.#newest;
    const own = commits.at(-1);
    if (snapshot === undefined || own === undefined || own.length > mostActions) {
      this.#newest = snapshot;
      this.#commits = [];
      return;
    }
    const isNext = newest !== undefined && snapshot.version === newest.version + 1;
    this.#commits = [...(isNext ? this.#commits : []), own].slice(-mostCommits);
    this.#newest = snapshot;
  }
}

const lines = new Map<string, WeakRef<CommitLine>>();
const forgotten = new FinalizationRegistry<string>((folder) => {
  if (lines.get(folder)?.deref() === undefined) lines.delete(folder);
});

/** The line of the table in this folder: the same for all in this process who ask, as long as one of them keeps it. */
export function commitLineOf(folder: string): CommitLine {
  const known = lines.get(folder)?.deref();
  if (known !== undefined) return known;
  const line = new CommitLine(folder);
  lines.set(folder, new WeakRef(line));
  forgotten.register(line, folder);
  return line;
}
