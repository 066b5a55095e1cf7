import { AnsweringProcess } from './answering-process.ts';

/** What came of reading a table: its rows (each cell as JSON), an error with a code, or what must never be. */
export type Outcome =
  | { readonly kind: 'rows'; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  | { readonly kind: 'crash' | 'too slow' | 'too big'; readonly message: string };

interface Reply {
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
  private readonly process: AnsweringProcess;

  /** `threads` of the engine: some things happen in a thread of its own, or do not. */
  constructor(threads: number) {
    this.process = new AnsweringProcess('reader.mjs', {
      waitMs: wallLimitMs,
      given: [String(threads)],
      node: [`--max-old-space-size=${heapMb}`],
    });
  }

  async read(path: string): Promise<Outcome> {
    if (this.process.questions >= readsPerProcess) this.close();
    const answer = await this.process.ask(path);
    if (answer.kind === 'ended') return { kind: 'crash', message: answer.message };
    if (answer.kind !== 'reply') return { kind: 'too slow', message: answer.message };
    const { outcome, cpuMs, rss } = answer.reply as Reply;
    // The first read also loads the program.
    const first = this.process.questions === 1;
    if (rss > rssLimit) {
      this.close();
      return { kind: 'too big', message: `${Math.round(rss / 1e6)} MB` };
    }
    if (cpuMs > cpuLimitMs && !first) return { kind: 'too slow', message: `${Math.round(cpuMs)} ms` };
    return outcome;
  }

  close(): void {
    this.process.close();
  }
}
