import { readSnapshot, stageAppend } from '@lakesmith/delta';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { DiskStep } from '../storage/watched-disk.test-suite.ts';
import { watching } from '../storage/watched-disk.test-suite.ts';
import type { DeltaTable } from './delta-table.ts';
import { TableBench } from './table-bench.test-suite.ts';
import { writeRows } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';

vi.mock('node:fs', async (load) =>
  (await import('../storage/watched-disk.test-suite.ts')).watchedFs(await load<typeof import('node:fs')>()),
);

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

const rootOf = (table: DeltaTable): string => table.locate('').replace(/\/$/, '');
const isData = ({ path }: DiskStep): boolean => path.endsWith('.parquet');

it('a data file and its folders last before the commit that names it has its own name', async () => {
  const table = await bench.newTable('id BIGINT, "day" STRING', {}, ['day']);
  const steps: DiskStep[] = [];
  const before = (step: DiskStep): undefined => void steps.push(step);
  const day = 'ä b%c/d';
  await watching({ root: rootOf(table), before }, () => bench.append(table, [{ id: 1, day }]));
  const named = steps.findIndex(({ call, path }) => call === 'link' && path.endsWith('1.json'));
  const flushed = steps.slice(0, named).filter(({ call }) => call === 'fsync');
  const [data] = flushed.filter(isData);
  expect(data?.path).toContain('/day=');
  const folders = [data?.path.slice(0, data.path.lastIndexOf('/')), rootOf(table)];
  expect(flushed.map(({ path }) => path)).toEqual(expect.arrayContaining(folders));
  expect(flushed.filter(({ path }) => path.includes('/_delta_log/.tmp-'))).toHaveLength(1);
  // Once each, and the engine has not done it before.
  expect(steps.filter((step) => step.call === 'fsync' && isData(step))).toHaveLength(1);
  expect(steps.findIndex(isData)).toBeGreaterThan(steps.findIndex(({ path }) => path.includes('/_delta_log/.tmp-')));
  expect(await bench.rows(table)).toEqual([[1n, day]]);
});

it('where the disk fails to keep a data file nothing is committed, also not when it is asked again', async () => {
  const table = await bench.newTable('id BIGINT');
  const base = await readSnapshot(table.io);
  const before = (step: DiskStep): undefined => {
    if (step.call === 'fsync' && isData(step)) throw Object.assign(new Error('on purpose'), { code: 'EIO' });
  };
  const files = await writeRows(table, base, { sql: 'select 1', relations: [], loose: true });
  const staged = stageAppend(base, { ...detailsOf(table), files });
  const commit = (): Promise<unknown> => commitWrite(table, staged, { operation: 'WRITE', files, base });
  const lost = { code: 'LS3101', message: expect.stringContaining('on purpose') };
  await expect(watching({ root: rootOf(table), before }, commit)).rejects.toMatchObject(lost);
  await expect(commit()).rejects.toMatchObject(lost);
  expect((await readSnapshot(table.io)).version).toBe(0);
  // The next one is not concerned.
  await bench.append(table, [{ id: 2 }]);
  expect(await bench.rows(table)).toEqual([[2n]]);
});
