import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { defaultMemoryBytes, engineShare } from './memory.ts';

/**
 * The engine of a question outside of any project. The whole program stays within the memory, from 512 MB on; what does not fit
 * spills to a folder that goes with it.
 */
export async function openQueryEngine(memoryBytes: number = defaultMemoryBytes()): Promise<Engine> {
  const tempFolder = await mkdtemp(join(tmpdir(), 'lakesmith-'));
  const engine = await openDuckDb({ memoryBytes: engineShare(memoryBytes), tempFolder });
  const close = engine.close.bind(engine);
  return Object.assign(engine, {
    close: async () => {
      await close();
      await rm(tempFolder, { recursive: true, force: true });
    },
  });
}
