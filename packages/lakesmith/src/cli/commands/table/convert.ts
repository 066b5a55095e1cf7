import { parseColumnDefinitions } from '../../../core/column-definitions.ts';
import { convertFolder } from '../../../lake/convert-folder.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { reportWrite } from '../../write-report.ts';

/** Makes a Delta table of a folder of Parquet files. */
export async function tableConvert(
  path: string,
  options: TableOptions & { readonly partitionBy?: string },
): Promise<number> {
  const startedMs = performance.now();
  const partitions = options.partitionBy === undefined ? [] : parseColumnDefinitions(options.partitionBy);
  return await withTable(path, options, async (table) => {
    reportWrite(await convertFolder(table, partitions), { json: options.json, startedMs });
    return 0;
  });
}
