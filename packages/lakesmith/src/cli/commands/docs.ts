import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { count } from '../../core/quantity.ts';
import { prepare } from '../../run/prepare.ts';
import { readCatalogue } from '../../site/read-catalogue.ts';
import { siteFiles } from '../../site/site-files.ts';
import { openPage } from '../open-page.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { renderBytes } from '../render.ts';
import { siteIn, writeSite } from '../site-folder.ts';
import { readSiteParts } from '../site-parts.ts';
import { programVersion } from '../version.ts';
import { wholeNumber } from '../whole-number.ts';

export interface DocsOptions extends CommonOptions {
  readonly out?: string;
  readonly release?: string;
  readonly open?: boolean;
}

const defaultFolder = 'docs-site';

/** Writes the catalogue of a project as a site that a browser opens from disk. */
export async function docs(options: DocsOptions): Promise<number> {
  const release = options.release === undefined ? undefined : wholeNumber('--release', options.release);
  const folder = resolve(options.out ?? join(options.project, defaultFolder));
  const before = await siteIn(folder);
  return await withWorkbench(options, async (bench) => {
    const { bound } = await prepare(bench);
    const source = { bound, lake: bench.lake, program: `lakesmith ${programVersion()}`, release };
    const catalogue = await readCatalogue(source);
    const files = siteFiles(catalogue, await readSiteParts());
    await writeSite(folder, files, before);
    const index = join(folder, 'index.html');
    const bytes = files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    const { overview } = catalogue;
    const opened = options.open === true && (await openPage(index));
    if (options.json === true) {
      printJson({
        ok: true,
        index,
        release: overview.release?.release ?? null,
        tables: overview.tables.length,
        files: files.length,
        bytes,
      });
      return 0;
    }
    const shown = overview.release === undefined ? 'no release yet' : `release ${overview.release.release}`;
    const size = [count(files.length, 'file'), renderBytes(bytes)];
    const place = relative(process.cwd(), folder);
    print([place === '' ? '.' : place, count(overview.tables.length, 'table'), shown, ...size].join(' · '));
    print(opened ? 'opened in your browser' : `open ${pathToFileURL(index).href}`);
    return 0;
  });
}
