import { open } from 'node:fs/promises';
import { LakeError } from '../../core/errors.ts';
import type { TextFormat } from '../engine.ts';
import { csvRecords } from './csv-records.ts';

/** How a CSV file is cut up, and what its columns are called. */
export interface CsvLayout {
  readonly delimiter: string;
  readonly quote: string;
  /** Undefined: the file is empty. */
  readonly names: readonly string[] | undefined;
}

const delimiters = [',', ';', '\t', '|'];
const longestHeader = 1 << 20;

/** Reads the first record of a CSV file. Without a header the columns are column0, column1, …. */
export async function readCsvLayout(
  location: string,
  label: string,
  format: Extract<TextFormat, { type: 'csv' }>,
): Promise<CsvLayout> {
  const text = (await readStart(location)).replace(/^\uFEFF/, '');
  const quote = format.quote ?? '"';
  const delimiter = format.delimiter ?? guessDelimiter(text, quote);
  if (text.trim() === '') return { delimiter, quote, names: undefined };
  const record = firstRecord(text, delimiter, quote);
  const names = format.header ? record : record.map((_, index) => `column${index}`);
  if (names.some((name) => name.includes('\0')))
    throw new LakeError('LS2001', `${label} is no CSV in UTF-8: its first line has a zero byte`, {
      context: { file: label, line: 1 },
    });
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find((name, index) => lower.indexOf(name.toLowerCase()) !== index);
  if (twice !== undefined)
    throw new LakeError('LS2001', `${label} has two columns called ${twice}: name them apart`, {
      context: { file: label, line: 1 },
    });
  if (lower.includes(''))
    throw new LakeError('LS2001', `${label} has a column without a name: give it one in the first line`, {
      context: { file: label, line: 1 },
    });
  return { delimiter, quote, names };
}

async function readStart(location: string): Promise<string> {
  const file = await open(location);
  try {
    const buffer = Buffer.alloc(longestHeader);
    const { bytesRead } = await file.read(buffer, 0, longestHeader, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

// The one that cuts the first record into most pieces; a comma when none does.
function guessDelimiter(text: string, quote: string): string {
  const counts = delimiters.map((delimiter) => firstRecord(text, delimiter, quote).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}

function firstRecord(text: string, delimiter: string, quote: string): readonly string[] {
  for (const record of csvRecords(text, delimiter, quote)) return record.fields.map((field) => field.trim());
  return [];
}
