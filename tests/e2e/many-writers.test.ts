import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { removeFolder, root, succeed, temporaryFolder } from '../support/command.ts';

const execute = promisify(execFile);
const writers = 16;
const appends = Number(process.env['WRITER_APPENDS'] ?? 30);
const rows = 10;

it(
  `keeps each row of ${writers} processes that append to one table at once, once`,
  async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 't');
    const schema = 'writer BIGINT, append BIGINT, n BIGINT';
    const time = 'delta.enableInCommitTimestamps=true';
    await succeed(['table', 'create', path, '--schema', schema, '--property', time]);
    const script = join(root, 'tests/support/append-many.mjs');
    const all = Array.from({ length: writers }, (_, writer) =>
      execute(process.execPath, [script, path, String(appends), String(writer)]),
    );
    for (const { stderr } of await Promise.all(all)) expect(stderr).toBe('');
    const answer = await succeed(['table', 'read', path, '--json']);
    const found: { writer: number; append: number; n: number }[] = JSON.parse(answer);
    const keys = new Set(found.map(({ writer, append, n }) => `${writer} ${append} ${n}`));
    expect([found.length, keys.size]).toEqual([writers * appends * rows, writers * appends * rows]);
    const log = join(path, '_delta_log');
    const names = (await readdir(log)).filter((name) => /^\d{20}\.json$/.test(name)).sort();
    expect(names).toHaveLength(1 + writers * appends);
    const times: number[] = [];
    for (const name of names) {
      const [line = ''] = (await readFile(join(log, name), 'utf8')).split('\n', 1);
      const first: { commitInfo: { inCommitTimestamp: number } } = JSON.parse(line);
      times.push(first.commitInfo.inCommitTimestamp);
    }
    expect(times.every((at, i) => i === 0 || at > (times[i - 1] ?? Number.POSITIVE_INFINITY))).toBe(true);
    expect((await readdir(log)).filter((name) => name.startsWith('.tmp'))).toEqual([]);
    await succeed(['table', 'check', path, '--deep']);
    await removeFolder(folder);
  },
  300_000 + 60 * writers * appends,
);
