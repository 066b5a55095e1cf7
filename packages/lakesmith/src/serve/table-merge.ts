import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { DeltaTable } from '../lake/delta-table.ts';
import { inputRelations } from '../lake/input-columns.ts';
import type { InputFile } from '../lake/input-file.ts';
import type { Merge } from '../lake/merge-table.ts';
import { steadyExpression } from './steady-expression.ts';
import { columnName } from './table-question.ts';

/** How the rows of a file are to be merged, as somebody writes it. */
export interface MergeText {
  readonly key: readonly string[];
  /** A condition in SQL over `source` and `target`. */
  readonly deleteWhen?: string | undefined;
  readonly insertOnly: boolean;
}

/** Understands a merge of a file's rows. */
export async function bindMerge(
  table: DeltaTable,
  snapshot: Snapshot,
  input: InputFile,
  text: MergeText,
): Promise<Merge> {
  const key = text.key.map((name) => columnName(snapshot, name));
  const { relations, columns } = inputRelations('source', snapshot, input);
  const missing = key.find((name) => !columns.includes(name));
  if (missing !== undefined)
    throw new LakeError('LS3003', `The rows have no column ${missing}, which is part of the key.`);
  const nowIso = new Date(table.io.now()).toISOString();
  const tables = ['source', 'target'];
  return {
    key,
    columns,
    source: relations,
    insertOnly: text.insertOnly,
    ...(text.deleteWhen === undefined
      ? {}
      : { deleteWhen: await steadyExpression(table.engine, text.deleteWhen, { tables, nowIso }) }),
  };
}
