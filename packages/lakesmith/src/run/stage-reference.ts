import { join } from 'node:path';
import { quoteNames } from '../core/sql-text.ts';
import type { Column } from '../core/schema.ts';
import type { StorageSettings } from '../core/storage-settings.ts';
import { storageOf } from '../core/storage-settings.ts';
import type { StagedTable } from '../lake/staged.ts';
import { stageTable } from '../lake/staged.ts';
import type { ReferenceTable } from '../project/model.ts';
import type { RunContext } from './context.ts';

/** A reference table is its CSV, whole. */
export async function stageReference(
  context: RunContext,
  table: ReferenceTable,
  path: string,
  columns: readonly Column[],
): Promise<StagedTable> {
  return await stageTable(context.lake, {
    table: table.name,
    path,
    base: await context.lake.open(path),
    mode: 'overwrite',
    query: {
      sql: `select ${quoteNames(columns.map((column) => column.name))} from csv_file`,
      relations: [
        {
          name: 'csv_file',
          kind: 'text-files',
          columns,
          format: { type: 'csv', header: true },
          files: [{ location: join(context.project.folder, table.csv), label: table.csv }],
        },
      ],
      timezone: context.project.timezone,
    },
    columns,
    ordered: isOneFile(table.storage),
    storage: table.storage,
    details: () => ({
      operation: 'REFRESH',
      madeBy: {
        run: context.run,
        fingerprint: table.fingerprint,
        rulesFingerprint: table.contentHash,
        inputs: {},
        ...storageOf(table),
        day: undefined,
      },
    }),
    signal: context.signal,
  });
}

/** Rows keep the order of the CSV unless something else is said. */
function isOneFile({ clusterBy, partitionBy, properties }: StorageSettings): boolean {
  return clusterBy.length + partitionBy.length === 0 && properties['delta.targetFileSize'] === undefined;
}
