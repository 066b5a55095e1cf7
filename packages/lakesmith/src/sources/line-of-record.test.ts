import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineOfRecord } from './line-of-record.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-line-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function lines(
  text: string,
  format: 'csv' | 'ndjson',
  records: readonly number[],
): Promise<(number | undefined)[]> {
  const file = join(folder, 'file');
  await writeFile(file, text);
  return await Promise.all(records.map((record) => lineOfRecord(file, format, record)));
}

describe('lineOfRecord', () => {
  it('counts past blank lines, with and without a last line end', async () => {
    expect(await lines('{"a":1}\n\n  \r\n{"a":2}\n{"a":3}', 'ndjson', [1, 2, 3, 4])).toEqual([1, 4, 5, undefined]);
  });
  it('counts past the header and through quoted line ends of a CSV', async () => {
    expect(await lines('a,b\n1,"x\ny ""z""\n"\n2,y\n', 'csv', [1, 2, 3])).toEqual([2, 5, undefined]);
  });
  it('knows nothing of a file that is gone, or of a JSON array', async () => {
    expect(await lineOfRecord(join(folder, 'gone'), 'csv', 1)).toBeUndefined();
    expect(await lineOfRecord(join(folder, 'file'), 'json', 1)).toBeUndefined();
  });
});
