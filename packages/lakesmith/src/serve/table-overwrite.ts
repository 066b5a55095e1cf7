import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { quoteName } from '../core/sql-text.ts';
import type { DeltaTable } from '../lake/delta-table.ts';
import { inputQuery } from '../lake/input-columns.ts';
import type { InputFile } from '../lake/input-file.ts';
import { columnsOf } from '../lake/relation.ts';
import type { RowChange } from '../lake/row-change.ts';
import { bindWhere } from './table-change.ts';
import { tableName } from './table-question.ts';

/** Which rows a file's rows take the place of: those that meet a condition, or those in partitions of which the file has rows. */
export type Overwritten = { readonly where: string } | { readonly partitions: true };

/** Understands an overwriting of some rows. */
export async function bindOverwrite(
  table: DeltaTable,
  snapshot: Snapshot,
  input: InputFile,
  overwritten: Overwritten,
): Promise<RowChange> {
  const rows = await inputQuery(table, snapshot, input);
  const columns = columnsOf(snapshot);
  const brought = columns.filter(({ name }) => rows.given.has(name) || rows.promises.defaults.has(name));
  const condition =
    'where' in overwritten ? await bindWhere(table, snapshot, overwritten.where, { mayAsk: false }) : undefined;
  const { partitionColumns } = snapshot.metadata;
  return {
    operation: 'WRITE',
    operationParameters: {
      mode: 'Overwrite',
      partitionBy: JSON.stringify(partitionColumns),
      ...(condition === undefined ? { partitionOverwriteMode: 'dynamic' } : { predicate: condition.sql }),
    },
    alias: tableName,
    source: {
      relations: [...rows.relations, { name: 'rows', kind: 'sql', exact: true, columns, sql: rows.sql }],
      columns,
      alias: 'source',
      ...(condition === undefined ? {} : { allMeet: condition.sql }),
    },
    matched: [],
    unmatched: [{ when: condition?.sql ?? samePartition(partitionColumns), action: { kind: 'delete' } }],
    inserts: [{ values: new Map(brought.map(({ name }) => [name, `source.${quoteName(name)}`])) }],
    predicate: condition?.predicate,
    deletesWhole: condition !== undefined,
  };
}

/** True of a row in whose partition a row of the source lies. */
function samePartition(partitionColumns: readonly string[]): string {
  if (partitionColumns.length === 0)
    throw new LakeError('LS4001', 'The table has no partitions: --where says which rows are overwritten.');
  const same = partitionColumns.map(
    (name) => `_rows.${quoteName(name)} is not distinct from ${tableName}.${quoteName(name)}`,
  );
  return `exists (select 1 from source as _rows where ${same.join(' and ')})`;
}
