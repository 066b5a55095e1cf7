import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import type { EngineBench } from './bench.test-suite.ts';

/** Single files for people, and for the log. */
export function filesContract(bench: EngineBench): void {
  describe('export', () => {
    it.each(['parquet', 'csv'] as const)('%s', async (format) => {
      const file = join(bench.folder, `export.${format}`);
      expect(
        await bench.engine.export({
          sql: 'select 9007199254740993 as a, \'x,"y"\' as b union all select 2, null order by a',
          relations: [],
          timezone: 'UTC',
          file,
          format,
        }),
      ).toEqual({ rows: 2 });
      const read = { parquet: 'read_parquet', csv: 'read_csv' }[format];
      expect(await bench.rows({ sql: `select a, b from ${read}('${file}')` })).toEqual([
        [2n, null],
        [9007199254740993n, 'x,"y"'],
      ]);
    });
  });

  describe('parquet rows', () => {
    it('come back as they were written', async () => {
      const location = join(bench.folder, 'rows.parquet');
      const columns: readonly Column[] = [
        {
          name: 'add',
          type: {
            type: 'struct',
            fields: [
              { name: 'size', type: 'long', nullable: true, metadata: {} },
              {
                name: 'tags',
                type: { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true },
                nullable: true,
                metadata: {},
              },
            ],
          },
        },
        {
          name: 'txn',
          type: { type: 'struct', fields: [{ name: 'appId', type: 'string', nullable: true, metadata: {} }] },
        },
      ];
      const lines = [
        '{"add":{"size":9007199254740993,"tags":{"a":null,"b":"x"}}}\n',
        '{"txn":{"appId":"ü"},"unknown":1}\n',
      ];
      expect(await bench.engine.writeParquet({ location, columns, lines })).toEqual({ rows: 2 });
      expect(await bench.engine.readParquet(location)).toEqual([
        { add: { size: 9007199254740993n, tags: { a: null, b: 'x' } } },
        { txn: { appId: 'ü' } },
      ]);
    });

    it('come as texts where they are all alike', async () => {
      const location = join(bench.folder, 'packed.parquet');
      const fields = ['size', 'stats'].map((name) => {
        return { name, type: name === 'size' ? ('long' as const) : ('string' as const), nullable: true, metadata: {} };
      });
      const columns: readonly Column[] = [
        { name: 'add', type: { type: 'struct', fields } },
        { name: 'txn', type: { type: 'struct', fields: fields.slice(0, 1) } },
      ];
      const lines = ['{"add":{"size":1,"stats":"ü"}}\n', '{"add":{"size":2,"stats":""}}\n', '{"txn":{"size":5}}\n'];
      await bench.engine.writeParquet({ location, columns, lines });
      const asked = { location, column: 'add', texts: [{ name: 'size', type: 'long' as const }], bytes: 'stats' };
      const { rows, packed } = (await bench.engine.readPackedParquet(asked)) ?? {};
      expect(rows).toEqual([{ txn: { size: 5 } }]);
      expect(packed).toHaveLength(1);
      expect(packed?.[0]).toMatchObject({ count: 2, texts: ['1\u001C2'] });
      expect(new TextDecoder().decode(packed?.[0]?.bytes)).toBe('ü\u001C');
      expect(await bench.engine.readPackedParquet({ ...asked, bytes: 'size' })).toBeUndefined();
    });
  });
}
