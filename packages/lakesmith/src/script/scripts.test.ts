import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptOptions, ScriptRead } from './scripts.ts';
import { openScripts } from './scripts.ts';
import type { UserFiles } from './user-modules.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-scripts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const filesOf = (texts: Readonly<Record<string, string>>): UserFiles => ({
  folder: '/project',
  read: (path) => Promise.resolve(path in texts ? new TextEncoder().encode(texts[path]) : undefined),
});

async function readAll(
  texts: Readonly<Record<string, string>>,
  options: Partial<ScriptOptions> = {},
): Promise<readonly ScriptRead[]> {
  const paths = Object.keys(texts).filter((path) => path.startsWith('gold/'));
  return await openScripts({ program: 'test', timeMs: 60_000, ...options }).read(filesOf(texts), paths);
}

const model = (sql: string): string => `import { model } from 'lakesmith';\nexport default model({ sql: ${sql} });\n`;

describe('a file that is read', () => {
  it('gives its definition as data, and the texts that it was made of', async () => {
    const texts = {
      'gold/a.ts':
        "import { model } from 'lakesmith';\nimport { k as key } from '../lib/k';\n\nexport default model({ key, track: undefined, sql: 'select 1' });",
      'lib/k.ts':
        "import { name } from './name.js';\nimport data from './data.json' with { type: 'json' };\nexport const k: string = name + data.n;",
      'lib/name.ts': "export const name = 'id' as const;",
      'lib/data.json': '{ "n": 1 }',
    };
    const [read] = await readAll(texts);
    expect(read).toMatchObject({
      ok: true,
      family: false,
      models: [
        {
          settings: { key: 'id1', sql: 'select 1' },
          makesRows: false,
          place: { file: 'gold/a.ts', line: 4, column: 16 },
        },
      ],
    });
    expect(read?.ok && [...read.texts.keys()].sort()).toEqual(Object.keys(texts).sort());
  });

  it('knows nothing of what another did', async () => {
    const using =
      "import { model } from 'lakesmith';\nimport { next } from '../lib/next.ts';\nexport default model({ sql: `select ${next()}` });";
    const reads = await readAll({
      'gold/a.ts': using,
      'gold/b.ts': using,
      'lib/next.ts': 'let n = 0;\nexport const next = (): number => ++n;',
    });
    expect(reads.map((read) => read.ok && read.models[0]?.settings['sql'])).toEqual(['select 1', 'select 1']);
  });

  it('is judged by itself when one before it broke the thread', async () => {
    const [first, second, third] = await readAll({
      'gold/a.ts': "Array.prototype.map = () => { throw new Error('broken'); };\nexport default 1;",
      'gold/b.ts': model("'select 2'"),
      'gold/c.ts': `setTimeout(() => { throw new Error('later'); }, 0);\n${model("'select 3'")}`,
    });
    expect(first).toMatchObject({ ok: false });
    expect(second).toMatchObject({ ok: true });
    expect(third).toMatchObject({ ok: true });
  });

  it('that needs more memory than it may is told so, and the next one is read', async () => {
    const eat = 'const all: string[][] = [];\nfor (;;) all.push(Array.from({ length: 1000 }, (_, i) => `row ${i}`));';
    const [first, second] = await readAll(
      { 'gold/a.ts': eat, 'gold/b.ts': model("'select 1'") },
      { memoryBytes: 48 * 2 ** 20 },
    );
    expect(first).toMatchObject({
      ok: false,
      diagnostic: { code: 'LS1214', message: expect.stringContaining('48 MB') },
    });
    expect(second).toMatchObject({ ok: true });
  });

  it('that never ends is told with the line that it is at', async () => {
    const loop = 'export function spin(): void {\n  for (;;) {\n    Math.sqrt(2);\n  }\n}';
    const [read] = await readAll(
      { 'gold/a.ts': "import { spin } from '../lib/spin.ts';\nspin();", 'lib/spin.ts': loop },
      { timeMs: 2000 },
    );
    expect(read).toMatchObject({ ok: false, diagnostic: { code: 'LS1214', place: { file: 'lib/spin.ts' } } });
    expect([2, 3]).toContain(read?.ok ? undefined : read?.diagnostic.place?.line);
  });
});

describe('packages', () => {
  it('are known of each file that imports them, and those that they import', async () => {
    const write = async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    };
    for (const [name, text] of [
      ['one', "import { b } from '@some/two';\nexport const a = b;"],
      ['@some/two', 'export const b = 1;'],
      ['three', 'export const c = 1;'],
    ] as const) {
      await write(`node_modules/${name}/package.json`, `{ "name": "${name}", "type": "module", "main": "index.js" }`);
      await write(`node_modules/${name}/index.js`, text);
    }
    const using = (name: string): string =>
      `import '${name}';\nimport { model } from 'lakesmith';\nexport default model({ sql: 'select 1' });`;
    const texts = {
      'gold/a.ts': using('one'),
      'gold/b.ts': using('one'),
      'gold/c.ts': using('three'),
      'gold/d.ts': using('one'),
    };
    const files: UserFiles = { ...filesOf(texts), folder };
    const reads = await openScripts({ program: 'test', timeMs: 60_000 }).read(files, Object.keys(texts));
    const [both, other] = [
      ['node_modules/@some/two/package.json', 'node_modules/one/package.json'],
      ['node_modules/three/package.json'],
    ];
    expect(reads.map((read) => read.ok && [...read.packages.keys()].sort())).toEqual([both, both, other, both]);
  });
});

describe('what was read', () => {
  it('is remembered until something of it changes', async () => {
    const cacheFile = join(folder, 'typescript.json');
    const texts: Record<string, string> = {
      'gold/a.ts':
        "import { model } from 'lakesmith';\nimport { sql } from '../lib/sql.ts';\nexport default model({ sql: sql + ' -- ' + Math.random() });",
      'lib/sql.ts': "export const sql = 'select 1';",
    };
    const sqlNow = async (program = 'test'): Promise<unknown> => {
      const [read] = await readAll(texts, { cacheFile, program });
      return read?.ok ? read.models[0]?.settings['sql'] : read;
    };
    const first = await sqlNow();
    expect(await sqlNow()).toBe(first);
    expect(await sqlNow('another program')).not.toBe(first);

    const before = await sqlNow();
    texts['lib/sql.ts'] = "export const sql = 'select 2';";
    const changed = await sqlNow();
    expect(changed).toMatch(/^select 2/);
    expect(changed).not.toBe(before);
    await writeFile(cacheFile, (await readFile(cacheFile, 'utf8')).slice(0, 20));
    expect(await sqlNow()).not.toBe(changed);
  });

  it('is not remembered when it failed', async () => {
    const cacheFile = join(folder, 'failed.json');
    const texts: Record<string, string> = { 'gold/a.ts': "import { x } from '../lib/x.ts';\nexport default x;" };
    expect(await readAll(texts, { cacheFile })).toMatchObject([{ ok: false }]);
    texts['lib/x.ts'] = "import { model } from 'lakesmith';\nexport const x = model({ sql: 'select 1' });";
    expect(await readAll(texts, { cacheFile })).toMatchObject([{ ok: true }]);
  });
});
