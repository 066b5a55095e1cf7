import { tmpdir } from 'node:os';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { defaultMemoryBytes, engineShare } from './memory.ts';

/**
 * The engine of a question outside of any project. The whole program stays within the memory, from 512 MB on; what does not fit
 * spills where the system keeps what passes.
 */
export async function openQueryEngine(memoryBytes: number = defaultMemoryBytes()): Promise<Engine> {
  return await openDuckDb({ memoryBytes: engineShare(memoryBytes), tempFolder: tmpdir() });
}
