import type { Column } from '../core/schema.ts';
import type { MadeBy } from '../lake/release.ts';

/** What was seen of the world before planning. Plain data, so that plans can be made in tests from literals. */
export interface Observation {
  /** Newest release; 0: none. */
  readonly release: number;
  /** Tables and views of that release. */
  readonly released: ReadonlySet<string>;
  readonly nowMs: number;
  /** The project's day ('2026-03-10' in its time zone). */
  readonly today: string;
  /** The engine and the time zone (`madeUnder`). */
  readonly under: string;
  readonly tables: ReadonlyMap<string, TableState>;
  /** Views of that release. */
  readonly views: ReadonlyMap<string, ViewState>;
  readonly sources: ReadonlyMap<string, SourceState>;
}

/** A view as the last release has it. */
interface ViewState {
  readonly columns: readonly Column[];
  readonly madeBy: MadeBy;
}

/** A table of the lake as the last release and its own log tell it. Absent from the map: it does not exist. */
export interface TableState {
  /** Its folder in the lake. */
  readonly path: string;
  readonly version: number;
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  /** True when the head of the table was not made by a released run of this project. */
  readonly foreign: boolean;
  /** What made this version; undefined for a foreign one. */
  readonly madeBy: MadeBy | undefined;
  /** It is that of the base of an overlay, which changes nothing of it. */
  readonly shared?: true;
}

/** What a source holds that the table does not. */
export interface SourceState {
  /** Files (or change batches) to load now, in order. */
  readonly pending: readonly PendingFile[];
  /** Loaded before, and different now: told, not read. */
  readonly overwritten: readonly string[];
  /** How many of `pending` were loaded before: their old rows go. Absent: none. */
  readonly again?: number;
  /** For a connection: changes waiting. */
  readonly changes: number;
  /** True when nothing was ever loaded. */
  readonly fresh: boolean;
  /** Why its files cannot be read. */
  readonly problem?: string;
  /** Hash of a reference file as it is now. */
  readonly contentHash?: string;
}

interface PendingFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}
