import { createReadStream } from 'node:fs';
import type { TextFormat } from '../engine/engine.ts';

/**
 * The line, from 1, at which the n-th record (from 1) of a text file begins; undefined when the file is gone, has fewer
 * records, or has no lines to speak of (a JSON array).
 */
export async function lineOfRecord(location: string, format: TextFormat, record: number): Promise<number | undefined> {
  if (format.type === 'json') return undefined;
  const quoted = format.type === 'csv';
  const wanted = quoted && format.header ? record + 1 : record;
  try {
    let found = 0;
    for await (const lines of recordLines(createReadStream(location), quoted)) {
      if (wanted <= found + lines.length) return lines[wanted - found - 1];
      found += lines.length;
    }
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** How many records a text file has; the header of a CSV is one of them. */
export async function countRecords(location: string, format: 'csv' | 'ndjson'): Promise<number> {
  let records = 0;
  for await (const lines of recordLines(createReadStream(location), format === 'csv')) records += lines.length;
  return records;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const blanks: ReadonlySet<number> = new Set([0x20, 0x09, 0xef, 0xbb, 0xbf]);

/** The lines at which records begin, piece by piece: lines that are not blank, where a quoted field may go over several. */
async function* recordLines(chunks: AsyncIterable<Uint8Array>, quoted: boolean): AsyncGenerator<readonly number[]> {
  let line = 1;
  let recordLine = 1;
  let blank = true;
  let inQuotes = false;
  for await (const chunk of chunks) {
    const begun: number[] = [];
    for (const byte of chunk) {
      if (byte === newline) {
        line += 1;
        if (inQuotes) continue;
        if (!blank) begun.push(recordLine);
        blank = true;
        recordLine = line;
      } else if (byte !== carriageReturn) {
        if (blank && !blanks.has(byte)) blank = false;
        if (quoted && byte === quote) inQuotes = !inQuotes;
      }
    }
    yield begun;
  }
  if (!blank) yield [recordLine];
}
