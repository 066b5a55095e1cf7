import type { ScanFile, Snapshot } from '@lakesmith/delta';
import { clusteringPaths, fieldAt, storedColumns } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { StructField } from '../core/schema.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import type { SortKey } from './z-order.ts';

/** What files say whose rows were put in order here. */
export const providerName = 'lakesmith';

/** True of a file whose rows somebody has put in the order of the table's clustering columns. */
export function isClustered({ add }: ScanFile): boolean {
  return add.clusteringProvider !== undefined;
}

/** What the rows of a table are to be sorted by: the columns that are asked for, else those that it is clustered by. */
export function sortKeys(snapshot: Snapshot, asked: readonly (readonly string[])[] | undefined): readonly SortKey[] {
  const paths = asked ?? clusteringPaths(snapshot.domains).map((path) => namesOf(snapshot, path));
  return paths.map((path) => {
    const field = fieldAt(snapshot.schema, path);
    const name = path.join('.');
    if (field === undefined) throw new LakeError('LS3003', `The table has no column ${name}.`);
    if (path.length === 1 && snapshot.metadata.partitionColumns.includes(field.name))
      throw new LakeError('LS4001', `Rows cannot be ordered by ${name}: files of one partition have one value of it.`);
    return { name, type: field.type, sql: valueOf(snapshot, path) };
  });
}

function valueOf({ schema }: Snapshot, path: readonly string[]): string {
  const [first = '', ...rest] = path.map((_, i) => fieldAt(schema, path.slice(0, i + 1))?.name ?? '');
  return rest.reduce((value, name) => `struct_extract(${value}, ${quoteText(name)})`, quoteName(first));
}

/** The names of a column that is told by its path in files. */
function namesOf(snapshot: Snapshot, stored: readonly string[]): readonly string[] {
  const names: string[] = [];
  let inFiles: readonly StructField[] = storedColumns(snapshot).fields;
  let { fields } = snapshot.schema;
  for (const part of stored) {
    const index = inFiles.findIndex((field) => field.name === part);
    const [field, inFile] = [fields[index], inFiles[index]];
    if (field === undefined || inFile === undefined)
      throw new LakeError('LS3004', `The table is clustered by ${stored.join('.')}, which is none of its columns.`);
    names.push(field.name);
    fields = typeof field.type === 'object' && field.type.type === 'struct' ? field.type.fields : [];
    inFiles = typeof inFile.type === 'object' && inFile.type.type === 'struct' ? inFile.type.fields : [];
  }
  return names;
}
