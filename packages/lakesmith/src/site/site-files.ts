import type { Catalogue } from './catalogue.ts';

/** What every site has in common. */
export interface SiteParts {
  readonly script: string;
  readonly style: string;
}

export interface SiteFile {
  /** Below the folder of the site, with '/'. */
  readonly path: string;
  readonly text: string;
}

/**
 * The files of a site: one page, its style and its script, and the catalogue as scripts, since a page that is opened from disk can load
 * nothing else. The first page loads `overview.js` only.
 */
export function siteFiles(catalogue: Catalogue, { script, style }: SiteParts): readonly SiteFile[] {
  const { overview, columns, quality, tables } = catalogue;
  return [
    { path: 'site.css', text: style },
    { path: 'site.js', text: script },
    dataFile('overview', overview),
    dataFile('columns', columns),
    dataFile('quality', quality),
    ...tables.map((table, i) => dataFile(`tables/${overview.tables[i]?.file ?? ''}`, table)),
    // Last, so that a page that is there has everything that it loads.
    { path: 'index.html', text: page(overview.project) },
  ];
}

function dataFile(name: string, value: unknown): SiteFile {
  const key = name.replace(/\.js$/, '');
  return {
    path: `data/${key}.js`,
    text: `(window.lakesmith ??= {})[${scriptText(key)}] = ${scriptText(value)};\n`,
  };
}

/** A value as a script has it: nothing in it can end the script, begin a tag or be a line end, wherever it stands. */
function scriptText(value: unknown): string {
  return lined(value, 2).replaceAll(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JSON with a line for each key and item of the outer levels, so that two versions can be compared. */
function lined(value: unknown, levels: number): string {
  if (levels === 0 || typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[\n${value.map((item) => lined(item, levels - 1)).join(',\n')}\n]`;
  const lines = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [`${JSON.stringify(key)}: ${lined(item, levels - 1)}`],
  );
  return `{\n${lines.join(',\n')}\n}`;
}

function page(project: string): string {
  const policy = "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src data:; base-uri 'none'";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="lakesmith docs">
<title>${escapeText(project)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="site.css">
<script src="data/overview.js"></script>
<script src="site.js"></script>
</head>
<body>
<noscript>This catalogue is drawn by a script. Allow scripts for this page to read it.</noscript>
</body>
</html>
`;
}

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
