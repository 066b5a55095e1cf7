import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataType, StructField } from '../../core/schema.ts';
import { rowsOf } from '../contract/bench.test-suite.ts';
import type { CellValue, Engine } from '../engine.ts';
import { openDuckDb } from './engine.ts';
import type { Element } from './parquet-bytes.test-suite.ts';
import { parquetBytes, physical, plain } from './parquet-bytes.test-suite.ts';

let engine: Engine;
let folder: string;
let count = 0;

beforeAll(async () => {
  engine = await openDuckDb({ threads: 2 });
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-forms-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** The rows of a file as a table with these columns has them. */
async function read(
  rows: number,
  elements: readonly Element[],
  types: Readonly<Record<string, DataType>>,
  timezone = 'UTC',
): Promise<CellValue[][]> {
  const location = join(folder, `f${count++}.parquet`);
  await writeFile(location, parquetBytes(rows, elements));
  const columns = Object.entries(types).map(([name, type]) => ({ name, type }));
  const relation = { name: 't', kind: 'parquet', columns, files: [{ location, partitionValues: {} }] } as const;
  return await rowsOf(engine, { sql: 'select * from t', relations: [relation], timezone });
}

const list = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true });
const struct = (...fields: readonly (readonly [string, DataType])[]): DataType => ({
  type: 'struct',
  fields: fields.map(([name, type]): StructField => ({ name, type, nullable: true, metadata: {} })),
});
const texts = (...values: string[]): Uint8Array[] => values.map(plain.text);
const numbers = (...values: number[]): Uint8Array[] => values.map(plain.int32);

describe('times of 96 bits', () => {
  const moments = [
    '1970-01-01T00:00:00.000001Z',
    '1969-12-31T23:59:59.999999Z',
    '1582-10-15T00:00:00Z',
    '0001-01-01T00:00:00.000001Z',
    '9999-12-31T23:59:59.999999Z',
    '2262-04-12T00:00:00.123456Z',
  ];
  const micros = (iso: string): bigint =>
    BigInt(Date.parse(iso.replace(/(?:\.\d+)?Z/, 'Z'))) * 1000n + BigInt(/\.(\d+)/.exec(iso)?.[1] ?? 0);
  const values = moments.map((moment) => plain.int96(micros(moment)));

  it.each(['UTC', 'America/Los_Angeles'])('are instants, exact to the microsecond, in the zone %s', async (zone) => {
    const at: Element = {
      name: 'at',
      repetition: 'optional',
      column: { type: physical.int96, values, definition: { most: 1, levels: [0, ...moments.map(() => 1)] } },
    };
    const rows = moments.length + 1;
    expect(await read(rows, [at], { at: 'timestamp' }, zone)).toEqual([[null], ...moments.map((moment) => [moment])]);
    const local = moments.map((moment) => [moment.replace('Z', '')]);
    expect(await read(rows, [at], { at: 'timestamp_ntz' }, zone)).toEqual([[null], ...local]);
  });

  it('stand in lists and structs, too', async () => {
    const definition = { most: 2, levels: moments.map(() => 2) };
    const repetition = { most: 1, levels: moments.map((_, i) => (i === 0 ? 0 : 1)) };
    const elements: Element[] = [
      {
        name: 'l',
        repetition: 'required',
        converted: 3,
        children: [
          {
            name: 'list',
            repetition: 'repeated',
            children: [
              {
                name: 'element',
                repetition: 'optional',
                column: { type: physical.int96, values, definition, repetition },
              },
            ],
          },
        ],
      },
      {
        name: 's',
        repetition: 'optional',
        children: [
          {
            name: 'at',
            repetition: 'required',
            column: { type: physical.int96, values: values.slice(3, 4), definition: { most: 1, levels: [1] } },
          },
        ],
      },
    ];
    expect(await read(1, elements, { l: list('timestamp'), s: struct(['at', 'timestamp']) }, 'Asia/Tokyo')).toEqual([
      [moments, { at: moments[3] }],
    ]);
  });
});

