import { createRequire } from 'node:module';
import type * as Library from '@duckdb/node-api';

/** The engine's library. It is required, which starts faster: to import it, Node reads each of its files for the names in it. */
export const duckdb: typeof Library = createRequire(import.meta.url)('@duckdb/node-api');
