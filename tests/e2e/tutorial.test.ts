import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { followed, followPage } from '../support/page.ts';

let top = '';
beforeAll(async () => {
  top = await temporaryFolder();
});
afterAll(() => removeFolder(top));

describe('a page with commands', () => {
  it.each(followed)('does what it says: %s', async (page) => {
    expect(await followPage(page, join(top, basename(page)))).toBeGreaterThan(0);
  });
});
