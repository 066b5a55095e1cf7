import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { FormGroup } from '../engine/text-forms.ts';
import type { Lake } from '../lake/lake.ts';
import type { Project, SourceTable } from '../project/model.ts';
import { readRows } from './read-rows.ts';
import type { TextFile } from './source-relations.ts';
import { sourceRelations } from './source-relations.ts';

interface NewFiles {
  readonly groups: readonly FormGroup<TextFile>[];
  readonly existing: readonly Column[] | undefined;
  readonly inferred: readonly Column[];
}

/**
 * A column looked like numbers as long as no value began with a zero: 00417 would lose its zeros without a word. Where the
 * type was declared it is meant so; where it was inferred the load is refused.
 */
export async function findPaddedNumber(
  { project, lake }: { readonly project: Project; readonly lake: Lake },
  table: SourceTable,
  { groups, existing, inferred }: NewFiles,
): Promise<LakeError | undefined> {
  const declared = new Set([...table.types.keys()].map((name) => name.toLowerCase()));
  const numbers = new Map(
    (existing ?? [])
      .filter(({ name, type }) => isNumber(type) && !declared.has(name.toLowerCase()))
      .map((column) => [column.name.toLowerCase(), column]),
  );
  const suspects = inferred.filter(({ name, type }) => type === 'string' && numbers.has(name.toLowerCase()));
  if (suspects.length === 0) return undefined;
  const tests = suspects.map(
    ({ name }, i) =>
      `select ${i}, ${quoteName(name)}, _source from source_files where regexp_matches(${quoteName(name)}, '^\\s*[+-]?0\\d')`,
  );
  const { rows } = await readRows(lake.engine, {
    sql: `${tests.join(' union all ')} limit 1`,
    relations: sourceRelations('source_files', suspects, groups),
    timezone: project.timezone,
  });
  const [found] = rows;
  if (found === undefined) return undefined;
  const column = numbers.get((suspects[Number(found[0])]?.name ?? '').toLowerCase());
  return new LakeError(
    'LS2004',
    `${String(found[2])}: column ${column?.name ?? ''} of ${table.name} holds "${String(found[1])}", which would lose its zeros: earlier files made it a number. Declare its type in ${table.file}: as a number if the zeros mean nothing, else as VARCHAR for a source under a new name.`,
    { context: { table: table.name, file: String(found[2]) } },
  );
}

export function isNumber(type: Column['type']): boolean {
  return (
    typeof type === 'string' &&
    (['byte', 'short', 'integer', 'long', 'float', 'double'].includes(type) || type.startsWith('decimal'))
  );
}
