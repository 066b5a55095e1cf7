import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What came of reading a table: its rows (each cell as JSON), an error with a code, or what must never be. */
export type Outcome =
  | { readonly kind: 'rows'; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  | { readonly kind: 'crash' | 'too slow' | 'too big'; readonly message: string };

interface Reply {
  readonly id: number;
  readonly outcome: Outcome;
  readonly cpuMs: number;
  readonly rss: number;
}

/** Processor time that reading one of these small tables may take; the wall clock of a busy machine says too little. */
const cpuLimitMs = 1_000;
/** What hangs is ended after this. */
const wallLimitMs = 10_000;
const heapMb = 256;
const rssLimit = 1_000_000_000;
/** A process that read so many tables is replaced, so that what is left behind by the engine does not add up. */
const readsPerProcess = 2_000;

/** A process of its own that reads tables, and is started again when one of them ended it. */
export class ReadingProcess {
  private child: ChildProcess | undefined;
  private reads = 0;

  async read(path: string): Promise<Outcome> {
    if (this.reads >= readsPerProcess) this.close();
    this.child ??= start();
    const first = this.reads === 0;
    this.reads += 1;
    const reply = await ask(this.child, { id: this.reads, path });
    if (!('outcome' in reply)) {
      this.close();
      return reply;
    }
    if (reply.rss > rssLimit) {
      this.close();
      return { kind: 'too big', message: `${Math.round(reply.rss / 1e6)} MB` };
    }
    // The first read also loads the program.
    if (reply.cpuMs > cpuLimitMs && !first) return { kind: 'too slow', message: `${Math.round(reply.cpuMs)} ms` };
    return reply.outcome;
  }

  close(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
    this.reads = 0;
  }
}

function start(): ChildProcess {
  const script = fileURLToPath(new URL('reader.mjs', import.meta.url));
  return fork(script, { execArgv: [`--max-old-space-size=${heapMb}`], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}

function ask(child: ChildProcess, message: { id: number; path: string }): Promise<Reply | Outcome> {
  return new Promise((resolve) => {
    let said = '';
    const finish = (answer: Reply | Outcome): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      child.stderr?.off('data', onText);
      resolve(answer);
    };
    const onText = (text: Buffer): void => {
      said = (said + text.toString()).slice(-2_000);
    };
    const onMessage = (reply: unknown): void => {
      if ((reply as Reply).id === message.id) finish(reply as Reply);
    };
    const onExit = (code: number | null, signal: string | null): void => {
      finish({ kind: 'crash', message: `the process ended with ${signal ?? code}: ${said}` });
    };
    const timer = setTimeout(() => {
      finish({ kind: 'too slow', message: `no answer after ${wallLimitMs} ms` });
    }, wallLimitMs);
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.stderr?.on('data', onText);
    child.send(message);
  });
}
