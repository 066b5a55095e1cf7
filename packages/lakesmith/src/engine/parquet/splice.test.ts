import type { FileHandle } from 'node:fs/promises';
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import { prepareBench } from '../contract/bench.test-suite.ts';
import { openDuckDb } from '../duckdb/engine.ts';
import type { FileLayout } from './file-layout.ts';
import { layoutOf, readLayout } from './file-layout.ts';
import { planSplice, writeSplice } from './splice.ts';

const bench = prepareBench(openDuckDb);
let names = 0;

const columns: readonly Column[] = [
  { name: 'a', type: 'long' },
  { name: 's', type: { type: 'struct', fields: [{ name: 'x', type: 'integer', nullable: true, metadata: {} }] } },
  { name: 'word', type: 'string' },
  { name: 'l', type: { type: 'array', elementType: 'string', containsNull: true } },
];
const fieldIds = { a: 1, s: 2, 's.x': 3, word: 4, l: 5, 'l.element': 6 };
const rows = (from: number, to: number): string =>
  `select range as a, {x: range % 7} as s, 'w' || range % 50 as word, ['e' || range] as l from range(${from}, ${to})`;

/** Writes rows in groups of 2,048, and says where. */
async function written(
  sql: string,
  some: readonly Column[],
  ids: Readonly<Record<string, number>> = fieldIds,
): Promise<string> {
  const fileName = `f${names++}.parquet`;
  await bench.stage({ sql, columns: some, fieldIds: ids, fileName, ordered: true, rowGroupSize: 2048 });
  return join(bench.folder, fileName);
}

async function withFiles<T>(paths: readonly string[], act: (...files: FileHandle[]) => Promise<T>): Promise<T> {
  const files = await Promise.all(paths.map((path) => open(path)));
  try {
    return await act(...files);
  } finally {
    for (const file of files) await file.close();
  }
}

async function laid(path: string): Promise<FileLayout> {
  const layout = await withFiles([path], async (file) => readLayout(file));
  if (layout === undefined) throw new Error(`${path} has no layout`);
  return layout;
}

async function spliced(base: string, part: string, groups: readonly number[]): Promise<string | undefined> {
  return await withFiles([base, part], async (...[one, other]) => {
    const plan = planSplice(await laid(base), await laid(part), groups);
    if (plan === undefined || one === undefined || other === undefined) return undefined;
    const target = join(bench.folder, `f${names++}.parquet`);
    const bytes = await writeSplice(plan, { base: one, part: other }, target);
    expect((await stat(target)).size).toBe(bytes);
    return target;
  });
}

const word: readonly Column[] = [{ name: 'word', type: 'string' }];

