import type { Diagnostic } from '../core/errors.ts';
import type { DataType } from '../core/schema.ts';
import { toUserType } from '../core/type-policy.ts';
import type { SourceTable } from './model.ts';

/** A column whose declared type is not the one that its table has. */
export interface RetypedColumn {
  /** As the settings write it. */
  readonly name: string;
  readonly declared: DataType;
  readonly has: DataType;
}

/**
 * A finding for each column that is declared as another type than its table has: rows that are there were read as the old
 * type, so a new one would be true of some of them only.
 */
export function retypedFindings(
  table: Pick<SourceTable, 'name' | 'file' | 'typePlaces' | 'from'>,
  retyped: readonly RetypedColumn[],
): readonly Diagnostic[] {
  const another = table.file.replace(/(\.\w+)$/, '_2$1');
  // Tables of a connection are called as they are over there, whatever the file is called.
  const anew =
    table.from.kind === 'files' ? `, or rename this file (${another}) to load all files again into a new table` : '';
  return retyped.map(({ name, declared, has }) => ({
    code: 'LS2005' as const,
    message: `Column ${name} of ${table.name} is declared ${toUserType(declared)}, and the table has it as ${toUserType(has)}: the type of a loaded column stays`,
    place: table.typePlaces.get(name) ?? { file: table.file, line: 1, column: 1 },
    hint: `put ${toUserType(has)} back and cast it in the model that reads it${anew}`,
  }));
}
