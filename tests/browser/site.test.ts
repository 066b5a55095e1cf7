import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { bringDay } from '../support/retail-days.ts';
import type { OpenSite } from './open-site.ts';
import { drawn, openSite, startBrowser } from './open-site.ts';

let browser: Browser;
let folder = '';
let site: OpenSite;
const open = async (options: Parameters<typeof openSite>[2] = {}): Promise<OpenSite> => {
  site = await openSite(browser, join(folder, 'retail/docs-site'), options);
  return site;
};
const heading = async (): Promise<string | null> => {
  await drawn(site.page);
  return await site.page.textContent('h1');
};

beforeAll(async () => {
  folder = await temporaryFolder();
  const project = join(folder, 'retail');
  await succeed(['init', project, '--sample']);
  await succeed(['run', '--project', project]);
  await bringDay(project, '2026-03-11');
  await succeed(['run', '--project', project], { env: { LAKESMITH_CLOCK: '2026-03-11T22:00:00Z' } });
  await succeed(['docs', '--project', project], { env: { LAKESMITH_CLOCK: '2026-03-11T22:00:00Z' } });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await removeFolder(folder);
});
afterEach(async () => {
  await site.page.close();
  if (site.problems.length > 0) throw new Error(site.problems.join('\n'));
});

describe('the site of the sample, opened from disk', () => {
  it('loads little at first, and each thing once when it is needed', async () => {
    const { page, loaded } = await open();
    expect(loaded.toSorted()).toEqual(['data/overview.js', 'index.html', 'site.css', 'site.js']);
    await page.click('.tree a[title="silver.orders"]');
    await page.getByRole('heading', { name: 'orders' }).waitFor();
    await page.click('.tree a[title="gold.sales"]');
    await page.getByRole('heading', { name: 'sales' }).waitFor();
    expect(loaded.slice(4).toSorted()).toEqual([
      'data/columns.js',
      'data/quality.js',
      'data/tables/gold.sales.js',
      'data/tables/silver.orders.js',
    ]);
  });

  it('says what there is and what needs attention', async () => {
    const { page } = await open();
    expect(await page.locator('.flow strong').allTextContents()).toEqual(['1', '5', '6', '6']);
    expect(await page.locator('.attention li').count()).toBe(5);
    expect(await page.textContent('.attention')).toContain('known_status: 1 of 186 rows was put aside');
    await page.click('.attention a >> nth=1');
    await expect.poll(heading).toBe('orders');
    expect(page.url()).toContain('#/table/silver.orders?part=quality');
  });

  it('goes back to where one was', async () => {
    const { page } = await open();
    await page.click('.pages a >> text=Tables');
    await page.click('.chip >> text=gold');
    await page.mouse.wheel(0, 120);
    await page.click('main a >> text=gold.sales_by_day');
    await expect.poll(heading).toBe('sales_by_day');
    await page.goBack();
    await expect.poll(heading).toBe('Tables');
    expect(new URL(page.url()).hash).toBe('#/tables?layer=gold');
    expect(await page.locator('tbody tr').count()).toBe(6);
    await page.goForward();
    await expect.poll(heading).toBe('sales_by_day');
  });

  it('has a link for each state', async () => {
    const { page, go } = await open({ hash: '#/table/silver.customers/email' });
    expect(await page.textContent('tr.asked')).toContain('As typed by the customer, lower case.pii');
    await go('#/quality?state=broken');
    expect(await page.locator('tbody tr').count()).toBe(5);
    await go('#/lineage/silver.orders?hops=1');
    expect(await page.locator('.box .title').allTextContents()).toEqual(['orders', 'orders', 'order_lines', 'sales']);
    await go('#/table/silver.nothing');
    expect(await page.textContent('main')).toContain('No table is called that here');
    await go('#/%E0%A4%A');
    await expect.poll(heading).toBe('Nothing here');
  });

  it('finds tables and columns from the keyboard', async () => {
    const { page } = await open();
    await page.keyboard.press('/');
    await page.keyboard.type('order status');
    await page.locator('.results .name >> text=silver.orders.status').waitFor();
    await page.keyboard.press('ArrowDown');
    const chosen = page.locator('[aria-selected=true] .name');
    const name = (await chosen.textContent()) ?? '';
    await page.keyboard.press('Enter');
    await page.locator('tr.asked').waitFor();
    expect(name.endsWith(`.${(await page.textContent('tr.asked .column-name a')) ?? ''}`)).toBe(true);
    expect(await page.locator('.results').isHidden()).toBe(true);
  });

  it('follows a column through the tables', async () => {
    const { page } = await open({ hash: '#/table/gold.sales' });
    await page.click('[aria-label="The way of margin"]');
    await page.locator('.line.chosen').waitFor();
    await expect.poll(heading).toBe('The way of gold.sales.margin');
    expect((await page.locator('.box .title').allTextContents()).toSorted()).toEqual([
      'order_lines',
      'orders',
      'orders',
      'products',
      'products',
      'sales',
      'sales_by_day',
      'sales_by_product',
    ]);
    await page.click('.line >> text=unit_cost >> nth=0');
    await expect.poll(heading).toBe('The way of bronze.products.unit_cost');
  });

  it('goes through the picture by keys', async () => {
    const { page } = await open({ hash: '#/lineage' });
    await page.locator('.box a >> nth=0').focus();
    const names: string[] = [];
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowLeft']) {
      await page.keyboard.press(key);
      names.push(await page.evaluate(() => document.activeElement?.getAttribute('href') ?? ''));
    }
    expect(new Set(names).size).toBeGreaterThan(2);
    await page.keyboard.press('Enter');
    await page.locator('.box.chosen').waitFor();
    expect(new URL(page.url()).hash).toBe(names.at(-1));
  });

  it('shows the files of a table with links to what they read', async () => {
    const { page } = await open({ hash: '#/table/silver.orders' });
    await page.click('pre a >> text=bronze.orders');
    await expect.poll(heading).toBe('orders');
    expect(new URL(page.url()).hash).toBe('#/table/bronze.orders');
  });
});