describe('a file that is made of two', () => {
  it('has the columns of one in some groups of the other', async () => {
    const base = await written(rows(0, 7000), columns);
    const part = await written("select 'new' || range % 60 from range(2048, 6144)", word);
    const target = await spliced(base, part, [1, 2]);
    const expected = `select range as a, {x: range % 7} as s,
      case when range between 2048 and 6143 then 'new' || range % 60 else 'w' || range % 50 end as word, ['e' || range] as l from range(7000)`;
    const read = `select * from read_parquet('${target}')`;
    expect(await bench.rows({ sql: `select count(*) from (${read} intersect all ${expected})` })).toEqual([[7000n]]);
    // Bloom filters and statistics of groups tell where a word is.
    const where = async (condition: string): Promise<unknown> =>
      await bench.rows({ sql: `select count(*) from (${read}) where ${condition}` });
    expect(await where("word = 'new59'")).toEqual([[68n]]);
    expect(await where("word = 'w7'")).toEqual([[58n]]);
    expect(await where("word = 'new60' or word = 'nowhere'")).toEqual([[0n]]);
    const facts = `select row_group_num_rows, row_group_compressed_bytes, sum(total_compressed_size), row_group_bytes, sum(total_uncompressed_size), min(file_offset)
      from parquet_metadata('${target}') group by all order by all`;
    for (const [, all, sum, allBytes, sumBytes] of await bench.rows({ sql: facts }))
      expect([sum, sumBytes]).toEqual([all, allBytes]);
    expect((await laid(target ?? '')).groups.map((group) => group.rows)).toEqual([2048, 2048, 2048, 856]);
  });

  it('can be made of one that was made so before', async () => {
    const base = await written(rows(0, 5000), columns);
    const once = await spliced(base, await written("select 'one' from range(2048)", word), [0]);
    const twice = await spliced(
      once ?? '',
      await written('select -range from range(904)', [{ name: 'a', type: 'long' }]),
      [2],
    );
    const sql = `select count(*) filter (word = 'one'), sum(a), count(l), sum(s.x) from read_parquet('${twice}')`;
    const [a, x] = [
      (4095 * 4096) / 2 - (903 * 904) / 2,
      Array.from({ length: 5000 }, (_, i) => i % 7).reduce((p, c) => p + c),
    ];
    expect(await bench.rows({ sql })).toEqual([[2048n, BigInt(a), 5000n, BigInt(x)]]);
  });

  it.each<[string, string, readonly Column[], readonly number[], Readonly<Record<string, number>>]>([
    ['other numbers of rows', "select 'x' from range(2047)", word, [0], fieldIds],
    ['fewer groups', "select 'x' from range(2048)", word, [0, 1], fieldIds],
    ['a group that is not there', "select 'x' from range(2048)", word, [9], fieldIds],
    ['another type', 'select range from range(2048)', [{ name: 'word', type: 'long' }], [0], fieldIds],
    ['another id', "select 'x' from range(2048)", word, [0], { word: 9 }],
    ['another name', "select 'x' from range(2048)", [{ name: 'words', type: 'string' }], [0], { words: 4 }],
    ['a column that holds others', 'select {x: 1} from range(2048)', columns.slice(1, 2), [0], fieldIds],
  ])('is not made of one with %s', async (_, sql, some, groups, ids) => {
    const base = await written(rows(0, 5000), columns);
    expect(await spliced(base, await written(sql, some, ids), groups)).toBeUndefined();
  });

  it('leaves nothing when it cannot be written', async () => {
    const base = await written(rows(0, 5000), columns);
    const part = await written("select 'x' from range(2048)", word);
    const plan = planSplice(await laid(base), await laid(part), [0]);
    const target = join(bench.folder, `f${names++}.parquet`);
    await truncate(base, 5000);
    await withFiles([base, part], async (...[one, other]) => {
      if (plan === undefined || one === undefined || other === undefined) throw new Error('no plan');
      await expect(writeSplice(plan, { base: one, part: other }, target)).rejects.toMatchObject({ code: 'LS3004' });
      const nowhere = join(bench.folder, 'nowhere', 'f.parquet');
      await expect(writeSplice(plan, { base: one, part: other }, nowhere)).rejects.toMatchObject({ code: 'LS3101' });
    });
    await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('where things lie', () => {
  it('is not told of what is no file, or damaged', async () => {
    const path = join(bench.folder, 'no.parquet');
    const told = async (bytes: string | Buffer): Promise<unknown> => {
      await writeFile(path, bytes);
      return await withFiles([path], async (file) => readLayout(file));
    };
    for (const bytes of ['', 'PAR1', 'PAR1PAR1', 'PAR1....PAR1', 'PAR1\xff\xff\xff\x7fPAR1'])
      expect(await told(bytes)).toBeUndefined();
    const whole = await readFile(await written(rows(0, 5000), columns));
    expect(await told(whole.subarray(100))).toBeUndefined();
    expect(await told(Buffer.concat([whole.subarray(0, -8), Buffer.from('    PAR1')]))).toBeUndefined();
  });

  it('is told, or not, of any footer, and never beyond the pages', async () => {
    const path = await written(rows(0, 5000), columns);
    const { footer } = await laid(path);
    const end = (await stat(path)).size - footer.length - 8;
    expect(layoutOf(footer, end)?.groups).toHaveLength(3);
    expect(layoutOf(footer, end - 5000)).toBeUndefined();
    for (let at = 0; at < footer.length; at += 1) {
      for (const bit of [1, 16, 128]) {
        const bytes = Uint8Array.from(footer);
        bytes[at] = (bytes[at] ?? 0) ^ bit;
        for (const { chunks } of layoutOf(bytes, end)?.groups ?? [])
          for (const { pages } of chunks) expect(pages.start >= 4 && pages.end <= end).toBe(true);
      }
    }
  });
});
