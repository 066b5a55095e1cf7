import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, root, temporaryFolder } from '../support/command.ts';
import { allBugs } from '../planted/all-bugs.ts';

/** The checks of the house must catch what they are for: each is given a copy of the house with one fault in it. */
let house = '';
beforeAll(async () => {
  house = await temporaryFolder();
  for (const entry of [
    'packages',
    'scripts',
    'tests',
    'bench',
    'package.json',
    'knip.json',
    '.dependency-cruiser.mjs',
    'ARCHITECTURE.md',
    'vitest.config.ts',
    'tsconfig.json',
    'tsconfig.base.json',
    '.oxlintrc.json',
  ]) {
    await cp(join(root, entry), join(house, entry), {
      recursive: true,
      filter: (path) => !/\/(node_modules|golden)(\/|$)/.test(path.slice(root.length)),
    });
  }
  await mkdir(join(house, 'node_modules'));
  await rm(join(house, 'node_modules'), { recursive: true });
  await symlink(join(root, 'node_modules'), join(house, 'node_modules'), 'dir');
});
afterAll(() => removeFolder(house));

function check(...args: readonly string[]): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: house, encoding: 'utf8' });
  return { code: status, said: stdout + stderr };
}
const layers = (): ReturnType<typeof check> => check('scripts/check-layers.mjs');
const unused = (): ReturnType<typeof check> => check('node_modules/knip/bin/knip.js');

async function planted<T>(files: Readonly<Record<string, string>>, act: () => T): Promise<T> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(house, path)), { recursive: true });
    await writeFile(join(house, path), text);
  }
  try {
    return act();
  } finally {
    for (const path of Object.keys(files)) await rm(join(house, path));
  }
}

const program = 'packages/lakesmith/src';

describe('faults that are planted', () => {
  it('can be: each in one place of its file, whose text is what it was', async () => {
    expect(allBugs.length).toBeGreaterThan(50);
    const lost: string[] = [];
    for (const { name, file, replace } of allBugs)
      if ((await readFile(join(root, file), 'utf8')).split(replace[0]).length !== 2) lost.push(name);
    expect(lost).toEqual([]);
  });
});

describe('the checks of the house', () => {
  it('pass on the house as it is', () => {
    expect(layers()).toMatchObject({ code: 0 });
    expect(unused()).toMatchObject({ code: 0 });
  });

  it('find an import that runs up', async () => {
    const text = "import { runProject } from '../run/run.ts';\nexport const up: unknown = runProject;\n";
    const { code, said } = await planted({ [`${program}/lake/planted.ts`]: text }, layers);
    expect(code).toBe(1);
    expect(said).toContain('floor-of-lake');
  });

  it('find a circle', async () => {
    const files = {
      [`${program}/core/planted-a.ts`]: "import { b } from './planted-b.ts';\nexport const a: number = b;\n",
      [`${program}/core/planted-b.ts`]: "import { a } from './planted-a.ts';\nexport const b: number = a;\n",
    };
    const { code, said } = await planted(files, layers);
    expect(code).toBe(1);
    expect(said).toContain('no-circle');
  });

  it('find a protocol that leans on the program, and a dependency that is not declared', async () => {
    const leaning =
      "import { messageOf } from '../../lakesmith/src/core/errors.ts';\nexport const planted: unknown = messageOf;\n";
    expect(await planted({ 'packages/delta/src/planted.ts': leaning }, layers)).toMatchObject({ code: 1 });
    const undeclared = "import fc from 'fast-check';\nexport const planted: unknown = fc;\n";
    expect(await planted({ [`${program}/core/planted.ts`]: undeclared }, layers)).toMatchObject({ code: 1 });
  });

  it('find an export and a dependency that nobody uses', async () => {
    const text = 'export const nobodyWantsThis = 1;\n';
    const { code, said } = await planted({ [`${program}/core/planted.ts`]: text }, unused);
    expect(code).toBe(1);
    expect(said).toContain('planted');
  });
});
