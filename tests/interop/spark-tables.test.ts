import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, root, temporaryFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import { peers, peerScripts } from '../support/peers.ts';
import type { Told } from './told.ts';
import { differences, toldIn } from './told.ts';

const execute = promisify(execFile);

let folder = '';
let told: readonly Told[] = [];

beforeAll(async () => {
  await execute('bash', [join(peerScripts, 'spark/install.sh')], { maxBuffer: 2 ** 26 });
  folder = await temporaryFolder();
  const script = join(root, 'tests/interop/write_with_spark.py');
  const python = join(peers, 'spark/venv/bin/python');
  const { stdout } = await execute(python, [script, join(peerScripts, 'spark'), folder], { maxBuffer: 2 ** 26 });
  told = toldIn(stdout);
}, 3_600_000);
afterAll(async () => {
  await removeFolder(folder);
});

describe('tables that Spark writes now', () => {
  it('are all written', () => {
    expect(told.filter((line) => line.error !== undefined)).toEqual([]);
    expect(new Set(told.map((line) => line.table)).size).toBe(38);
  });

  it('hold in every version what Spark reads', async () => {
    const versions = told.filter((line) => line.version !== undefined);
    expect(await differences(versions, folder)).toEqual({});
  });

  it('have the changes that Spark tells', async () => {
    const feeds = told.filter((line) => line.changes === true);
    expect(feeds.map((line) => line.table)).toEqual(['change_feed', 'change_feed_with_vectors']);
    expect(await differences(feeds, folder)).toEqual({});
  });

  it('are refused when their files lie where nobody allowed it', async () => {
    const clone = told.find((line) => line.table === 'shallow_clone');
    const { code, stderr } = await runHere(['table', 'read', clone?.path ?? '', '--version', '0']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/LS3008/);
  });
});
