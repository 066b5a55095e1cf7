import type { Action, AddFile } from '../actions.ts';

/** Statistics of a file: their JSON, or the same as it stands between the quotes of a JSON string. */
export interface StatsText {
  readonly text: string;
  readonly isEscaped: boolean;
}

/** Where adds come from of which not all was read yet. They are known to be well formed. */
export interface AddSource {
  read(place: number, path: string): AddFile;
  stats(place: number): StatsText | undefined;
  size(place: number): number;
  partitionValues(place: number): AddFile['partitionValues'];
}

/**
 * An add of which the path is known, and that it has no deletion vector; the rest is read when it is asked for. A version of a
 * table names many files, of which a question needs few.
 */
export class PendingAdd {
  /** As in the log. */
  readonly path: string;
  readonly #source: AddSource;
  readonly #place: number;
  #add: AddFile | undefined;

  constructor(path: string, source: AddSource, place: number) {
    this.path = path;
    this.#source = source;
    this.#place = place;
  }

  read(): AddFile {
    this.#add ??= this.#source.read(this.#place, this.path);
    return this.#add;
  }

  stats(): StatsText | undefined {
    return this.#add === undefined ? this.#source.stats(this.#place) : statsTextOf(this.#add);
  }

  size(): number {
    return this.#add?.size ?? this.#source.size(this.#place);
  }

  partitionValues(): AddFile['partitionValues'] {
    return this.#add?.partitionValues ?? this.#source.partitionValues(this.#place);
  }
}

/** What a row of the log says. */
export type LogRow = Action | PendingAdd;

/** A file of a version as the log left it. */
export type FileEntry = AddFile | PendingAdd;

export function addOf(entry: FileEntry): AddFile {
  return entry instanceof PendingAdd ? entry.read() : entry;
}

export function statsOf(entry: FileEntry): StatsText | undefined {
  return entry instanceof PendingAdd ? entry.stats() : statsTextOf(entry);
}

export function sizeOf(entry: FileEntry): number {
  return entry instanceof PendingAdd ? entry.size() : entry.size;
}

export function partitionOf(entry: FileEntry): AddFile['partitionValues'] {
  return entry instanceof PendingAdd ? entry.partitionValues() : entry.partitionValues;
}

function statsTextOf({ stats }: AddFile): StatsText | undefined {
  return stats === undefined ? undefined : { text: stats, isEscaped: false };
}
