import { createReadStream } from 'node:fs';
import type { TextFormat } from '../engine/engine.ts';

/**
 * The line, from 1, at which the n-th record (from 1) of a text file begins; undefined when the file is gone, has fewer
 * records, or has no lines to speak of (a JSON array).
 */
export async function lineOfRecord(
  location: string,
  format: TextFormat['type'],
  record: number,
): Promise<number | undefined> {
  if (format === 'json') return undefined;
  const wanted = format === 'csv' ? record + 1 : record;
  try {
    return await findRecord(createReadStream(location), { wanted, quoted: format === 'csv' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;

/** Counts records: lines that are not blank, where a quoted field may go over several. The header of a CSV is one of them. */
async function findRecord(
  chunks: AsyncIterable<Uint8Array>,
  { wanted, quoted }: { readonly wanted: number; readonly quoted: boolean },
): Promise<number | undefined> {
  let line = 1;
  let recordLine = 1;
  let records = 0;
  let blank = true;
  let inQuotes = false;
  for await (const chunk of chunks) {
    for (const byte of chunk) {
      if (byte === newline) {
        line += 1;
        if (inQuotes) continue;
        if (!blank) records += 1;
        if (records === wanted) return recordLine;
        blank = true;
        recordLine = line;
      } else if (byte !== carriageReturn) {
        if (byte !== 0x20 && byte !== 0x09) blank = false;
        if (quoted && byte === quote) inQuotes = !inQuotes;
      }
    }
  }
  return !blank && records + 1 === wanted ? recordLine : undefined;
}
