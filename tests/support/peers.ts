import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from './command.ts';

/** Where the scripts lie that install other programs and start them. */
export const peerScripts: string = process.env['LAKESMITH_PEER_SCRIPTS'] ?? join(root, '../shared/peers');

/** Where those programs are. */
export const peers: string =
  process.env['LAKESMITH_PEERS'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lakesmith-peers');