describe('times in nanoseconds', () => {
  const times = (utc: boolean, ...nanos: bigint[]): Element => ({
    name: 'at',
    repetition: 'optional',
    time: { utc, unit: 'nanos' },
    column: {
      type: physical.int64,
      values: nanos.map(plain.int64),
      definition: { most: 1, levels: [0, ...nanos.map(() => 1)] },
    },
  });

  it('are read where microseconds hold them', async () => {
    const file = [times(false, -1000n, 1_577_836_800_123_456_000n)];
    const local = [[null], ['1969-12-31T23:59:59.999999'], ['2020-01-01T00:00:00.123456']];
    expect(await read(3, file, { at: 'timestamp_ntz' })).toEqual(local);
    const zoned = local.map(([text]) => [text === undefined || text === null ? null : `${text}Z`]);
    expect(await read(3, file, { at: 'timestamp' }, 'Europe/Berlin')).toEqual(zoned);
  });

  it.each<[bigint, DataType]>([
    [1n, 'timestamp'],
    [-1n, 'timestamp_ntz'],
    [1_577_836_800_123_456_789n, 'timestamp_ntz'],
  ])('are refused where digits would be lost (%s)', async (nanos, type) => {
    await expect(read(3, [times(false, 1000n, nanos)], { at: type })).rejects.toMatchObject({
      code: 'LS2105',
      message: expect.stringMatching(/^Column at cannot hold .*[1-9] as TIMESTAMP/),
    });
  });

  // The engine gives them without those digits, so that nobody could tell.
  it('are refused when they are instants', async () => {
    const refused = { code: 'LS3004', message: expect.stringContaining('times in nanoseconds') };
    for (const type of ['timestamp', 'timestamp_ntz'] as const)
      await expect(read(2, [times(true, 1_000_000n)], { at: type })).rejects.toMatchObject(refused);
    const inside: Element = { name: 's', repetition: 'required', children: [times(true, 1n)] };
    await expect(read(2, [inside], { s: struct(['at', 'timestamp']) })).rejects.toMatchObject(refused);
  });
});

describe('lists and maps of old programs', () => {
  it('lists of two levels, of values and of structs', async () => {
    const numbersOf: Element = {
      name: 'l',
      repetition: 'optional',
      converted: 3,
      children: [
        {
          name: 'array',
          repetition: 'repeated',
          column: {
            type: physical.int32,
            values: numbers(1, 2, 3),
            definition: { most: 2, levels: [2, 2, 0, 1, 2] },
            repetition: { most: 1, levels: [0, 1, 0, 0, 0] },
          },
        },
      ],
    };
    const part = (name: string, values: Uint8Array[], type: 1 | 6, converted?: number): Element => ({
      name,
      repetition: 'required',
      ...(converted === undefined ? {} : { converted }),
      column: {
        type,
        values,
        definition: { most: 2, levels: [2, 2, 0, 1, 2] },
        repetition: { most: 1, levels: [0, 1, 0, 0, 0] },
      },
    });
    const pairs: Element = {
      name: 'p',
      repetition: 'optional',
      converted: 3,
      children: [
        {
          name: 'p_tuple',
          repetition: 'repeated',
          children: [part('n', numbers(1, 2, 3), 1), part('t', texts('a', 'b', 'c'), 6, 0)],
        },
      ],
    };
    const types = { l: list('long'), p: list(struct(['t', 'string'], ['n', 'long'], ['gone', 'date'])) };
    const pair = (t: string, n: bigint): CellValue => ({ t, n, gone: null });
    expect(await read(4, [numbersOf, pairs], types)).toEqual([
      [
        [1n, 2n],
        [pair('a', 1n), pair('b', 2n)],
      ],
      [null, null],
      [[], []],
      [[3n], [pair('c', 3n)]],
    ]);
  });

  const mapOf = (converted: number, name: string, inner: number | undefined): Element => {
    const repetition = { most: 1, levels: [0, 1, 0, 0] };
    return {
      name: 'm',
      repetition: 'optional',
      converted,
      children: [
        {
          name,
          repetition: 'repeated',
          ...(inner === undefined ? {} : { converted: inner }),
          children: [
            {
              name: 'key',
              repetition: 'required',
              converted: 0,
              column: {
                type: physical.text,
                values: texts('a', 'b'),
                definition: { most: 2, levels: [2, 2, 0, 1] },
                repetition,
              },
            },
            {
              name: 'value',
              repetition: 'optional',
              column: {
                type: physical.int32,
                values: numbers(5),
                definition: { most: 3, levels: [3, 2, 0, 1] },
                repetition,
              },
            },
          ],
        },
      ],
    };
  };
  const mapType: DataType = { type: 'map', keyType: 'string', valueType: 'long', valueContainsNull: true };

  it.each([
    ['map', 2],
    ['entries', undefined],
    ['key_value', undefined],
  ])('maps whose entries are called %s', async (name, inner) => {
    expect(await read(3, [mapOf(1, name, inner)], { m: mapType })).toEqual([[{ a: 5n, b: null }], [null], [{}]]);
  });

  it('maps that are marked as their entries are refused: the engine does not know them', async () => {
    await expect(read(3, [mapOf(2, 'map', undefined)], { m: mapType })).rejects.toMatchObject({ code: 'LS3004' });
  });

  it('a field that just repeats is a list', async () => {
    const repeats: Element = {
      name: 'r',
      repetition: 'repeated',
      column: {
        type: physical.int32,
        values: numbers(7, 8),
        definition: { most: 1, levels: [1, 1, 0] },
        repetition: { most: 1, levels: [0, 1, 0] },
      },
    };
    expect(await read(2, [repeats], { r: list('long') })).toEqual([[[7n, 8n]], [[]]]);
  });
});
