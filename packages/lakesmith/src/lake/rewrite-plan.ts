import type { RowSet } from '@lakesmith/delta';
import type { Candidate, Decisions } from './row-decisions.ts';

/** A file whose rows change. */
export interface Touched extends Candidate {
  /** Its place among the candidates. */
  readonly index: number;
  /** Its rows that change, by clause. */
  readonly byClause: ReadonlyMap<number, RowSet>;
  readonly updated: RowSet | undefined;
  readonly gone: RowSet | undefined;
}

/** What becomes of the files whose rows change. */
export interface RewritePlan {
  /** No row is left. */
  readonly removed: readonly Touched[];
  /** They are written anew, those together that are in one list. */
  readonly rewritten: readonly (readonly Touched[])[];
  /** Few rows of them change: they stay, with a vector that names those rows. */
  readonly marked: readonly Touched[];
}

/** Files that are written anew together have about so many bytes, or rows: what lay together should lie together after. */
const binBytes = 32 * 2 ** 20;
const binRows = 1_000_000;
/** Each bin goes through the rows of the source once more. */
const mostBins = 16;
/** A vector that names more of a file's rows than this costs its readers more than writing the file anew. */
const mostMarked = 0.1;

/** The files that the decisions touch. `updates`: which clauses update rows. */
export function touchedFiles(
  candidates: readonly Candidate[],
  { rows }: Decisions,
  updates: (clause: number) => boolean,
): readonly Touched[] {
  return candidates.flatMap((candidate, index) => {
    const byClause = new Map<number, RowSet>();
    for (const [clause, files] of rows) {
      const set = files.get(index)?.set;
      if (set !== undefined) byClause.set(clause, set);
    }
    if (byClause.size === 0) return [];
    const of = (isUpdate: boolean): RowSet | undefined =>
      union([...byClause].filter(([clause]) => updates(clause) === isUpdate).map(([, set]) => set));
    return [{ ...candidate, index, byClause, updated: of(true), gone: of(false) }];
  });
}

/** What is cheapest for each file; `vectors`: whether the table keeps deletion vectors. */
export function planRewrite(touched: readonly Touched[], vectors: boolean): RewritePlan {
  const removed: Touched[] = [];
  const marked: Touched[] = [];
  const rewritten: Touched[] = [];
  for (const file of touched) (isEmptied(file) ? removed : vectors && isMarked(file) ? marked : rewritten).push(file);
  return { removed, rewritten: binsOf(rewritten), marked };
}

/** So many small files are put together when the table changes anyway. */
const mostSmall = 16;
const smallRows = 250_000;
/** A file with so many times the rows of all smaller ones stays out: its rows would be moved again and again. */
const muchLarger = 4;

/**
 * Files that are to be put together with a change: each refresh leaves a small one, and many of them are slow to read. Those of about one
 * size go together, so that a row is not moved again and again.
 */
export function smallFiles(candidates: readonly Candidate[], touched: readonly Touched[]): readonly Touched[] {
  const busy = new Set(touched.map(({ file }) => file.key));
  const byPartition = new Map<string, (Candidate & { readonly index: number })[]>();
  for (const [index, candidate] of candidates.entries()) {
    const { key, rows, partitionValues } = candidate.file;
    if (busy.has(key) || rows === undefined || rows >= smallRows) continue;
    const place = JSON.stringify(partitionValues);
    const beside = byPartition.get(place);
    if (beside === undefined) byPartition.set(place, [{ ...candidate, index }]);
    else beside.push({ ...candidate, index });
  }
  return [...byPartition.values()].flatMap((files) => {
    const small = files.toSorted((a, b) => (a.file.rows ?? 0) - (b.file.rows ?? 0));
    let group: (typeof small)[number][] = [];
    let sum = 0;
    for (const one of small) {
      const { rows = 0 } = one.file;
      if (rows > sum * muchLarger && group.length > 0) {
        if (group.length >= mostSmall) break;
        [group, sum] = [[], 0];
      }
      group.push(one);
      sum += rows;
    }
    if (group.length < mostSmall) return [];
    return group.map((file): Touched => ({ ...file, byClause: new Map(), updated: undefined, gone: undefined }));
  });
}

/** The rows that a file does not have any more: those deleted before, those that go, and those that stand elsewhere then. */
export function leftRows({ deleted, updated, gone }: Touched): RowSet | undefined {
  return union([deleted, updated, gone].filter((set) => set !== undefined));
}

function union(sets: readonly RowSet[]): RowSet | undefined {
  const [first, ...others] = sets;
  return others.reduce<RowSet | undefined>((all, set) => all?.plus(set), first);
}

function isEmptied({ file, deleted, gone }: Touched): boolean {
  return gone !== undefined && file.rows === gone.cardinality + (deleted?.cardinality ?? 0);
}

function isMarked(touched: Touched): boolean {
  const { rows } = touched.file;
  return rows !== undefined && (leftRows(touched)?.cardinality ?? 0) < rows * mostMarked;
}

/** Which files are written anew together. */
export function binsOf(files: readonly Touched[]): readonly (readonly Touched[])[] {
  const total = sizeOf(files);
  const most = { bytes: Math.max(binBytes, total.bytes / mostBins), rows: Math.max(binRows, total.rows / mostBins) };
  const bins: Touched[][] = [];
  let filled = { bytes: 0, rows: 0 };
  for (const file of files) {
    const own = sizeOf([file]);
    const more = { bytes: filled.bytes + own.bytes, rows: filled.rows + own.rows };
    const bin = bins.at(-1);
    const fits = bin !== undefined && more.bytes <= most.bytes && more.rows <= most.rows;
    if (fits) bin.push(file);
    else bins.push([file]);
    filled = fits ? more : own;
  }
  return bins;
}

function sizeOf(files: readonly Touched[]): { readonly bytes: number; readonly rows: number } {
  let [bytes, rows] = [0, 0];
  for (const { file } of files) {
    bytes += file.sizeBytes;
    rows += file.rows ?? 0;
  }
  return { bytes, rows };
}
