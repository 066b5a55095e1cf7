import { readFile, writeFile } from 'node:fs/promises';

/** Puts a text in the place of one that stands in a file; throws when it does not stand there. */
export async function editFile(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${path} does not hold: ${from}`);
  await writeFile(path, text.replace(from, to));
}
