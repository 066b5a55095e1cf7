import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSnapshot, stageAppend } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { disk, watching } from '../storage/watched-disk.test-suite.ts';
import { PowerCutBench } from './power-cut.test-suite.ts';
import { tableOperations } from './table-operations.test-suite.ts';
import { writeRows } from './table-rows.ts';
import { commitWrite, createTable, detailsOf } from './write-table.ts';

vi.mock('node:fs', async (load) =>
  (await import('../storage/watched-disk.test-suite.ts')).watchedFs(await load<typeof import('node:fs')>()),
);
vi.mock('node:fs/promises', async (load) =>
  (await import('../storage/watched-disk.test-suite.ts')).watchedPromises(
    await load<typeof import('node:fs/promises')>(),
  ),
);
// Smaller files are written whole, and large ones are slow to make again and again.
vi.mock('./kept-columns.ts', async (load) => ({
  ...(await load<typeof import('./kept-columns.ts')>()),
  leastRows: 1000,
}));

let power: PowerCutBench;
beforeAll(async () => {
  power = await PowerCutBench.open(1);
});
afterAll(() => power.close());

// All operations: tests/crash/table-power-cut.test.ts.
const few = new Set(['append', 'update']);

it('is tried on a table with a marked file', async () => {
  const { files } = await readSnapshot((await power.newTable('vectors')).io);
  expect([...files.values()].some(({ deletionVector }) => deletionVector?.storageType === 'u')).toBe(true);
});

describe('a power cut between any two steps', () => {
  const cases = tableOperations.filter(({ name }) => few.has(name));
  it.each(cases.flatMap((one) => one.kinds.map((kind) => ({ ...one, kind }))))(
    'of $name ($kind) leaves the table before or after it',
    async ({ kind, act }) => {
      const outcomes = await power.outcomesOf(kind, { act });
      expect(outcomes.length).toBeGreaterThan(3);
      for (const { told, found, wanted } of outcomes) expect(found, told).toEqual(wanted);
    },
  );

  it('of making a table leaves none or a whole one', async () => {
    const folder = power.newFolder();
    await mkdir(folder);
    const table = await power.openTable(join(folder, 'new', 't'));
    const definition = { columns: parseColumnDefinitions('id BIGINT') };
    const cuts = await power.cutsOf(folder, () => createTable(table, definition));
    expect(cuts.length).toBeGreaterThan(2);
    for (const cut of cuts) {
      const left = await power.openTable(join(power.reboot(cut), 'new', 't'));
      const version = await readSnapshot(left.io).then(
        (snapshot) => snapshot.version,
        (error: unknown) => (cut.isLast ? error : 'none'),
      );
      expect([0, 'none'], cut.told).toContain(version);
    }
  });
});

it('a power cut in the midst of commits at the same time leaves the first ones whole, with all that were told', async () => {
  const root = power.newFolder();
  const told = join(root, 'told');
  await mkdir(told, { recursive: true });
  const table = await power.openTable(join(root, 't'));
  await createTable(table, { columns: parseColumnDefinitions('id BIGINT') });
  const base = await readSnapshot(table.io);
  const commits = [1, 2, 3].map(async (id) => {
    const files = await writeRows(table, base, { sql: `select ${id}`, relations: [] });
    return { id, files, staged: stageAppend(base, { ...detailsOf(table), files }) };
  });
  const written = await Promise.all(commits);
  // Who is told that it is done keeps it for good at that moment.
  const tell = (id: number): void => {
    const path = join(told, String(id));
    writeFileSync(path, '');
    for (const flushed of [path, told]) disk.flushed(flushed);
  };
  const cuts = await power.cutsOf(root, () =>
    Promise.all(
      written.map(async ({ id, files, staged }) => {
        await commitWrite(table, staged, { operation: 'WRITE', files, base });
        tell(id);
      }),
    ),
  );
  expect(cuts.length).toBeGreaterThan(10);
  for (const cut of cuts) {
    const left = await power.openTable(join(power.reboot(cut), 't'));
    const { version } = await readSnapshot(left.io);
    const rows = (await power.bench.rows(left)).map(([id]) => Number(id));
    expect(rows, cut.told).toEqual([1, 2, 3].slice(0, version));
    const acknowledged = [1, 2, 3].filter((id) => cut.files.has(`told/${id}`));
    expect(rows, cut.told).toEqual(expect.arrayContaining(acknowledged));
    if (cut.isLast) expect(acknowledged).toEqual([1, 2, 3]);
  }
});

describe('a commit of which the disk does not confirm the name', () => {
  it('is no success, though it can be seen', async () => {
    const table = await power.newTable('files');
    const root = table.locate('').replace(/\/$/, '');
    const before = ({ call, path }: { call: string; path: string }): undefined => {
      if (call === 'fsync' && path.endsWith('/_delta_log'))
        throw Object.assign(new Error('on purpose'), { code: 'EIO' });
    };
    const append = watching({ root, before }, () => power.bench.append(table, [{ id: 99 }]));
    await expect(append).rejects.toMatchObject({ code: 'not-durable', message: expect.stringContaining('on purpose') });
    expect((await readSnapshot(table.io)).version).toBe(5);
  });
});
