import { LakeError } from '../core/errors.ts';
import type { Place } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { InputBatch, Outcome, RowsTask } from './messages.ts';
import type { Ended } from './script-worker.ts';
import { ScriptWorker } from './script-worker.ts';
import { placeInStack, thrownText } from './user-errors.ts';
import { UserModules } from './user-modules.ts';

/** A model whose rows are made by TypeScript, with the text of all that it is made of: it is run as it was read. */
export interface RowsProgram {
  /** The file that defines it, and of a family which model. */
  readonly file: string;
  readonly member: string | undefined;
  readonly place: Place;
  readonly modules: ReadonlyMap<string, string>;
  /** By the name that rows() knows, the table. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly timeMs: number;
  readonly memoryBytes: number;
  /** It may ask what time it is. */
  readonly knowsTime: boolean;
}

/** A reading of a table from its first row on. */
export interface InputRows {
  readonly columns: readonly string[];
  readonly open: () => AsyncIterable<InputBatch>;
}

export interface RowsRequest {
  readonly table: string;
  readonly program: RowsProgram;
  /** Absolute folder of the project. */
  readonly folder: string;
  readonly columns: readonly Column[];
  /** By table. */
  readonly inputs: ReadonlyMap<string, InputRows>;
  /** Where the rows go, a JSON object a line. */
  readonly file: string;
  readonly timezone: string;
  readonly moment: { readonly today: string; readonly now: string };
  readonly signal?: AbortSignal;
}

/**
 * Runs rows() in a thread of its own and writes what it gives; gives how many rows there are. LS2301 when it fails, LS2302 when
 * it takes more than it may, LS2004 for a value that its column cannot hold, LS2103 when it was aborted; the thread is gone then.
 */
export async function makeRows(request: RowsRequest): Promise<number> {
  const { program, folder, signal } = request;
  const modules = new UserModules({
    folder,
    read: (path) => {
      const text = program.modules.get(path);
      return Promise.resolve(text === undefined ? undefined : new TextEncoder().encode(text));
    },
  });
  const worker = new ScriptWorker({ folder, memoryBytes: program.memoryBytes });
  const readings = new Readings(request, worker);
  try {
    const outcome = await worker.perform(taskOf(request, modules.urlOf(program.file)), {
      modules,
      timeMs: program.timeMs,
      ...(signal === undefined ? {} : { signal }),
      onMessage: (message) =>
        message.kind === 'next' ? readings.next(message.input, message.reading) : readings.close(message.reading),
    });
    if (outcome.kind === 'rows') return outcome.rows;
    throw failure(outcome, request, modules);
  } finally {
    await worker.end();
    await readings.closeAll();
  }
}

function taskOf({ table, program, columns, inputs, file, timezone, moment }: RowsRequest, url: string): RowsTask {
  return {
    kind: 'rows',
    url,
    member: program.member,
    columns,
    inputs: Object.fromEntries([...program.inputs].map(([name, of]) => [name, inputs.get(of)?.columns ?? []])),
    file,
    context: { table, timezone },
    moment: program.knowsTime ? moment : undefined,
  };
}

/** Inputs as far as the worker has gone through them. */
class Readings {
  readonly #request: RowsRequest;
  readonly #worker: ScriptWorker;
  readonly #open = new Map<number, AsyncIterator<InputBatch>>();

  constructor(request: RowsRequest, worker: ScriptWorker) {
    this.#request = request;
    this.#worker = worker;
  }

  async next(input: string, reading: number): Promise<void> {
    const { program, inputs } = this.#request;
    const table = inputs.get(program.inputs.get(input) ?? '');
    const known = this.#open.get(reading) ?? (table === undefined ? undefined : begin(table));
    if (known === undefined) throw new LakeError('LS9001', `${input} is no input of ${this.#request.table}.`);
    this.#open.set(reading, known);
    const { done, value } = await known.next();
    this.#worker.send({ kind: 'batch', reading, batch: done === true ? undefined : value });
  }

  async close(reading: number): Promise<void> {
    const open = this.#open.get(reading);
    this.#open.delete(reading);
    await open?.return?.();
  }

  async closeAll(): Promise<void> {
    for (const reading of this.#open.keys()) await this.close(reading);
  }
}

function begin(table: InputRows): AsyncIterator<InputBatch> {
  const rows = table.open();
  return rows[Symbol.asyncIterator]();
}

function failure(
  outcome: Exclude<Outcome | Ended, { kind: 'rows' }>,
  request: RowsRequest,
  modules: UserModules,
): LakeError {
  const { table, program, folder } = request;
  const failed = (code: 'LS2301' | 'LS2302' | 'LS2004', what: string, place: Place = program.place): LakeError =>
    new LakeError(code, `${what} (${place.file}:${place.line}:${place.column})`, { place });
  switch (outcome.kind) {
    case 'thrown': {
      const { thrown } = outcome;
      if (modules.problem !== undefined)
        return failed(
          'LS2301',
          `${table} cannot be made: ${modules.problem.message}: what rows() needs is imported at the top of a file`,
        );
      const place = placeInStack(thrown.stack, folder);
      return failed('LS2301', `The TypeScript of ${table} fails: ${thrownText(thrown, folder)}`, place);
    }
    case 'bad-row': {
      const { row, column, what } = outcome.bad;
      const subject = column === undefined ? `Row ${row} of ${table}` : `Row ${row} of ${table}: column ${column}`;
      return failed('LS2004', `${subject} ${what}`);
    }
    case 'time': {
      const limit = `takes longer than ${program.timeMs / 1000} s: make it faster, or give it more in limits: { time: '1h' }`;
      return failed('LS2302', `The TypeScript of ${table} ${limit}`, outcome.place);
    }
    case 'memory': {
      const limit = `${program.memoryBytes / 2 ** 20} MB of memory: keep fewer rows, or give it more in limits: { memory: '2GB' }`;
      return failed('LS2302', `The TypeScript of ${table} needs more than ${limit}`);
    }
    case 'stopped':
      return failed('LS2301', `The TypeScript of ${table} ends its thread`);
    default:
      return failed('LS2301', `${program.file} does not define ${table} any more`);
  }
}
