import { appendFile, cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from './command.ts';

export const retailDays = ['2026-03-11', '2026-03-12'] as const;

/** Brings what arrives on a day of the sample: landing files are new, the shop's log grows. */
export async function bringDay(project: string, day: string): Promise<void> {
  const from = join(root, 'samples/retail-days', day);
  for (const entry of await readdir(from, { recursive: true })) {
    const file = join(from, entry);
    if (!(await stat(file)).isFile()) continue;
    const to = join(project, entry);
    await mkdir(dirname(to), { recursive: true });
    if (entry.startsWith('shop')) await appendFile(to, await readFile(file));
    else await cp(file, to);
  }
}
