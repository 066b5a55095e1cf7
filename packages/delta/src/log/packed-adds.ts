import type { AddFile } from '../actions.ts';
import type { PackedAdds } from '../store.ts';
import { type AddSource, PendingAdd, type StatsText } from './pending-add.ts';

const MARK = '\u001C';
const MARK_BYTE = 0x1c;
const ZERO = 48;
/** Numbers of no more digits are exact. */
const EXACT_DIGITS = 15;

/** The adds of these blocks; undefined when some may be malformed, for which all must be looked at. */
export function unpackAdds(blocks: readonly PackedAdds[]): PendingAdd[] | undefined {
  const adds: PendingAdd[] = [];
  for (const block of blocks) {
    const paths = block.path.split(MARK);
    const sizes = countsIn(block.size, block.count);
    const times = countsIn(block.modificationTime, block.count);
    if (paths.length !== block.count || paths.includes('') || sizes === undefined || times === undefined)
      return undefined;
    const source = new PackedSource(block, sizes, times);
    for (const [place, name] of paths.entries()) adds.push(new PendingAdd(name, source, place));
  }
  return adds;
}

/** Whole numbers from zero on; undefined when there are others, or not so many. */
function countsIn(text: string, count: number): Float64Array | undefined {
  const numbers = new Float64Array(count);
  let place = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) numbers[place] = (numbers[place] ?? 0) * 10 + digit;
    else if (text[at] !== MARK || at === start) return undefined;
    else {
      place += 1;
      start = at + 1;
    }
    if (at - start >= EXACT_DIGITS) return undefined;
  }
  return place === count - 1 && start < text.length ? numbers : undefined;
}

type Split = Readonly<Record<'partitionValues' | 'dataChange', readonly string[]>>;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** One block of a checkpoint. */
class PackedSource implements AddSource {
  readonly #block: PackedAdds;
  readonly #sizes: Float64Array;
  readonly #times: Float64Array;
  readonly #stats: Uint8Array | undefined;
  #split: Split | undefined;
  /** Where the statistics of each end. */
  #ends: Uint32Array | undefined;
  #values: { readonly text: string; readonly parsed: AddFile['partitionValues'] } | undefined;

  constructor(block: PackedAdds, sizes: Float64Array, times: Float64Array) {
    this.#block = block;
    this.#sizes = sizes;
    this.#times = times;
    const { stats } = block;
    // A plain view: those of Node are slow to make.
    this.#stats = stats === undefined ? undefined : new Uint8Array(stats.buffer, stats.byteOffset, stats.length);
  }

  read(place: number, path: string): AddFile {
    const stats = this.stats(place)?.text;
    const add = {
      path,
      partitionValues: this.partitionValues(place),
      size: this.size(place),
      modificationTime: this.#times[place] ?? 0,
      dataChange: this.#fields().dataChange[place] === 'true',
    };
    return stats === undefined ? add : { ...add, stats };
  }

  stats(place: number): StatsText | undefined {
    const stats = this.#stats;
    if (stats === undefined) return undefined;
    this.#ends ??= endsIn(stats, this.#block.count);
    const start = place === 0 ? 0 : (this.#ends[place - 1] ?? 0) + 1;
    return { text: decoder.decode(stats.subarray(start, this.#ends[place])), isEscaped: false };
  }

  size(place: number): number {
    return this.#sizes[place] ?? 0;
  }

  partitionValues(place: number): AddFile['partitionValues'] {
    const text = this.#fields().partitionValues[place] ?? '{}';
    if (this.#values?.text !== text) this.#values = { text, parsed: JSON.parse(text) };
    return this.#values.parsed;
  }

  #fields(): Split {
    const { partitionValues, dataChange } = this.#block;
    this.#split ??= { partitionValues: partitionValues.split(MARK), dataChange: dataChange.split(MARK) };
    return this.#split;
  }
}

function endsIn(bytes: Uint8Array, count: number): Uint32Array {
  const ends = new Uint32Array(count);
  let end = -1;
  for (let i = 0; i < count; i += 1) {
    end = bytes.indexOf(MARK_BYTE, end + 1);
    ends[i] = end < 0 ? bytes.length : end;
    if (end < 0) break;
  }
  return ends;
}
