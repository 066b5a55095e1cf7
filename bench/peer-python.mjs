import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
/** Where other programs are installed. */
export const peers = process.env.LAKESMITH_PEERS ?? join(cache, 'lakesmith-peers');

/** The Python of an environment of other programs; undefined where it is not installed. */
export function peerPython(environment) {
  const python = join(peers, 'python', environment, 'bin/python');
  return existsSync(python) ? python : undefined;
}
