import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith } from '../support/command.ts';
import { folderBytes } from '../support/folder-bytes.ts';
import { endHere, endOf, good, RefusalBench, refused } from '../support/refusal-bench.ts';

let bench: RefusalBench;
beforeAll(async () => {
  bench = await RefusalBench.open();
});
afterAll(() => bench.close());

/** What is done to a table that is there, with its path left out. */
const commands: readonly (readonly string[])[] = [
  ['append', '--from', 'ROWS'],
  ['overwrite', '--from', 'ROWS'],
  ['overwrite', '--from', 'ROWS', '--where', 'id > 0'],
  ['delete', '--where', 'id = 1'],
  ['update', '--set', "name = 'z'", '--where', 'id = 1'],
  ['merge', '--from', 'ROWS', '--key', 'id'],
  ['optimize'],
  ['vacuum', '--retain', '0s', '--force'],
  ['restore', '--version', '0'],
  ['alter', 'add', 'more INT'],
  ['alter', 'property', 'a=b'],
  ['checkpoint'],
  ['checkpoint', '--compact'],
  ['downgrade', '--feature', 'appendOnly'],
];

async function commandOn(path: string, [command = '', ...options]: readonly string[]): Promise<readonly string[]> {
  const rows = await bench.ndjson(good, { ...good, id: 1 });
  return ['table', command, path, ...options.map((word) => (word === 'ROWS' ? rows : word))];
}

/** A table with a feature that asks of writers what this program does not do. */
async function tableWith(feature: string): Promise<string> {
  const path = await bench.newTable();
  const version = join(path, '_delta_log', `${'6'.padStart(20, '0')}.json`);
  const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['appendOnly', feature] };
  const lines = [{ commitInfo: { timestamp: 1, operation: 'UPGRADE PROTOCOL' } }, { protocol }];
  await writeFile(version, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

describe('a table that must not be written to', () => {
  it.each(commands.map((command) => [command.join(' '), command] as const))('is left alone: %s', async (_, command) => {
    for (const feature of ['icebergCompatV2', 'checkpointProtection', 'ofTomorrow']) {
      const path = await tableWith(feature);
      const [, ...args] = await commandOn(path, command);
      expect(await endHere(path, args)).toEqual(refused('LS3007', new RegExp(`uses ${feature}`)));
    }
  });

  it.each(commands.map((command) => [command.join(' '), command] as const))(
    'is no table at all: %s',
    async (_, command) => {
      const folderOnly = bench.newPath();
      await mkdir(folderOnly);
      for (const path of [folderOnly, bench.at('nowhere')]) {
        const [, ...args] = await commandOn(path, command);
        expect(await endHere(path, args)).toEqual(refused('LS3003', /there is no|There is no/));
      }
    },
  );
});

describe('a disk', () => {
  it.each(commands.filter(([what]) => what !== 'vacuum').map((command) => [command.join(' '), command] as const))(
    'that is full leaves the table as it was: %s',
    async (_, command) => {
      const path = await bench.newTable();
      const words = await commandOn(path, command);
      expect(await endOf(path, () => lakesmith(words, { largestFileBytes: 0 }))).toEqual(refused('LS3101', /\w/));
    },
  );

  it.each(commands.map((command) => [command.join(' '), command] as const))(
    'that may only be read leaves the table as it was: %s',
    async (_, command) => {
      const path = await bench.newTable();
      const words = await commandOn(path, command);
      const folders = Object.keys((await folderBytes(path)) ?? {}).map((name) => dirname(join(path, name)));
      for (const one of new Set([path, ...folders])) await chmod(one, 0o555);
      expect(await endOf(path, () => lakesmith(words, { asNobody: true }))).toEqual(refused('LS3101', /\w/));
      // Or nobody but the one who may do everything could take it away.
      for (const one of new Set([path, ...folders])) await chmod(one, 0o755);
    },
  );
});
