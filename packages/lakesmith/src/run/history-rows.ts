import type { Snapshot } from '@lakesmith/delta';
import { freeName } from '../core/free-name.ts';
import { quoteNames } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { Lake } from '../lake/lake.ts';
import { columnsOf } from '../lake/relation.ts';
import { changeColumns } from '../project/own-columns.ts';

const loadedRows = '__loaded_rows';

/**
 * What a history reads of its input, as entries of a change log; the last of the relations has the name. A table of files has no
 * log: each of its rows says how its key was, in the order in which they were loaded.
 */
export async function bindHistoryRows(
  lake: Lake,
  name: string,
  table: { readonly path: string; readonly snapshot: Snapshot },
): Promise<readonly Relation[]> {
  const columns = columnsOf(table.snapshot);
  const names = columns.map((column) => column.name);
  if (changeColumns.every((own) => names.includes(own.name))) return [await bindLakeTable(lake, name, table)];
  const places = { file: freeName('__ls_file', names), position: freeName('__ls_position', names) };
  const order = quoteNames(['_ingested_at', '_source', places.file, places.position]);
  const sql = `select ${quoteNames(names)}, 'insert', row_number() over (order by ${order}), "_ingested_at" from ${loadedRows}`;
  return [
    { ...(await bindLakeTable(lake, loadedRows, table)), rowPositions: places },
    { name, kind: 'sql', columns: [...columns, ...changeColumns], sql },
  ];
}
