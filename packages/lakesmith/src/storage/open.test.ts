import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { openStore } from './open.ts';

it('opens folders and memory, and says which stores there are', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lakesmith-open-'));
  expect((await openStore(folder)).localPath).toBe((await openStore(pathToFileURL(folder).href)).localPath);
  expect((await openStore('memory:')).localPath).toBeUndefined();
  await expect(openStore('s3://bucket/lake')).rejects.toThrow('There is no store for s3: addresses');
  await expect(openStore('file://host/x')).rejects.toMatchObject({ code: 'LS3101' });
  await rm(folder, { recursive: true });
});
