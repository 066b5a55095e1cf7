import type { Action, AddFile, Metadata, Protocol } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { serializeJson } from '../json.ts';
import { ROW_TRACKING_DOMAIN, givesRowIds, keepsRowIds, rowIdHighWaterMark } from '../mapping/row-tracking.ts';
import { fileKey } from '../paths.ts';
import { recordCountOf } from '../scan/stats-text.ts';
import type { Snapshot } from '../snapshot.ts';

const HIGHEST = 2n ** 63n - 1n;

/**
 * The actions of a commit on top of `base`, where each file that the table did not have gets ids for its rows: beyond all that
 * were given before, and at the version that the commit will be if nobody is faster. Where the commit makes the table keep who
 * its rows are, files that it has and that have no ids get them too. `tags`: what the commit says of it.
 */
export function stageRowIds(
  actions: readonly Action[],
  base: Snapshot | undefined,
): { readonly actions: readonly Action[]; readonly tags?: Readonly<Record<string, string>> } {
  const table = tableAfter(actions, base);
  const gives = table === undefined ? 'no' : givesRowIds(table);
  if (table === undefined || gives === 'no') return { actions };
  // Whatever comes back with an older version: the highest id that was given stays that.
  const mark = highest(rowIdHighWaterMark(base?.domains.get(ROW_TRACKING_DOMAIN)), markIn(actions));
  const version = (base?.version ?? -1) + 1;
  if (gives === 'suspended') {
    const bare = actions.map((action): Action => ('add' in action ? { add: withoutRowIds(action.add) } : action));
    return { actions: numbered(bare, { mark, version, isFresh: () => false }) };
  }
  const isKept = keepsRowIds(table);
  const isNew = isKept && !(base !== undefined && keepsRowIds(base));
  const all = isNew && base !== undefined ? [...actions, ...filesWithoutIds(actions, base)] : actions;
  return {
    actions: numbered(all, { mark, version, isFresh: (add) => add.baseRowId === undefined }),
    ...(isKept ? { tags: { 'delta.rowTracking.preserved': 'true' } } : {}),
  };
}

/** Where a commit goes that was staged to become version `predicted`. */
interface Place {
  readonly predicted: number;
  readonly version: number;
  /** What others committed since it was staged, in order. */
  readonly winners: readonly (readonly Action[])[];
}

/** The actions of a staged commit as they are put: the ids that it gives are beyond those that others gave meanwhile. */
export function stampRowIds(actions: readonly Action[], { predicted, version, winners }: Place): readonly Action[] {
  if (version === predicted) return actions;
  // What a file had before, it has from an earlier version.
  const isFresh = (add: AddFile): boolean =>
    add.baseRowId !== undefined && Number(add.defaultRowCommitVersion) === predicted;
  const first = actions.find((action) => 'add' in action && isFresh(action.add));
  const own = first !== undefined && 'add' in first ? BigInt(first.add.baseRowId ?? 0) - 1n : markIn(actions);
  return numbered(actions, { mark: highest(own, markIn(winners.flat())), version, isFresh });
}

/** A file as a table has it that gives no ids. */
export function withoutRowIds({ baseRowId: _, defaultRowCommitVersion: __, ...add }: AddFile): AddFile {
  return add;
}

/** Whether two rows in files of one table would have the same id. */
export function idsOverlap(files: readonly AddFile[]): boolean {
  const runs = files
    .flatMap(({ baseRowId, stats }) =>
      baseRowId === undefined ? [] : [{ from: BigInt(baseRowId), rows: BigInt(recordCountOf(stats) ?? 0) }],
    )
    .filter(({ rows }) => rows > 0n)
    .sort((a, b) => (a.from < b.from ? -1 : 1));
  return runs.some(({ from, rows }, i) => from + rows > (runs[i + 1]?.from ?? HIGHEST + 1n));
}

function tableAfter(
  actions: readonly Action[],
  base: Snapshot | undefined,
): { readonly protocol: Protocol; readonly metadata: Metadata } | undefined {
  let protocol = base?.protocol;
  let metadata = base?.metadata;
  for (const action of actions) {
    if ('protocol' in action) ({ protocol } = action);
    else if ('metaData' in action) metadata = action.metaData;
  }
  return protocol === undefined || metadata === undefined ? undefined : { protocol, metadata };
}

function filesWithoutIds(actions: readonly Action[], { files }: Snapshot): Action[] {
  const gone = new Set(actions.flatMap((action) => ('remove' in action ? [fileKey(action.remove)] : [])));
  return [...files].flatMap(([key, add]) =>
    add.baseRowId === undefined && !gone.has(key) ? [{ add: { ...add, dataChange: false } }] : [],
  );
}

/** The last mark that these say; -1 when they say none. */
function markIn(actions: readonly Action[]): bigint {
  let mark = -1n;
  for (const action of actions) if (isMark(action)) mark = rowIdHighWaterMark(action.domainMetadata.configuration);
  return mark;
}

function isMark(action: Action): action is Extract<Action, { domainMetadata: unknown }> {
  return 'domainMetadata' in action && action.domainMetadata.domain === ROW_TRACKING_DOMAIN;
}

function numbered(
  actions: readonly Action[],
  { mark, version, isFresh }: { mark: bigint; version: number; isFresh: (add: AddFile) => boolean },
): readonly Action[] {
  let given = mark;
  const files = actions.map((action): Action => {
    if (!('add' in action) || !isFresh(action.add)) return action;
    const baseRowId = exact(given + 1n);
    given += rowsOf(action.add);
    return { add: { ...action.add, baseRowId, defaultRowCommitVersion: version } };
  });
  if (given > HIGHEST) throw new DeltaError('invalid-value', 'The table has no ids left for new rows.');
  const configuration = serializeJson({ rowIdHighWaterMark: exact(given) });
  const domain: Action = { domainMetadata: { domain: ROW_TRACKING_DOMAIN, configuration, removed: false } };
  if (files.some(isMark)) return files.map((action) => (isMark(action) ? domain : action));
  return given === mark ? files : [...files, domain];
}

function rowsOf({ path, stats }: AddFile): bigint {
  const rows = recordCountOf(stats);
  if (rows !== undefined) return BigInt(rows);
  throw new DeltaError(
    'invalid-value',
    `The rows of the file ${path} cannot get ids: its statistics do not tell how many it has. Write it anew first.`,
    { context: { path } },
  );
}

function highest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** A number where that holds it exactly. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
