import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../packages/lakesmith/src/site/catalogue.ts';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { madeUpCatalogue } from './made-up-catalogue.ts';
import { openSite, startBrowser, writeSiteOf } from './open-site.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

const texts = [
  '<script>alert(1)</script>',
  '</script><script>alert(2)</script>',
  '<img src=x onerror=alert(3)>',
  '"><svg onload=alert(4)>',
  'javascript:alert(5)',
  '\u2028alert(6)//\u2029',
  '${alert(7)}`',
  '--><!--',
  '__proto__',
  'constructor',
  '%2e%2e/%',
  'a/b?c#d&e=f',
  'עברית \u202e gold',
];

/** A catalogue in which every text is the same hostile one. */
function hostileCatalogue(text: string): Catalogue {
  const made = madeUpCatalogue(
    6,
    (layer, index) => `${layer}.${text}${index}`,
    (index) => `${text}${index}`,
  );
  const rules = made.quality.rules.map((rule) => ({ ...rule, name: text, text, severity: text, place: text }));
  return {
    overview: {
      ...made.overview,
      project: text,
      environment: text,
      tables: made.overview.tables.map((table) => ({ ...table, about: text, owner: text, tags: [text] })),
      broken: made.overview.broken.map((one) => ({ ...one, name: text, severity: text, message: text })),
      readers: [{ kind: 'dashboard', title: text, file: text, tables: [0, 5] }],
    },
    columns: {
      tables: made.columns.tables.map((table) => ({
        ...table,
        more: text,
        columns: table.columns.map((column) => ({ ...column, type: text, about: text, tags: [{ tag: text }] })),
      })),
    },
    quality: { rules },
    tables: made.tables.map((table) => ({
      ...table,
      description: text,
      files: [
        { file: text, language: 'sql', text },
        { file: text, language: 'yaml', text },
      ],
    })),
  };
}

describe('texts that would be more than text', () => {
  it.each(texts)('stand as they are on every page: %j', async (text) => {
    const folder = await temporaryFolder();
    try {
      await writeSiteOf(hostileCatalogue(text), folder);
      const { page, problems, go } = await openSite(browser, folder);
      const name = encodeURIComponent(`gold.${text}5`);
      const column = encodeURIComponent(`${text}1`);
      for (const hash of [
        '',
        'tables',
        `tables?tag=${encodeURIComponent(text)}`,
        'quality',
        'lineage',
        `table/${name}`,
        `table/${name}/${column}`,
        `lineage/${name}`,
        `lineage/${name}/${column}`,
      ]) {
        await go(`#/${hash}`);
        expect(await page.textContent('body'), hash).toContain(text);
        const added = await page.evaluate(
          () => document.querySelectorAll('body script, body img, [onload], [onerror]').length,
        );
        expect(added, hash).toBe(0);
      }
      await page.fill('.search', text.slice(0, 8));
      await page.locator('.results li').first().waitFor();
      expect(await page.textContent('.results')).toContain(text);
      expect(await page.locator('a[href]:not([href^="#"])').count()).toBe(0);
      expect(problems).toEqual([]);
      await page.close();
    } finally {
      await removeFolder(folder);
    }
  });

  it('could not run even if they became more: the page runs only its own files', async () => {
    const folder = await temporaryFolder();
    try {
      await writeSiteOf(madeUpCatalogue(3), folder);
      const { page, problems } = await openSite(browser, folder);
      await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'window.planted = true';
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'https://example.com/x.png';
        document.body.append(image);
      });
      expect(await page.evaluate(() => 'planted' in window)).toBe(false);
      expect(problems.filter((problem) => problem.includes('Content Security Policy')).length).toBeGreaterThan(0);
      await page.close();
    } finally {
      await removeFolder(folder);
    }
  });
});
