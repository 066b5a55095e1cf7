import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { lakesmith, root } from './command.ts';

/** Pages whose files are written and whose commands are run, one after the other, as a reader would. */
export const followed: readonly string[] = [
  'tutorial',
  'catalogue',
  'typescript-models',
  'testing',
  'quality',
  'refresh',
  'operating',
  'forget',
  'project-files',
  'releases',
  'editors',
  'commands',
].map((name) => `docs/${name}.md`);

/** A block of a page between fences. What stands after the opening fence says what a test does with it. */
export interface Block {
  readonly info: string;
  readonly text: string;
}

/** A block is a file of the reader's folder, a screen with command lines and what they say, or neither. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info = '', text = '']) => ({ info, text }));
}

export const fileOf = ({ info }: Block): string | undefined => /file=(\S+)/.exec(info)?.[1];
export const isScreen = ({ info }: Block): boolean => /^console\b/.test(info);

interface CommandLine {
  readonly line: string;
  readonly shown: readonly string[];
}

export function commandsOf({ text }: Block): CommandLine[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((block) => {
      const [line = '', ...shown] = block.trimEnd().split('\n');
      return { line, shown };
    });
}

/** Words of a command line; only double quotes group. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');

const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** What a page shows of an answer is in it, in this order; a line … stands for any. */
export function expectShown(shown: readonly string[], said: string, line: string): void {
  let left = squeezed(said);
  for (const each of shown.map(squeezed)) {
    if (each === '…') continue;
    expect(left, line).toContain(each);
    left = left.slice(left.indexOf(each) + each.length);
  }
}

/** Does what a page tells its reader to, in a folder: writes its files, and runs its commands, which in a screen that says "fails" have to fail. Gives their number. */
export async function followPage(path: string, folder: string): Promise<number> {
  await mkdir(folder);
  let commands = 0;
  let cwd = folder;
  const unread = new Set<string>();
  for (const block of blocksOf(await readFile(join(root, path), 'utf8'))) {
    const file = fileOf(block);
    if (file !== undefined) {
      expect([...unread], 'files that no command saw before they were written again').not.toContain(file);
      unread.add(file);
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), block.text);
    }
    if (!isScreen(block)) continue;
    for (const { line, shown } of commandsOf(block)) {
      const [program, ...args] = wordsOf(line);
      if (program === 'cd') {
        cwd = join(cwd, args[0] ?? '');
        continue;
      }
      expect([program, args[0]]).toEqual(['npx', 'lakesmith']);
      const answer = await lakesmith(args.slice(1), { cwd });
      expect(answer, line).toMatchObject({ code: block.info === 'console fails' ? 1 : 0, stderr: '' });
      expectShown(shown, answer.stdout, line);
      unread.clear();
      commands += 1;
    }
  }
  expect([...unread], 'files that no command saw').toEqual([]);
  return commands;
}
