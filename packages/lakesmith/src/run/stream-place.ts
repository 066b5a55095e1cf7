import type { HistoryEntry, Snapshot } from '@lakesmith/delta';
import { readHistory } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { InputRange } from '../lake/input-changes.ts';
import type { Lake } from '../lake/lake.ts';
import { restoredTo } from '../lake/new-rows.ts';
import type { MadeBy } from '../lake/release.ts';
import { placeOf } from '../lake/release.ts';
import type { StagedTable } from '../lake/staged.ts';
import type { BoundTable } from './context.ts';

/** How far a stream has come in the table that it follows. */
interface StreamPlace {
  /** The folder of that table then. */
  readonly path: string;
  readonly version: number;
  /** The id of that table; undefined: it was no stream when it was made. */
  readonly id: string | undefined;
}

/** How far a stream came, as its own commits tell: the newest that a run made; of a restored table, that of what was restored. */
export async function streamPlace(
  lake: Lake,
  { path, base, follows }: { readonly path: string; readonly base: Snapshot; readonly follows: string },
): Promise<StreamPlace> {
  const own = base.commitInfo?.['lakesmith'] as MadeBy | undefined;
  const madeBy = own ?? madeByBefore(await readHistory(lake.io(path)));
  const version = madeBy?.inputs[follows];
  if (madeBy === undefined) throw lost('its own log does not say any more how far it came');
  if (madeBy.stream !== undefined && madeBy.stream.follows !== follows)
    throw lost(`it followed ${madeBy.stream.follows} so far, and is to follow ${follows}`);
  if (version === undefined || version < 0) throw lost(`what it has was not made of ${follows}`);
  return { path: placeOf(madeBy, follows), version, id: madeBy.stream?.id };
}

/** `history` is newest first. */
function madeByBefore(history: readonly HistoryEntry[]): MadeBy | undefined {
  let below = Infinity;
  for (const { version, commitInfo } of history) {
    if (version > below) continue;
    const madeBy = commitInfo?.['lakesmith'] as MadeBy | undefined;
    if (madeBy !== undefined) return madeBy;
    below = restoredTo(commitInfo) ?? version - 1;
  }
  return undefined;
}

/**
 * The versions of the table that a stream has not seen, in one or two ranges: an environment goes on in a copy of its own from where the
 * table of its base was. LS3012 when the table is another one, or goes back to before where the stream is.
 */
export async function rangesBehind(
  lake: Lake,
  place: StreamPlace,
  { table, staged }: { readonly table: BoundTable; readonly staged: StagedTable | undefined },
): Promise<readonly InputRange[]> {
  const last = { path: table.path, now: table.snapshot, staged: staged?.staged };
  if (table.path === place.path) {
    requireSame(place, table.snapshot);
    if (table.snapshot.version < place.version)
      throw lost(`it was read up to version ${place.version}, and is version ${table.snapshot.version} now`);
    return [{ ...last, since: place.version }];
  }
  const copied = await copiedVersion(lake, table.path);
  const source = copied === undefined ? undefined : await lake.open(place.path, copied);
  if (copied === undefined || source === undefined)
    throw lost(`it lay in ${place.path} then, and lies in ${table.path} now`);
  requireSame(place, source);
  if (copied < place.version) throw lost(`it was copied at version ${copied}, and was read up to ${place.version}`);
  return [
    { path: place.path, now: source, staged: undefined, since: place.version },
    { ...last, since: 0 },
  ];
}

/** The version of another folder's table that a table began as a copy of. */
async function copiedVersion(lake: Lake, path: string): Promise<number | undefined> {
  const first = (await readHistory(lake.io(path))).at(-1);
  const parameters = first?.commitInfo?.operationParameters;
  const isCopy = first?.version === 0 && first.commitInfo?.operation === 'CLONE' && parameters?.['isShallow'] === false;
  const version = Number(parameters?.['sourceVersion'] ?? NaN);
  return isCopy && Number.isSafeInteger(version) ? version : undefined;
}

function requireSame({ id }: StreamPlace, { metadata }: Snapshot): void {
  if (id !== undefined && id !== metadata.id) throw lost('it is another table by the same name');
}

function lost(why: string): LakeError {
  return new LakeError('LS3012', why);
}
