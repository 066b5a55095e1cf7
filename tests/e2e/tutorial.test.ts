import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { followPage } from '../support/page.ts';

let top = '';
beforeAll(async () => {
  top = await temporaryFolder();
});
afterAll(() => removeFolder(top));

const pages = [
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
];

describe('a page with commands', () => {
  it.each(pages)('does what it says: docs/%s.md', async (page) => {
    expect(await followPage(`docs/${page}.md`, join(top, page))).toBeGreaterThan(0);
  });
});
