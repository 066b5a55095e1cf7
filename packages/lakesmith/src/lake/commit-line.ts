import type {
  Action,
  BuiltOn,
  CommitOptions,
  CommitResult,
  KnownCommits,
  NewVersion,
  Snapshot,
  StagedCommit,
  TableIo,
} from '@lakesmith/delta';
import { commitStaged, isSameMark, markOf } from '@lakesmith/delta';
import { LooseFiles } from './loose-files.ts';

/** Of so many commits is remembered what they say, as long as they say little: more are seldom waiting at a time. */
const mostCommits = 64;
const mostActions = 1000;

/** A commit, and the version that it was put on. */
interface OwnCommit {
  readonly before: BuiltOn | undefined;
  readonly actions: readonly Action[];
}

/**
 * The commits of this process to one table, one after the other in the order in which they are handed in. So none loses a version
 * against another of the same process, and each knows what those before it did. It is an order and nothing else: what other processes
 * commit between is met as ever, and a commit that fails is no matter of the next.
 */
export class CommitLine {
  #last: Promise<void> = Promise.resolve();
  /** The commits that led to `#newest`, without a hole; the last ones only. */
  #commits: readonly OwnCommit[] = [];
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
      const begin = async (): Promise<KnownCommits | undefined> => {
        await lasting;
        await before;
        return this.#after(staged);
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

  /** Undefined where the version is not one that is remembered: the number may be that of another table in its place. */
  #after({ readVersion, builtOn }: StagedCommit): KnownCommits | undefined {
    const snapshot = this.#newest;
    if (snapshot === undefined) return undefined;
    const passed = this.#commits.length - (snapshot.version - readVersion);
    const mark = readVersion === snapshot.version ? markOf(snapshot) : this.#commits[passed]?.before;
    if (!isSameMark(mark, builtOn)) return undefined;
    return { commits: this.#commits.slice(passed).map(({ actions }) => actions), snapshot };
  }

  #remember({ version, base, snapshot, commits }: NewVersion): void {
    const before = base?.version === version - 1 ? markOf(base) : undefined;
    const isNext = this.#newest !== undefined && isSameMark(before, markOf(this.#newest));
    const actions = commits.at(-1);
    this.#newest = snapshot;
    this.#commits =
      snapshot === undefined || actions === undefined || actions.length > mostActions
        ? []
        : [...(isNext ? this.#commits : []), { before, actions }].slice(-mostCommits);
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
