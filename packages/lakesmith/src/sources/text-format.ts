import { open, stat } from 'node:fs/promises';
import type { TextFormat } from '../engine/engine.ts';
import type { FileOrigin } from '../project/model.ts';

/** How the files of a source are written. Whether JSON is an array or lines is told by the first character of one of them. */
export async function textFormatOf(from: FileOrigin, file: string | undefined): Promise<TextFormat> {
  if (from.format === 'csv') {
    return { type: 'csv', header: from.header, ...(from.delimiter === undefined ? {} : { delimiter: from.delimiter }) };
  }
  if (from.format === 'ndjson' || file === undefined) return { type: from.format };
  return { type: (await firstByte(file)) === '[' ? 'json' : 'ndjson' };
}

/** The first character that is not white space or a byte order mark. */
async function firstByte(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.min(4096, (await stat(path)).size)) });
    return buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\ufeff/, '')
      .trimStart()
      .charAt(0);
  } finally {
    await file.close();
  }
}
