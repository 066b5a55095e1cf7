import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { RowsRequest } from './make-rows.ts';
import { makeRows } from './make-rows.ts';
import type { InputBatch } from './messages.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-rows-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const columns: readonly Column[] = [{ name: 'n', type: 'long' }];

function request(rows: string, over: Partial<RowsRequest> = {}, memoryBytes = 64 * 2 ** 20): RowsRequest {
  const text = `import { model } from 'lakesmith';\nexport default model({ inputs: ['silver.n'], columns: { n: 'bigint' }, ${rows} });`;
  return {
    table: 'gold.x',
    program: {
      file: 'gold/x.ts',
      member: undefined,
      place: { file: 'gold/x.ts', line: 2, column: 16 },
      modules: new Map([['gold/x.ts', text]]),
      inputs: new Map([['n', 'silver.n']]),
      timeMs: 600_000,
      memoryBytes,
      knowsTime: false,
    },
    folder: '/project',
    columns,
    inputs: new Map(),
    file: join(folder, 'rows.ndjson'),
    timezone: 'UTC',
    moment: { today: '2026-03-10', now: '2026-03-10T12:00:00.000Z' },
    ...over,
  };
}

/** Blocks of 2,000 rows, and how many of them were asked for. */
function blocks(count: number): {
  readonly asked: () => number;
  readonly left: () => boolean;
  readonly inputs: RowsRequest['inputs'];
} {
  let [asked, left] = [0, false];
  async function* open(): AsyncGenerator<InputBatch> {
    try {
      for (let block = 0; block < count; block++) {
        asked++;
        const values = Array.from({ length: 2000 }, (_, i) => BigInt(block * 2000 + i));
        yield { rowCount: values.length, columns: [values] };
      }
    } finally {
      left = true;
    }
  }
  return { asked: () => asked, left: () => left, inputs: new Map([['silver.n', { columns: ['n'], open }]]) };
}

describe('rows that are made', () => {
  it('stream: more of them go through than the heap could hold', async () => {
    const { inputs } = blocks(400);
    const pass = 'async *rows({ n }) { for await (const row of n) yield { n: (row.n as bigint) + 1n }; }';
    expect(await makeRows(request(pass, { inputs }, 24 * 2 ** 20))).toBe(800_000);
    const lines = (await readFile(join(folder, 'rows.ndjson'), 'utf8')).trimEnd().split('\n');
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([800_000, '{"n":"1"}', '{"n":"800000"}']);

    const keep =
      'async *rows({ n }) { const all = []; for await (const row of n) all.push({ n: row.n as bigint, copy: String(row.n) }); yield { n: BigInt(all.length) }; }';
    await expect(makeRows(request(keep, { inputs: blocks(400).inputs }, 24 * 2 ** 20))).rejects.toThrow(
      '24 MB of memory',
    );
  });

  it('are asked for one block ahead, and no more', async () => {
    const { inputs, asked, left } = blocks(1000);
    const first = 'async *rows({ n }) { for await (const row of n) { yield { n: row.n }; break; } }';
    expect(await makeRows(request(first, { inputs }))).toBe(1);
    expect(asked()).toBeLessThanOrEqual(2);
    expect(left()).toBe(true);
  });

  it('end with what the input failed with', async () => {
    async function* open(): AsyncGenerator<InputBatch> {
      yield { rowCount: 1, columns: [[1n]] };
      throw new LakeError('LS2101', 'The disk is gone.');
    }
    const inputs = new Map([['silver.n', { columns: ['n'], open }]]);
    const pass = 'async *rows({ n }) { yield* n; }';
    await expect(makeRows(request(pass, { inputs }))).rejects.toThrow('The disk is gone.');
  });

  it('end when they are told to, whatever they do', async () => {
    const abort = new AbortController();
    const { inputs, left } = blocks(10);
    const seen: RowsRequest['inputs'] = new Map([
      [
        'silver.n',
        {
          columns: ['n'],
          open: async function* () {
            yield* inputs.get('silver.n')?.open() ?? [];
            abort.abort();
          },
        },
      ],
    ]);
    const spin = 'async *rows({ n }) { for await (const row of n) yield row; for (;;); }';
    await expect(makeRows(request(spin, { inputs: seen, signal: abort.signal }))).rejects.toMatchObject({
      code: 'LS2103',
    });
    expect(left()).toBe(true);
  });

  it('are made by the text that was read, and nothing else', async () => {
    const { inputs } = blocks(1);
    const sneak = "async *rows() { const { rows } = await import('./other.ts'); yield* rows; }";
    await expect(makeRows(request(sneak, { inputs }))).rejects.toMatchObject({
      code: 'LS2301',
      message: expect.stringContaining('gold/x.ts imports ./other.ts, which does not exist'),
    });
  });
});