describe('how it looks', () => {
  const colours = async (): Promise<readonly string[]> =>
    await site.page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return [backgroundColor, color];
    });

  it('is light or dark as the system is, and as the reader chose', async () => {
    await open();
    const light = await colours();
    await site.page.close();
    const { page } = await open({ dark: true });
    const dark = await colours();
    expect(dark).not.toEqual(light);
    await page.click('.theme');
    expect(await colours()).toEqual(light);
    await page.reload();
    await drawn(page);
    expect(await colours()).toEqual(light);
  });

  it.each(['light', 'dark'])('can be read: all text has the contrast that WCAG AA asks for, %s', async (theme) => {
    const { page, go } = await open({ dark: theme === 'dark' });
    for (const hash of ['#/', '#/tables', '#/table/silver.orders', '#/table/silver.customers', '#/quality']) {
      await go(hash);
      await page.locator('main h1').waitFor();
      expect(await page.evaluate(poorContrast), hash).toEqual([]);
    }
  });

  it.each(['#/', '#/tables', '#/table/gold.sales', '#/lineage', '#/quality'])(
    'fits a narrow page without being wider than it: %s',
    async (hash) => {
      const { page } = await open({ hash, width: 360 });
      await page.locator('main h1').waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    },
  );

  it.each(['#/', '#/table/silver.orders', '#/quality', '#/lineage'])(
    'does not move while it is drawn: %s',
    async (hash) => {
      const { page } = await open({ hash });
      const shift = await page.evaluate(
        async () =>
          await new Promise<number>((resolve) => {
            let sum = 0;
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
            }).observe({ type: 'layout-shift', buffered: true });
            requestAnimationFrame(() => setTimeout(() => resolve(sum), 100));
          }),
      );
      expect(shift).toBeLessThan(0.01);
    },
  );
});

/** Texts whose colour is too near to what stands behind them: less than 4.5 to 1, for large ones less than 3 to 1. */
function poorContrast(): readonly string[] {
  const parse = (colour: string): readonly number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r = 0, g = 0, b = 0]: readonly number[]): number => {
    const part = (value: number): number =>
      value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element: Element | null): readonly number[] => {
    for (let one = element; one !== null; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if ((colour[3] ?? 1) > 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element === null || element instanceof SVGElement || node.textContent?.trim() === '') continue;
    if (!element.checkVisibility() || element.closest('.hidden, .skip, noscript') !== null) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const isLarge =
      parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) poor.push(`${node.textContent ?? ''}: ${ratio.toFixed(2)}`);
  }
  return poor;
}
