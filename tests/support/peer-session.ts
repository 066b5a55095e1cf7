import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One row, as JSON. */
export type PeerRow = Readonly<Record<string, unknown>>;

/** Another program that answers one question after the other: JSON lines in, and lines that begin with ANSWER out. */
export class PeerSession {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #told = '';

  constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    this.#child = spawn(command, args);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#told = (this.#told + chunk.toString()).slice(-4000)));
  }

  /** Its rows; what it refuses is an error. */
  async ask(question: Readonly<Record<string, unknown>>): Promise<readonly PeerRow[]> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done === true) throw new Error(`${this.#name} ended: ${this.#told}`);
      if (!value.startsWith('ANSWER ')) continue;
      const answer: { rows?: readonly string[]; error?: string } = JSON.parse(value.slice(7));
      if (answer.error !== undefined) throw new Error(answer.error);
      return (answer.rows ?? []).map((row): PeerRow => JSON.parse(row));
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    await ended;
  }
}
