import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { comparedTables, expectedTables } from './retail-expected.ts';

/** Rows of the sample's tables that only the lake has or only what was computed apart from it, by table. `lakesmith` runs a command line. */
export async function retailDifferences(
  { folder, project, day }: { readonly folder: string; readonly project: string; readonly day: string },
  lakesmith: (args: readonly string[]) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const statement of expectedTables(project, day)) await connection.run(statement);
  const found: Record<string, unknown> = {};
  for (const [table, columns] of Object.entries(comparedTables)) {
    const file = join(folder, 'actual.parquet');
    await lakesmith(['query', `from ${table}`, '--out', file, '--project', project]);
    const expected = `select ${columns} from ${table.replace('.', '_')}`;
    const actual = `select ${columns} from read_parquet('${file}')`;
    const sides = await connection.runAndReadAll(
      `select 'missing' as side, * from (${expected} except all ${actual}) union all by name select 'extra', * from (${actual} except all ${expected})`,
    );
    const rows = await connection.runAndReadAll(`select count(*)::int from (${expected})`);
    if (Number(rows.getRows()[0]?.[0]) === 0) found[table] = 'nothing was expected';
    if (sides.currentRowCount > 0) found[table] = sides.getRowObjectsJson().slice(0, 3);
  }
  connection.closeSync();
  return found;
}
