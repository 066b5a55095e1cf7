import { constraintProperty } from '@lakesmith/delta';
import { parseColumnDefinitions } from '../../../core/column-definitions.ts';
import { parseColumnList, parseNameList } from '../../../core/column-path.ts';
import { LakeError } from '../../../core/errors.ts';
import { createTable } from '../../../lake/write-table.ts';
import { parseConstraint } from './alter.ts';
import type { TableOptions } from '../../open-table.ts';
import { withNewTable } from '../../open-table.ts';
import { parsePairs } from '../../pairs.ts';
import { reportWrite } from '../../write-report.ts';

export interface CreateOptions extends TableOptions {
  readonly schema: string;
  readonly partitionBy?: string;
  readonly clusterBy?: string;
  readonly property?: readonly string[];
  readonly constraint?: readonly string[];
}

/** Makes a Delta table without rows. */
export async function tableCreate(path: string, options: CreateOptions): Promise<number> {
  const startedMs = performance.now();
  const columns = parseColumnDefinitions(options.schema);
  const partitionColumns = (options.partitionBy === undefined ? [] : parseNameList(options.partitionBy)).map(
    (wanted) => {
      const found = columns.find((column) => column.name.toLowerCase() === wanted.toLowerCase());
      if (found === undefined)
        throw new LakeError('LS4001', `The table cannot be partitioned by ${wanted}, which is none of its columns.`);
      return found.name;
    },
  );
  const constraints = (options.constraint ?? []).map(parseConstraint);
  const configuration = {
    ...parsePairs('--property', options.property ?? []),
    ...Object.fromEntries(constraints.map(({ name, expression }) => [constraintProperty(name), expression])),
  };
  const clusterBy = options.clusterBy === undefined ? [] : parseColumnList(options.clusterBy);
  return await withNewTable(path, options, async (table) => {
    reportWrite(await createTable(table, { columns, partitionColumns, clusterBy, configuration }), {
      json: options.json,
      startedMs,
    });
    return 0;
  });
}
