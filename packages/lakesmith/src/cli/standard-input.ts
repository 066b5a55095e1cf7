import { createWriteStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withTemporaryFolder } from '../storage/temporary-folder.ts';

/** Acts on the file of an option; `-` is what comes in on standard input: Parquet, JSON or CSV, told by how it begins. */
export async function withInput<T>(from: string, act: (file: string) => Promise<T>): Promise<T> {
  if (from !== '-') return await act(resolve(from));
  return await withTemporaryFolder(tmpdir(), 'input', async (folder) => {
    const raw = join(folder, 'input');
    await pipeline(process.stdin, createWriteStream(raw));
    const file = `${raw}.${await formOf(raw)}`;
    await rename(raw, file);
    return await act(file);
  });
}

async function formOf(file: string): Promise<'parquet' | 'json' | 'csv'> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    const text = buffer.subarray(0, bytesRead).toString('latin1').replace('\u00EF\u00BB\u00BF', '');
    if (text.startsWith('PAR1')) return 'parquet';
    return /^\s*[[{]/.test(text) ? 'json' : 'csv';
  } finally {
    await handle.close();
  }
}
