import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { openDuckDb } from './engine.ts';
import { guardParquet } from './parquet-guard.ts';

let engine: Engine;
let folder: string;
let whole: Buffer;
beforeAll(async () => {
  engine = await openDuckDb({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-guard-'));
  // Wide enough for a footer that one short read does not bring.
  const columns = Array.from({ length: 400 }, (_, i) => `range as column_${i}`).join(', ');
  const request = { sql: `select ${columns} from range(3)`, relations: [], timezone: 'UTC' };
  const file = join(folder, 'whole.parquet');
  await engine.export({ ...request, file, format: 'parquet' });
  whole = await readFile(file);
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** The start of the footer: its version, then the list of the schema's elements. */
function footerStart(bytes: Buffer): number {
  return bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
}

async function put(bytes: Buffer): Promise<string> {
  const file = join(folder, `${crypto.randomUUID()}.parquet`);
  await writeFile(file, bytes);
  return file;
}

/** The file, whose schema says that it has 50 million elements: the engine would make room for them. */
function absurd(): Buffer {
  const start = footerStart(whole);
  const list = whole.indexOf(Buffer.from([0x19, 0xfc]), start) + 2;
  const count = Buffer.from([0x80, 0xe1, 0xeb, 0x17]);
  const length = Buffer.alloc(4);
  // The list of 401 elements has a length of two bytes.
  length.writeUInt32LE(whole.length - 8 - start + 2);
  return Buffer.concat([
    whole.subarray(0, list),
    count,
    whole.subarray(list + 2, -8),
    length,
    Buffer.from('PAR1', 'latin1'),
  ]);
}

describe('guardParquet', () => {
  it('lets whole files pass, and what the engine refuses by itself', async () => {
    expect(whole.length - footerStart(whole)).toBeGreaterThan(16 * 1024);
    guardParquet([join(folder, 'whole.parquet'), join(folder, 'missing.parquet')]);
    for (const bytes of [Buffer.alloc(0), Buffer.from('PAR1'), Buffer.from('no Parquet at all')])
      guardParquet([await put(bytes)]);
  });

  it('refuses lists that are longer than their footer, before the engine sees them', async () => {
    const file = await put(absurd());
    const refusal = { code: 'LS3004', message: expect.stringContaining('more than there is room for') };
    expect(() => guardParquet([file])).toThrow(expect.objectContaining(refusal));
    await expect(engine.readParquet(file)).rejects.toMatchObject(refusal);
    const relation = {
      name: 't',
      kind: 'parquet' as const,
      columns: [{ name: 'column_0', type: 'long' as const }],
      files: [{ location: file, partitionValues: {} }],
    };
    await expect(
      engine.query({ sql: 'select * from t', relations: [relation], timezone: 'UTC' }),
    ).rejects.toMatchObject(refusal);
  });

  it('refuses a footer that is longer than its file, or than any can be', async () => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(bytes.length, bytes.length - 8);
    const file = await put(bytes);
    expect(() => guardParquet([file])).toThrow('longer than the file');
    const end = Buffer.from(whole.subarray(-8));
    end.writeUInt32LE(110 * 1024 * 1024);
    const large = join(folder, 'large.parquet');
    await writeFile(large, '');
    await truncate(large, 120 * 1024 * 1024);
    await appendFile(large, end);
    expect(() => guardParquet([large])).toThrow('more than can be read');
  });

  // There are no named pipes in folders on Windows.
  it.skipIf(process.platform === 'win32')('refuses what is no file, and does not wait for it', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const location of [pipe, '/dev/zero']) expect(() => guardParquet([location])).toThrow('it is no file');
  });
});
