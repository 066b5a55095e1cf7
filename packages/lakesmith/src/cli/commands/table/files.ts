import { decodePath } from '@lakesmith/delta';
import { count } from '../../../core/quantity.ts';
import { bindCondition } from '../../../serve/table-question.ts';
import type { VersionOptions } from '../../open-table.ts';
import { snapshotOf, withTable } from '../../open-table.ts';
import { print, printJson } from '../../output.ts';
import { grouped, renderBytes, renderTable } from '../../render.ts';

/** Lists the data files that a reader must open, and how many a condition rules out, and by what. */
export async function tableFiles(path: string, options: VersionOptions & { readonly where?: string }): Promise<number> {
  return await withTable(path, options, async (table) => {
    const { scan } = await bindCondition(table, await snapshotOf(table, options), { where: options.where });
    const files = scan.files.map((file) => ({
      path: decodePath(file.path),
      sizeBytes: file.sizeBytes,
      numRecords: file.rows ?? null,
      deletedRecords: file.add.deletionVector?.cardinality ?? 0,
      partitionValues: file.partitionValues,
    }));
    if (options.json === true) {
      printJson(files);
      return 0;
    }
    const partitions = Object.keys(files[0]?.partitionValues ?? {});
    print(
      renderTable(
        ['path', 'bytes', 'rows', 'deleted', ...partitions],
        files.map((file) => [
          file.path,
          file.sizeBytes,
          file.numRecords,
          file.deletedRecords,
          ...partitions.map((name) => file.partitionValues[name] ?? null),
        ]),
      ),
    );
    const { byPartition, byStats } = scan.pruned;
    const total = files.length + byPartition + byStats;
    print(
      [
        options.where === undefined ? count(total, 'file') : `${files.length} of ${count(total, 'file')}`,
        renderBytes(files.reduce((sum, file) => sum + file.sizeBytes, 0)),
        ...(options.where === undefined ? [] : [`${byPartition} ruled out by partition, ${byStats} by statistics`]),
      ]
        .map(grouped)
        .join(' · '),
    );
    return 0;
  });
}
