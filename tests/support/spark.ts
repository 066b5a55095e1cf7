import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './command.ts';
import type { PeerRow } from './peer-session.ts';
import { PeerSession } from './peer-session.ts';
import { peers, peerScripts } from './peers.ts';

/** A Spark session that answers one statement after the other. */
export class Spark {
  readonly #session: PeerSession;

  private constructor(session: PeerSession) {
    this.#session = session;
  }

  /** Installs Spark where it is not there yet, and starts it. */
  static async start(): Promise<Spark> {
    await promisify(execFile)('bash', [join(peerScripts, 'spark/install.sh')], { maxBuffer: 2 ** 26 });
    const args = [join(root, 'tests/interop/ask_spark.py'), join(peerScripts, 'spark')];
    const spark = new Spark(new PeerSession('Spark', join(peers, 'spark/venv/bin/python'), args));
    await spark.sql('select 1');
    return spark;
  }

  /** The rows of a statement. `{t}` stands for a table by its path. */
  async sql(statement: string, path = ''): Promise<readonly PeerRow[]> {
    return await this.#session.ask({ sql: statement.replaceAll('{t}', `delta.\`${path}\``) });
  }

  /** Runs what SQL has no words for. `spark` is the session. */
  async python(code: string): Promise<void> {
    await this.#session.ask({ python: code });
  }

  async stop(): Promise<void> {
    await this.#session.stop();
  }
}
