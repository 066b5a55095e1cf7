import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomNumbers } from '../core/random-numbers.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { memoryProjectFiles } from './files.ts';
import { formatFile, joinSettings, splitSettings } from './format-file.ts';
import { schemaOf } from './json-schema.ts';
import { loadProject } from './load.ts';
import { plainValue, parseYaml } from './yaml.ts';
import { splitSqlFile } from './settings-comment.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

async function filesBelow(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Record<string, string> = {};
  for (const entry of names) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) files[path.relative(folder, file).split(path.sep).join('/')] = await readFile(file, 'utf8');
  }
  return files;
}
const retail = fileURLToPath(new URL('../../../../samples/retail', import.meta.url));
const wrong = fileURLToPath(new URL('golden/wrong', import.meta.url));

/** What a file says, without its places. */
function meaningOf(file: string, text: string): unknown {
  if (!file.endsWith('.sql')) {
    const { value, diagnostics } = parseYaml({ text, file });
    return value === undefined ? diagnostics.map(({ message }) => message) : plainValue(value);
  }
  const { settings, sql, lead, diagnostics } = splitSqlFile(text, file);
  const said = diagnostics.map(({ message }) => message);
  return [settings === undefined ? said : plainValue(settings), sql.replaceAll(/[ \t]+$/gm, ''), lead];
}

async function fingerprints(files: Readonly<Record<string, string>>): Promise<unknown> {
  const project = await loadProject(memoryProjectFiles(files), { environment: undefined, env: {}, compiler });
  return [...project.tables.values()].map((table) => [
    table.name,
    table.fingerprint,
    table.key,
    table.description,
    [...table.columnNotes],
    table.kind === 'model' && table.rulesFingerprint,
    table.kind === 'model' && table.rules.map(({ name, severity, sql }) => [name, severity, sql]),
  ]);
}

describe('fmt', () => {
  it.each([
    [
      'orders the keys as documented, each with its comments',
      'gold/a.sql',
      '/* ---\n# settings\ntags: [x]   # two\n# above\nkey: a\n--- */\nselect 1 as a',
      '/* ---\n# settings\n# above\nkey: a\ntags: [x]   # two\n--- */\nselect 1 as a\n',
    ],
    [
      'gives two spaces to a level',
      'gold/a.yml',
      'expect:\n      # why\n      warn:\n         a: b > 1   \n         # end\ntags:\n- x\n-   y\n\n\n',
      'tags:\n  - x\n  - y\nexpect:\n  # why\n  warn:\n    a: b > 1\n    # end\n',
    ],
    [
      'leaves rows as they are',
      'tests/a.test.yml',
      'given:\n    silver.a: |\n      a,  b  \n        c\ntest: gold.a\n',
      'test: gold.a\ngiven:\n  silver.a: |\n    a,  b  \n      c\n',
    ],
    [
      'leaves white space in texts',
      'gold/a.sql',
      "select 'a  \n b' as a,   \n  b -- c  \nfrom t  \n\n",
      "select 'a  \n b' as a,\n  b -- c\nfrom t\n",
    ],
    ['leaves what is no YAML', 'gold/a.yml', 'a: [  \n', 'a: [  \n'],
    ['keeps the ends of lines', 'gold/a.yml', 'tags: [a]  \r\nkey: b\r\n\r\n', 'key: b\r\ntags: [a]\r\n'],
  ])('%s', (_, file, text, expected) => {
    expect(formatFile(file, text)).toBe(expected);
    expect(formatFile(file, expected)).toBe(expected);
  });

  it('moves settings between the comment and the file beside it', () => {
    const rules = (n: number): string => Array.from({ length: n }, (_, i) => `    r${i}: a > ${i}\n`).join('');
    const sql = `-- What it is.\n/* ---\nexpect:\n  warn:\n${rules(9)}--- */\nselect a from t\n`;
    const split = splitSettings({ sql, yaml: 'key: a\n' });
    expect(split).toEqual({ sql: '-- What it is.\nselect a from t\n', yaml: `key: a\nexpect:\n  warn:\n${rules(9)}` });
    expect(joinSettings({ sql: split?.sql ?? '', yaml: split?.yaml })).toBeUndefined();
    expect(joinSettings({ sql: '-- What.\nselect 1', yaml: 'key: a\n' })).toEqual({
      sql: '-- What.\n/* ---\nkey: a\n--- */\nselect 1',
      yaml: undefined,
    });
    expect(joinSettings({ sql: 'select 1', yaml: "description: 'no */ in a comment'\n" })).toBeUndefined();
    expect(splitSettings({ sql: sql.replace('    r0: a > 0\n', ''), yaml: undefined })).toBeUndefined();
  });

  it('is done after the first time and changes no meaning, whatever the file', async () => {
    const random = randomNumbers(7);
    const corpora = [await filesBelow(retail), await filesBelow(wrong)];
    let changed = 0;
    for (const [name, text] of corpora.flatMap((files) => Object.entries(files))) {
      // A case of the corpus is a folder of its own.
      const file = schemaOf(name) === undefined ? name.slice(name.indexOf('/') + 1) : name;
      if (schemaOf(file) === undefined) continue;
      for (let round = 0; round < 4; round += 1) {
        const messy = round === 0 ? text : messed(text, random);
        const formatted = formatFile(file, messy);
        expect(meaningOf(file, formatted), messy).toEqual(meaningOf(file, messy));
        expect(formatFile(file, formatted), messy).toBe(formatted);
        if (formatted !== messy) changed += 1;
      }
    }
    expect(changed).toBeGreaterThan(200);
  });

  it('changes nothing of what a project makes', async () => {
    const files = await filesBelow(retail);
    const random = randomNumbers(11);
    const made = await fingerprints(files);
    const formatted: Record<string, string> = {};
    for (const [file, text] of Object.entries(files))
      formatted[file] = schemaOf(file) === undefined ? text : formatFile(file, messed(text, random, false));
    expect(await fingerprints(formatted)).toEqual(made);

    const split = { ...files };
    for (const file of Object.keys(files).filter((name) => /^(silver|gold)\/.*\.sql$/.test(name))) {
      const beside = file.replace(/sql$/, 'yml');
      const moved = splitSettings({ sql: files[file] ?? '', yaml: files[beside] });
      if (moved !== undefined) Object.assign(split, { [file]: moved.sql, [beside]: moved.yaml });
    }
    expect(Object.keys(split).length).toBeGreaterThan(Object.keys(files).length);
    expect(await fingerprints(split)).toEqual(made);
  });
});

/** The same text with white space where it may be, and sometimes where it may not. */
function messed(text: string, random: () => number, wild = true): string {
  const lines = text.split('\n');
  const wide = random() < 0.5 && !/\||^ *- /m.test(text);
  const isRows = text.includes(': |') || text.includes('- |');
  return lines
    .map((line) => (wide ? line.replace(/^( +)/, '$1$1') : line))
    .map((line) =>
      !isRows && random() < 0.3 && !line.trimEnd().endsWith("'")
        ? `${line}${' '.repeat(1 + Math.floor(random() * 3))}`
        : line,
    )
    .filter(() => !wild || random() > 0.02)
    .join(random() < 0.1 ? '\r\n' : '\n')
    .concat(random() < 0.5 ? '\n\n' : '');
}
