import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, root, temporaryFolder } from '../support/command.ts';
import { peers, peerScripts } from '../support/peers.ts';
import type { Told } from './told.ts';
import { differences, toldIn } from './told.ts';

const execute = promisify(execFile);

let folder = '';
let told: readonly Told[] = [];

beforeAll(async () => {
  await execute('bash', [join(peerScripts, 'python/install.sh'), 'main'], { maxBuffer: 2 ** 26 });
  folder = await temporaryFolder();
  const script = join(root, 'tests/interop/write_with_delta_rs.py');
  const { stdout } = await execute(join(peers, 'python/main/bin/python'), [script, folder], { maxBuffer: 2 ** 26 });
  told = toldIn(stdout);
});
afterAll(async () => {
  await removeFolder(folder);
});

describe('tables that delta-rs writes now', () => {
  it('hold in every version what delta-rs reads', async () => {
    const versions = told.filter((line) => line.version !== undefined);
    expect([...new Set(versions.map((line) => line.table))]).toEqual([
      'changing',
      'checkpoints',
      'growing',
      'partitioned',
    ]);
    expect(await differences(versions, folder)).toEqual({});
  });

  it('have the changes that delta-rs tells', async () => {
    const feeds = told.filter((line) => line.changes === true);
    expect(feeds).toHaveLength(1);
    expect(await differences(feeds, folder)).toEqual({});
  });
});
