import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, succeed } from '../support/command.ts';

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ...readdirSync(join(root, 'docs/adr')).map((name) => `docs/adr/${name}`),
];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

describe('the pages', () => {
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

  it('docs/commands.md lists the commands and options that --help lists', async () => {
    const rows = textOf('docs/commands.md').split('\n');
    const help = await succeed(['--help']);
    const commands = [...help.matchAll(/^ {2}([a-z]+)(?: |$)/gm)].map(([, name = '']) => name);
    expect(commands.length).toBeGreaterThan(10);
    for (const name of commands.filter((command) => command !== 'help')) {
      const row = rows.filter((line) => line.startsWith('|') && line.includes(`\`${name}`)).join('\n');
      expect(row, name).not.toBe('');
      const own = await succeed([name, '--help']);
      const options = [...own.matchAll(/^ {2}(?:-\w, )?--([a-z]+)/gm)].map(([, option = '']) => option);
      const everywhere = ['help', 'project', 'env', 'json'];
      for (const option of options.filter((each) => !everywhere.includes(each)))
        expect(row, name).toContain(`--${option}`);
    }
  });
});
