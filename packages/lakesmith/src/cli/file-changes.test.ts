import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { changes } from './file-changes.ts';

it('tells of a change below a folder, not of what a run writes there, and ends when it is told to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lakesmith-changes-'));
  for (const name of ['lake', '.lakesmith']) await mkdir(join(folder, name));
  const controller = new AbortController();
  const told = changes(folder, controller.signal);
  expect(await told.next()).toMatchObject({ done: false });
  let second = false;
  const next = told.next().then((answer) => {
    second = true;
    return answer;
  });
  for (const own of ['lake/x', '.lakesmith/y']) await writeFile(join(folder, own), '1');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(second).toBe(false);
  await writeFile(join(folder, 'orders.sql'), 'select 1');
  expect(await next).toMatchObject({ done: false });
  const last = told.next();
  controller.abort();
  expect(await last).toMatchObject({ done: true });
  await rm(folder, { recursive: true });
});
