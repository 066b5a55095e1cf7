import { stat } from 'node:fs/promises';

// Some file systems tell times no finer.
const finestTimeMs = 2_000;
const mostFiles = 10_000;

/** Files of which each number was seen to be the DOUBLE nearest to it, so that nobody looks for others again while they stay as they were. */
export class ExactFiles {
  private readonly stands = new Map<string, string>();
  private readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /** As what a file is known again; asked before it is read. Undefined: it changed so lately that the next change may not show. */
  async standOf(location: string): Promise<string | undefined> {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(location, { bigint: true });
    return this.now() - Number(ctimeMs) < finestTimeMs ? undefined : [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  }

  remember(location: string, stand: string): void {
    if (this.stands.size >= mostFiles) this.stands.clear();
    this.stands.set(location, stand);
  }

  async has(location: string): Promise<boolean> {
    const known = this.stands.get(location);
    return known !== undefined && known === (await this.standOf(location));
  }
}
