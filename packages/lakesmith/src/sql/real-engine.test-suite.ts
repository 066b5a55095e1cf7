import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { CellValue, Engine, Relation } from '../engine/engine.ts';

/** The real engine, as tests of syntax trees use it. */
export interface SqlBench {
  readonly engine: Engine;
  parse(sql: string): Promise<unknown>;
  print(tree: unknown): Promise<string>;
  /** All rows as text, sorted: two queries that give the same bag of rows give the same list. */
  bag(sql: string, relations: readonly Relation[]): Promise<readonly string[]>;
  names(sql: string, relations: readonly Relation[]): Promise<readonly string[]>;
}

export async function openSqlBench(): Promise<SqlBench> {
  const engine = await openDuckDb({ threads: 2 });
  return {
    engine,
    async parse(sql) {
      const [result] = await engine.parse([sql]);
      if (result === undefined || !result.ok) throw new Error(`cannot parse: ${sql}: ${result?.message ?? ''}`);
      return result.tree;
    },
    async print(tree) {
      const [sql = ''] = await engine.print([tree]);
      return sql;
    },
    async bag(sql, relations) {
      const { batches } = await engine.query({ sql, relations, timezone: 'UTC' });
      const rows: string[] = [];
      for await (const batch of batches) {
        for (let row = 0; row < batch.rowCount; row++)
          rows.push(
            JSON.stringify(
              batch.columns.map((column) => column[row] ?? null),
              exact,
            ),
          );
      }
      return rows.sort();
    },
    async names(sql, relations) {
      const { columns, batches } = await engine.query({ sql, relations, timezone: 'UTC' });
      for await (const _ of batches);
      return columns.map((column) => column.name);
    },
  };
}

function exact(_: string, value: CellValue): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
