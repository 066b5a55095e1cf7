import { appendFile, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Lake } from '../lake/lake.ts';
import type { Project } from '../project/model.ts';
import type { Sighting } from './observe.ts';
import type { QuietAnswer } from './quiet-memo.ts';
import { lookFirst, noteQuiet } from './quiet-memo.ts';

let folder = '';
let lakeFolder = '';
const place = (program = 'lakesmith 1'): Parameters<typeof lookFirst>[0] => ({
  folder,
  environment: undefined,
  parameters: [],
  program,
  memo: 'quiet',
});

const source = {
  kind: 'source',
  name: 'bronze.orders',
  from: { kind: 'files', pattern: 'landing/*.json' },
};
// Only what the memo reads of a project and of a sighting.
const project = (): Project =>
  ({
    folder,
    timezone: 'UTC',
    clockMs: 0,
    connections: new Map(),
    imports: ['lib/a.ts'],
    tables: new Map([[source.name, source]]),
  }) as never;
const sighting = (): Sighting =>
  ({
    release: { release: 4 },
    paths: new Map([[source.name, 'bronze/orders']]),
    tables: new Map([[source.name, { version: 2 }]]),
  }) as never;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-quiet-'));
  lakeFolder = join(folder, 'lake');
  for (const path of [
    '.lakesmith',
    'bronze',
    'landing',
    'lib',
    'lake/_lakesmith/releases',
    'lake/bronze/orders/_delta_log',
  ]) {
    await mkdir(join(folder, path), { recursive: true });
  }
  await writeFile(join(folder, 'lakesmith.yml'), 'name: ${env:QUIET_TEST_NAME:-a}\n');
  await writeFile(join(folder, 'bronze/orders.yml'), 'files: landing/*.json\n');
  await writeFile(join(folder, 'landing/a.json'), '{}\n');
  await writeFile(join(folder, 'lib/linked.yml'), 'files: landing/*.csv\n');
  await symlink(join(folder, 'lib/linked.yml'), join(folder, 'bronze/linked.yml'));
  await writeFile(join(folder, 'lib/a.ts'), 'export const a = 1;\n');
});
afterEach(() => rm(folder, { recursive: true }));

const lake = (): Lake => {
  const store = { localPath: lakeFolder };
  return { store, state: store, owns: () => true } as never;
};

/** Two looks that found nothing to do. */
async function settle(): Promise<void> {
  for (let i = 0; i < 2; i += 1)
    await noteQuiet(place(), await lookFirst(place()), { project: project(), sighting: sighting(), lake: lake() });
}

const isQuiet = async (program?: string): Promise<boolean> => (await lookFirst(place(program))).answer !== undefined;

describe('the note that there is nothing to do', () => {
  it('is believed after the second look, as long as nothing differs', async () => {
    expect(await isQuiet()).toBe(false);
    await noteQuiet(place(), await lookFirst(place()), { project: project(), sighting: sighting(), lake: lake() });
    expect(await isQuiet()).toBe(false);
    await settle();
    expect((await lookFirst(place())).answer).toMatchObject({ release: 4, tables: ['bronze.orders'] });
  });

  it('does not believe what came in while the run was looking', async () => {
    await settle();
    const first = await lookFirst<QuietAnswer>(place());
    await writeFile(join(folder, 'landing/b.json'), '{}\n');
    await noteQuiet(place(), first, { project: project(), sighting: sighting(), lake: lake() });
    expect(await isQuiet()).toBe(false);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a new file', () => writeFile(join(folder, 'landing/b.json'), '{}\n')],
    ['a file that grew', () => appendFile(join(folder, 'landing/a.json'), '{}\n')],
    ['a file with another time', () => utimes(join(folder, 'landing/a.json'), 1, 1)],
    ['another definition', () => appendFile(join(folder, 'bronze/orders.yml'), '# more\n')],
    ['a definition that a link leads to', () => appendFile(join(folder, 'lib/linked.yml'), '# more\n')],
    ['a file of grants', () => writeFile(join(folder, 'grants.yml'), 'a: b\n')],
    ['a new model', () => mkdir(join(folder, 'gold')).then(() => writeFile(join(folder, 'gold/x.sql'), 'select 1'))],
    ['a module that a model imports', () => writeFile(join(folder, 'lib/a.ts'), 'export const a = 2;\n')],
    ['a module that is gone', () => rm(join(folder, 'lib/a.ts'))],
    ['a new release', () => writeFile(join(lakeFolder, '_lakesmith/releases/5.json'), '{}')],
    ['a foreign commit', () => writeFile(join(lakeFolder, 'bronze/orders/_delta_log/00000000000000000003.json'), '{}')],
    ['a lake that is gone', () => rm(lakeFolder, { recursive: true })],
  ])('is not believed after %s', async (_, change) => {
    await settle();
    expect(await isQuiet()).toBe(true);
    await change();
    expect(await isQuiet()).toBe(false);
  });

  it('is not believed by another program, or under another variable', async () => {
    await settle();
    expect(await isQuiet('lakesmith 2')).toBe(false);
    process.env['QUIET_TEST_NAME'] = 'b';
    expect(await isQuiet()).toBe(false);
    delete process.env['QUIET_TEST_NAME'];
    expect(await isQuiet()).toBe(true);
  });
});
