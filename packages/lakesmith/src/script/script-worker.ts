import { existsSync } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { LakeError } from '../core/errors.ts';
import type { Place } from '../core/errors.ts';
import { packageFile } from '../core/package-files.ts';
import type { FromWorker, ModuleQuestion, Outcome, Task, ToWorker } from './messages.ts';
import type { UserModules } from './user-modules.ts';
import { stuckPlace } from './stuck-place.ts';

/** How a task ended that did not come to an outcome. */
export type Ended =
  | { readonly kind: 'memory' }
  /** It stopped by itself: it waits for what never comes, or ended its thread. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'time'; readonly place: Place | undefined };

interface TaskOptions {
  /** Where the task's modules come from. */
  readonly modules: UserModules;
  readonly timeMs: number;
  readonly signal?: AbortSignal;
  /** Hears what the task asks for meanwhile. What it throws ends the task. */
  readonly onMessage?: (message: Extract<FromWorker, { kind: 'next' | 'close' }>) => Promise<void>;
}

let begun = 0;

/** A thread that runs files of the user. It is ended with `end`, whatever it does; nothing of it is left then. */
export class ScriptWorker {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #folder: string;
  readonly #name: string;
  readonly #ready: Promise<void>;
  #hear: (message: FromWorker) => void = () => undefined;
  #stop: (ended: Ended | { readonly kind: 'error'; readonly error: Error }) => void = () => undefined;

  #modules: UserModules | undefined;

  constructor({ folder, memoryBytes }: { readonly folder: string; readonly memoryBytes: number }) {
    const { port1, port2 } = new MessageChannel();
    this.#folder = folder;
    this.#port = port1;
    this.#name = `lakesmith-${begun++}`;
    this.#worker = new Worker(workerFile(), {
      workerData: { modules: port2 },
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: Math.max(16, Math.floor(memoryBytes / 2 ** 20)) },
      name: this.#name,
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    // What a file of the user prints is for people, and must not mix with what a command answers.
    for (const stream of [this.#worker.stdout, this.#worker.stderr])
      stream.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
    port1.on('message', (question: ModuleQuestion) => void this.#serve(question));
    this.#ready = new Promise((resolve) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve();
        else this.#hear(message);
      });
      this.#worker.on('exit', () => {
        resolve();
        this.#stop({ kind: 'stopped' });
      });
    });
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      this.#stop(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? { kind: 'memory' } : { kind: 'error', error });
    });
  }

  async #serve(question: ModuleQuestion): Promise<void> {
    try {
      this.#port.postMessage(await this.#modules?.answer(question));
    } catch (error) {
      this.#stop({ kind: 'error', error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Does one task. After anything but an outcome the worker cannot be used any more. LS2103 when it was aborted. */
  async perform(task: Task, { modules, timeMs, signal, onMessage }: TaskOptions): Promise<Outcome | Ended> {
    this.#modules = modules;
    signal?.throwIfAborted();
    return await new Promise<Outcome | Ended>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const abort = (): void =>
        reject(
          new LakeError('LS2103', `${task.kind === 'rows' ? task.context.table : 'Reading'} was cancelled`, {
            retry: 'safe',
          }),
        );
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          then(value);
        };
      const [done, failed] = [settle(resolve), settle(reject)];
      signal?.addEventListener('abort', abort);
      this.#stop = (ended) =>
        ended.kind === 'error' ? done({ kind: 'thrown', thrown: thrownBy(ended.error) }) : done(ended);
      this.#hear = (message) => {
        if (message.kind === 'outcome') done(message.outcome);
        else if (message.kind !== 'ready') onMessage?.(message).catch(failed);
      };
      void this.#ready.then(() => {
        timer = setTimeout(() => void this.#stuck().then(done, failed), timeMs);
        this.send({ kind: 'task', task });
      });
    });
  }

  async #stuck(): Promise<Ended> {
    return { kind: 'time', place: await stuckPlace(this.#name, this.#folder) };
  }

  async end(): Promise<void> {
    this.#port.close();
    await this.#worker.terminate();
  }
}

/** What was thrown where nobody caught it, as it came from the thread. */
function thrownBy(error: Error): { name: string; message: string; stack: string } {
  return { name: error.name, message: error.message, stack: error.stack ?? '' };
}

function workerFile(): string {
  const file = packageFile('dist/script/worker.js');
  if (!existsSync(file)) throw new LakeError('LS9001', `${file} is missing: build the package first`);
  return file;
}
