import { open } from 'node:fs/promises';
import type { TextFormat } from './engine.ts';

/** Neighbouring files that are written in one form. */
export interface FormGroup<F> {
  readonly format: TextFormat;
  readonly files: readonly F[];
}

/**
 * Files in their order, neighbours of one form together. Whether JSON is one array or an object a line is told for each file
 * by its first character, whatever the format calls it; CSV is what the format says.
 */
export async function groupByForm<F extends { readonly location: string }>(
  format: TextFormat,
  files: readonly F[],
): Promise<readonly FormGroup<F>[]> {
  if (format.type === 'csv') return files.length === 0 ? [] : [{ format, files }];
  const groups: { format: TextFormat & { type: 'json' | 'ndjson' }; files: F[] }[] = [];
  for (const file of files) {
    const type = await jsonForm(file.location);
    const group = groups.at(-1);
    if (group?.format.type === type) group.files.push(file);
    else groups.push({ format: { type }, files: [file] });
  }
  return groups;
}

/** How a JSON file is written: one array, or an object a line. */
export async function jsonForm(path: string): Promise<'json' | 'ndjson'> {
  return (await firstCharacter(path)) === '[' ? 'json' : 'ndjson';
}

/** The first character that is not white space or a byte order mark. */
async function firstCharacter(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4096) });
    return buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\ufeff/, '')
      .trimStart()
      .charAt(0);
  } finally {
    await file.close();
  }
}
