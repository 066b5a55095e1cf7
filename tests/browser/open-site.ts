import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { readSiteParts } from '../../packages/lakesmith/src/cli/site-parts.ts';
import type { Catalogue } from '../../packages/lakesmith/src/site/catalogue.ts';
import { siteFiles } from '../../packages/lakesmith/src/site/site-files.ts';

/** Debian's; there is no other to fall back on, and no test is left out without it. */
const executablePath = process.env['LAKESMITH_CHROMIUM'] ?? '/usr/bin/chromium';

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath, args, headless: true });
}

/** A page of a site that is opened from disk, and all that went wrong on it. */
export interface OpenSite {
  readonly page: Page;
  /** What the console said, errors, and requests for anything outside of the site's folder. */
  readonly problems: readonly string[];
  /** Files of the site that were loaded, in order. */
  readonly loaded: readonly string[];
  /** Goes to a state by its link, as if somebody had sent it. */
  readonly go: (hash: string) => Promise<void>;
}

export async function openSite(
  browser: Browser,
  folder: string,
  options: { readonly hash?: string; readonly width?: number; readonly dark?: boolean } = {},
): Promise<OpenSite> {
  const { hash = '', width = 1280, dark = false } = options;
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: dark ? 'dark' : 'light' });
  const problems: string[] = [];
  const loaded: string[] = [];
  page.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (url === 'data:,') return;
    const path = url.startsWith('file:') ? fileURLToPath(url.replace(/#.*/, '')) : url;
    if (path.startsWith(folder)) loaded.push(path.slice(folder.length + 1));
    else problems.push(`a request for ${url}`);
  });
  const go = async (to: string): Promise<void> => {
    await page.goto(`${pathToFileURL(join(folder, 'index.html')).href}${to}`);
    await drawn(page);
  };
  await go(hash);
  return { page, problems, loaded, go };
}

/** Waits until the page shows what its address says: what stood there before is shown until its data has come. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('main')?.dataset['shown'] === location.hash);
}

/** Writes the site of a catalogue that no project has. */
export async function writeSiteOf(catalogue: Catalogue, folder: string): Promise<void> {
  for (const { path, text } of siteFiles(catalogue, await readSiteParts())) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
