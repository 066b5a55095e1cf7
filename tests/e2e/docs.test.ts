import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, succeed } from '../support/command.ts';
import { blocksOf, commandsOf, fileOf, followed, isScreen } from '../support/page.ts';

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ...readdirSync(join(root, 'docs/adr')).map((name) => `docs/adr/${name}`),
];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Blocks of pages that no test runs, by how they begin, and why. */
const notRun: ReadonlyMap<string, string> = new Map([
  ['npm install && npm start', 'the first line is what new-user.test.ts does; the second is this very suite'],
  ['run 1 ─ 18 tables', 'compared with what npm start says by new-user.test.ts'],
  ['-- silver/orders.sql', 'checked in the sample by new-user.test.ts'],
  ['{\n  "glspc.languageId"', 'settings of an editor: judged below'],
  ['{\n  "lsp": {', 'settings of an editor: judged below'],
  ["vim.lsp.config('lakesmith'", 'needs Neovim; its command is judged below'],
  ['cd ../proj && dbt compile', 'needs dbt: tests/interop/dbt-import.test.ts'],
]);
/** Pages whose commands, $ lakesmith …, are run by tests that make the tables which they speak of. */
const ranElsewhere = ['docs/writing-tables.md', 'docs/delta-tables.md'];

/** Options of a command and of those below it. */
async function allOptions(path: readonly string[] = []): Promise<Set<string>> {
  const help = await succeed([...path, '--help']);
  const found = new Set([...help.matchAll(/--([a-z][a-z-]*)/g)].map(([, option = '']) => option));
  const below = [...(help.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z-]+)(?: |$)/gm)].map(
    ([, name = '']) => name,
  );
  for (const name of below.filter((each) => each !== 'help'))
    for (const option of await allOptions([...path, name])) found.add(option);
  return found;
}

describe('the pages', () => {
  it('have no block of code that no test runs, and no reason for one that is gone', () => {
    const used = new Set<string>();
    const unknown: string[] = [];
    for (const page of pages.filter((name) => name === 'README.md' || /^docs\/[^/]+$/.test(name))) {
      for (const block of blocksOf(textOf(page))) {
        if (followed.includes(page) && (fileOf(block) !== undefined || isScreen(block))) continue;
        if (ranElsewhere.includes(page) && commandsOf(block).length > 0) continue;
        const reason = [...notRun.keys()].find((beginning) => block.text.startsWith(beginning));
        if (reason === undefined) unknown.push(`${page}: ${block.text.slice(0, 80)}`);
        else used.add(reason);
      }
    }
    expect(unknown).toEqual([]);
    expect([...notRun.keys()].filter((beginning) => !used.has(beginning))).toEqual([]);
  });
  it.each(pages)('%s links to what exists', (page) => {
    const links = [...textOf(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target);
    const broken = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(root, dirname(page), link)));
    expect(broken).toEqual([]);
  });

  it('ARCHITECTURE.md names files and folders that exist', () => {
    const text = textOf('ARCHITECTURE.md').replaceAll(/```[\s\S]*?```/g, '');
    const named = [...text.matchAll(/`([\w-]+(?:\/[\w.-]+)+)`/g)].map(([, path = '']) => path);
    const places = ['', 'packages', 'packages/lakesmith/src'];
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !places.some((place) => existsSync(join(root, place, path))))).toEqual([]);
  });

  it('name options and codes that exist, and README.md names them all', async () => {
    const guide = pages.filter((page) => /^docs\/[^/]+$/.test(page));
    const known = new Set(textOf('docs/errors.md').match(/LS\d{4}/g));
    const options = await allOptions();
    for (const page of [...guide, 'README.md']) {
      const text = textOf(page).replaceAll(/^.*\bdbt compile\b.*$/gm, '');
      const named = [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, option = '']) => option);
      expect(
        named.filter((option) => !options.has(option)),
        page,
      ).toEqual([]);
      expect(
        (text.match(/LS\d{4}/g) ?? []).filter((code) => !known.has(code)),
        page,
      ).toEqual([]);
    }
    expect(guide.filter((page) => !textOf('README.md').includes(`(${page})`))).toEqual([]);
  });

  it('docs/commands.md lists the commands and options that --help lists', async () => {
    const rows = textOf('docs/commands.md').split('\n');
    const help = await succeed(['--help']);
    const commands = [...help.matchAll(/^ {2}([a-z]+)(?: |$)/gm)].map(([, name = '']) => name);
    expect(commands.length).toBeGreaterThan(10);
    for (const name of commands.filter((command) => command !== 'help')) {
      const row = rows.filter((line) => line.startsWith('|') && line.includes(`\`${name}`)).join('\n');
      expect(row, name).not.toBe('');
      const own = await succeed([name, '--help']);
      // Of commands with commands of their own, these say it.
      if (!own.includes('Commands:')) expect(own.includes('--json'), name).toBe(name !== 'lsp');
      const options = [...own.matchAll(/^ {2}(?:-\w, )?--([a-z]+)/gm)].map(([, option = '']) => option);
      const everywhere = ['help', 'project', 'env', 'json'];
      for (const option of options.filter((each) => !everywhere.includes(each)))
        expect(row, name).toContain(`--${option}`);
    }
  });
});

describe('docs/editors.md', () => {
  const blocks = blocksOf(textOf('docs/editors.md'));
  const settings = blocks.filter(({ info }) => info === 'json').map(({ text }) => JSON.parse(text) as unknown);
  const schemas = readdirSync(join(root, 'packages/lakesmith/schemas'));

  it('names each schema of the package for the files it is of', () => {
    expect(settings).toHaveLength(2);
    for (const written of settings) {
      const text = JSON.stringify(written);
      const named = [...text.matchAll(/"\.\/node_modules\/lakesmith\/schemas\/([\w.]+)":/g)].map(([, name]) => name);
      expect(new Set(named)).toEqual(new Set(schemas));
    }
  });

  it('starts the server by the command that the program has', async () => {
    const [code] = settings as { 'glspc.serverCommand': string; 'glspc.serverCommandArguments': string[] }[];
    expect([code?.['glspc.serverCommand'], ...(code?.['glspc.serverCommandArguments'] ?? [])]).toEqual([
      'npx',
      'lakesmith',
      'lsp',
    ]);
    expect(blocks.find(({ info }) => info === 'lua')?.text).toContain("cmd = { 'npx', 'lakesmith', 'lsp' }");
    const help = await succeed(['lsp', '--help']);
    const named = [...textOf('docs/editors.md').matchAll(/`(?:lakesmith lsp )?(--[a-z]+) [A-Z]+`/g)].map(
      ([, option]) => option,
    );
    expect(named).toEqual(['--project', '--env']);
    for (const option of named) expect(help).toContain(option);
  });
});
