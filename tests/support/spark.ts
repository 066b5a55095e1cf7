import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root } from './command.ts';
import { peers, peerScripts } from './peers.ts';

/** One row, as Spark prints it as JSON. */
export type SparkRow = Readonly<Record<string, unknown>>;

/** A Spark session that answers one statement after the other. */
export class Spark {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #told = '';

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on('data', (chunk: Buffer) => (this.#told = (this.#told + chunk.toString()).slice(-4000)));
  }

  /** Installs Spark where it is not there yet, and starts it. */
  static async start(): Promise<Spark> {
    await promisify(execFile)('bash', [join(peerScripts, 'spark/install.sh')], { maxBuffer: 2 ** 26 });
    const script = join(root, 'tests/interop/ask_spark.py');
    const spark = new Spark(spawn(join(peers, 'spark/venv/bin/python'), [script, join(peerScripts, 'spark')]));
    await spark.sql('select 1');
    return spark;
  }

  /** The rows of a statement. `{t}` stands for a table by its path. */
  async sql(statement: string, path = ''): Promise<readonly SparkRow[]> {
    return await this.#ask({ sql: statement.replaceAll('{t}', `delta.\`${path}\``) });
  }

  /** Runs what SQL has no words for. `spark` is the session. */
  async python(code: string): Promise<void> {
    await this.#ask({ python: code });
  }

  async #ask(question: Readonly<Record<string, string>>): Promise<readonly SparkRow[]> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done === true) throw new Error(`Spark ended: ${this.#told}`);
      if (!value.startsWith('ANSWER ')) continue;
      const answer: { rows?: readonly string[]; error?: string } = JSON.parse(value.slice(7));
      if (answer.error !== undefined) throw new Error(answer.error);
      return (answer.rows ?? []).map((row): SparkRow => JSON.parse(row));
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    await ended;
  }
}
