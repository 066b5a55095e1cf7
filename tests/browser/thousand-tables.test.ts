import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { madeUpCatalogue } from './made-up-catalogue.ts';
import { openSite, startBrowser, writeSiteOf } from './open-site.ts';

let browser: Browser;
let folder = '';
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeSiteOf(madeUpCatalogue(1000), folder);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await removeFolder(folder);
});

describe('a thousand tables with twenty thousand columns', () => {
  it('begin with less than half a megabyte', async () => {
    const { page, loaded, problems } = await openSite(browser, folder);
    const sizes = await Promise.all(loaded.map(async (path) => (await stat(join(folder, path))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(500_000);
    expect(await page.locator('.tree li').count()).toBe(1000);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('can be searched', async () => {
    const { page, problems } = await openSite(browser, folder);
    await page.keyboard.press('/');
    await page.keyboard.type('gold.t777 column_13');
    await page.locator('.results .name >> text=gold.t777.column_13').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('tr.asked').waitFor();
    expect(await page.textContent('h1')).toBe('t777');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('are a picture of layers that can be opened, and of what is around a table', async () => {
    const { page, problems, go } = await openSite(browser, folder, { hash: '#/lineage' });
    expect(await page.locator('.box .title').allTextContents()).toEqual(['bronze', 'silver', 'gold']);
    expect(await page.locator('.edge').count()).toBe(2);
    await page.click('.chip >> text=gold');
    await expect.poll(() => page.locator('.box').count()).toBe(2 + 332);
    await page.fill('[aria-label="Find a table"]', 'gold.t700');
    await page.keyboard.press('Enter');
    await page.locator('.box.chosen').waitFor();
    expect(await page.locator('.box').count()).toBe(3);
    await page.click('.chip >> text=its whole way');
    await expect.poll(() => page.locator('.box').count()).toBeGreaterThan(3);
    await go('#/lineage/gold.t700/column_3');
    expect(await page.locator('.line').count()).toBeGreaterThan(3);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('are lists that show their beginning first', async () => {
    const { page, problems, go } = await openSite(browser, folder, { hash: '#/tables' });
    expect(await page.locator('tbody tr').count()).toBe(200);
    await page.click('.more');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1000);
    await go('#/quality');
    expect(await page.textContent('tbody tr')).toContain('gold.t999');
    expect(problems).toEqual([]);
    await page.close();
  });
});
