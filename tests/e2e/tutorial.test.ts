import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, root, temporaryFolder } from '../support/command.ts';

let top = '';
beforeAll(async () => {
  top = await temporaryFolder();
});
afterAll(() => removeFolder(top));

type Part =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'command'; readonly line: string; readonly shown: readonly string[]; readonly code: number };

/** Files and commands of a page, in order: blocks with file=… are written, lines with $ are run, and in a block that says "fails" a table of them fails. */
function partsOf(page: string): Part[] {
  const parts: Part[] = [];
  for (const [, info = '', text = ''] of page.matchAll(/^```(\S[^\n]*)\n([\s\S]*?)^```$/gm)) {
    const file = /file=(\S+)/.exec(info)?.[1];
    if (file !== undefined) parts.push({ kind: 'file', path: file, text });
    if (info === 'console') parts.push(...commandsOf(text, 0));
    if (info === 'console fails') parts.push(...commandsOf(text, 1));
  }
  return parts;
}

function commandsOf(text: string, code: number): Part[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((block) => {
      const [line = '', ...shown] = block.trimEnd().split('\n');
      return { kind: 'command', line, shown, code };
    });
}

/** Words of a command line; only double quotes group. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

describe('a page with commands', () => {
  it.each(['tutorial', 'catalogue', 'typescript-models', 'testing', 'quality', 'refresh', 'operating', 'forget'])(
    'does what it says: docs/%s.md',
    async (page) => {
      const folder = join(top, page);
      await mkdir(folder);
      let cwd = folder;
      for (const part of partsOf(await readFile(join(root, `docs/${page}.md`), 'utf8'))) {
        if (part.kind === 'file') {
          await mkdir(dirname(join(folder, part.path)), { recursive: true });
          await writeFile(join(folder, part.path), part.text);
          continue;
        }
        const [program, ...args] = wordsOf(part.line);
        if (program === 'cd') {
          cwd = join(cwd, args[0] ?? '');
          continue;
        }
        expect([program, args[0]]).toEqual(['npx', 'lakesmith']);
        const answer = await lakesmith(args.slice(1), { cwd });
        expect(answer, part.line).toMatchObject({ code: part.code, stderr: '' });
        const said = squeezed(answer.stdout);
        for (const shown of part.shown) expect(said, part.line).toContain(squeezed(shown));
      }
    },
  );
});
