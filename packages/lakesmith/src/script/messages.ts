import type { MessagePort } from 'node:worker_threads';
import type { Column } from '../core/schema.ts';
import type { PlainRecord } from './plain-value.ts';

/** What the worker and the program say to each other. All of it is plain data. */

/** A hook of the worker asks where a module is, or what is in it. */
export type ModuleQuestion =
  | { readonly id: number; readonly kind: 'resolve'; readonly specifier: string; readonly parent: string }
  | { readonly id: number; readonly kind: 'load'; readonly url: string }
  /** A package is imported; `url` is its folder. */
  | { readonly id: number; readonly kind: 'package'; readonly url: string };

export type ModuleAnswer = { readonly id: number } & (
  | { readonly url: string }
  | { readonly source: string; readonly format: 'module' | 'json' }
  | { readonly failed: string }
  | { readonly noted: true }
);

/** What a worker is told when it is started. */
export interface WorkerData {
  /** Where it asks for modules: a port that the hooks get. */
  readonly modules: MessagePort;
}

/** A piece of work: to read what a module defines, or to make the rows of a model. */
export type Task = DefineTask | RowsTask;

interface DefineTask {
  readonly kind: 'define';
  readonly url: string;
}

export interface RowsTask {
  readonly kind: 'rows';
  readonly url: string;
  /** Of a family: which model. */
  readonly member: string | undefined;
  readonly columns: readonly Column[];
  /** By the name that rows() knows, the columns of the input. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  /** File that the rows go to, a JSON object a line. */
  readonly file: string;
  readonly context: { readonly table: string; readonly timezone: string };
  /** Absent: the model must not ask. */
  readonly moment: { readonly today: string; readonly now: string } | undefined;
}

/** A model as its file defines it, without its functions. */
export interface WrittenModel {
  /** What it says of itself, `name` and `sql` too. */
  readonly settings: PlainRecord;
  readonly makesRows: boolean;
  /** The stack of the call that defined it. */
  readonly stack: string;
}

/** What went wrong in a worker, in the words of whoever threw it. */
export interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** What a file exports that is no model; `path`: where in which definition. */
export interface Misfit {
  readonly what: string;
  readonly path?: readonly string[];
  /** The stack of the call that defined the model. */
  readonly stack?: string;
}

/** A value that its column cannot hold. Rows count from 1. */
export interface BadRow {
  readonly row: number;
  readonly column: string | undefined;
  readonly what: string;
}

export type Outcome =
  | {
      readonly kind: 'defined';
      readonly family: boolean;
      readonly models: readonly WrittenModel[];
    }
  | { readonly kind: 'rows'; readonly rows: number }
  | { readonly kind: 'misfit'; readonly misfit: Misfit }
  | { readonly kind: 'bad-row'; readonly bad: BadRow }
  | { readonly kind: 'thrown'; readonly thrown: Thrown };

/** Rows of an input, column by column. */
export interface InputBatch {
  readonly rowCount: number;
  readonly columns: readonly (readonly unknown[])[];
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  /** Wants the next rows of a reading of an input; a number that was not named before begins one. */
  | { readonly kind: 'next'; readonly input: string; readonly reading: number }
  | { readonly kind: 'close'; readonly reading: number };

export type ToWorker =
  | { readonly kind: 'task'; readonly task: Task }
  /** Undefined: there are no more. */
  | { readonly kind: 'batch'; readonly reading: number; readonly batch: InputBatch | undefined };
