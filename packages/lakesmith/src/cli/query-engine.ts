import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { defaultMemoryBytes } from './memory.ts';

/** The engine of a question outside of any project; what does not fit in memory spills to the machine's temporary folder. */
export async function openQueryEngine(memoryBytes: number = defaultMemoryBytes()): Promise<Engine> {
  return openDuckDb({ memoryBytes, tempFolder: join(tmpdir(), `lakesmith-${process.pid}`) });
}
