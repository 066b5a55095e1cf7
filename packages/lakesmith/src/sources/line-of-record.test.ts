import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TextFormat } from '../engine/engine.ts';
import { countRecords, lineOfRecord } from './line-of-record.ts';

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
  return await Promise.all(records.map((record) => lineOfRecord(file, formatOf(format), record)));
}

function formatOf(type: 'csv' | 'ndjson'): TextFormat {
  return type === 'csv' ? { type, header: true } : { type };
}

describe('lineOfRecord', () => {
  it('counts past blank lines, with and without a last line end', async () => {
    expect(await lines('{"a":1}\n\n  \r\n{"a":2}\n{"a":3}', 'ndjson', [1, 2, 3, 4])).toEqual([1, 4, 5, undefined]);
  });
  it('counts past the header and through quoted line ends of a CSV', async () => {
    expect(await lines('a,b\n1,"x\ny ""z""\n"\n2,y\n', 'csv', [1, 2, 3])).toEqual([2, 5, undefined]);
  });
  it('knows nothing of a file that is gone, or of a JSON array', async () => {
    expect(await lineOfRecord(join(folder, 'gone'), formatOf('csv'), 1)).toBeUndefined();
    expect(await lineOfRecord(join(folder, 'file'), { type: 'json' }, 1)).toBeUndefined();
  });
  it('takes the first line of a CSV without a header as a record', async () => {
    const file = join(folder, 'bare');
    await writeFile(file, '1,x\n2,y\n');
    expect(await lineOfRecord(file, { type: 'csv', header: false }, 2)).toBe(2);
  });
});

describe('countRecords', () => {
  it('counts a record with a line end inside quotes once, and blank lines not at all', async () => {
    const file = join(folder, 'counted');
    await writeFile(file, 'id,name\n1,"Ada\nLovelace"\n\n2,Bob\n');
    expect(await countRecords(file, 'csv')).toBe(3);
  });
});
