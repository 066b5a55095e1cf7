import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './command.ts';
import type { PeerRow } from './peer-session.ts';
import { PeerSession } from './peer-session.ts';
import { peers, peerScripts } from './peers.ts';

/** A process with delta-rs in it. */
export class DeltaRs {
  readonly #session: PeerSession;

  private constructor(session: PeerSession) {
    this.#session = session;
  }

  /** Installs delta-rs where it is not there yet, and starts it. */
  static async start(): Promise<DeltaRs> {
    await promisify(execFile)('bash', [join(peerScripts, 'python/install.sh'), 'main'], { maxBuffer: 2 ** 26 });
    const script = join(root, 'tests/interop/ask_delta_rs.py');
    return new DeltaRs(new PeerSession('delta-rs', join(peers, 'python/main/bin/python'), [script]));
  }

  /** The rows of a table; or does something to it. See ask_delta_rs.py. */
  async ask(question: Readonly<Record<string, unknown>>): Promise<readonly PeerRow[]> {
    return await this.#session.ask(question);
  }

  async stop(): Promise<void> {
    await this.#session.stop();
  }
}
