import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import type { FormGroup } from '../engine/text-forms.ts';

/** A file that rows are read from. */
export interface TextFile {
  readonly location: string;
  readonly label: string;
}

/** Files of several forms as one relation of this name, in their order, with `_source`; it is the last of the list. */
export function sourceRelations(
  name: string,
  columns: readonly Column[],
  groups: readonly FormGroup<TextFile>[],
): readonly Relation[] {
  const [only, ...others] = groups;
  if (only === undefined) return [{ name, kind: 'text-files', columns, format: { type: 'ndjson' }, files: [] }];
  if (others.length === 0) return [{ name, kind: 'text-files', columns, ...only }];
  const parts = groups.map((group, i): Relation => ({ name: `${name}_${i}`, kind: 'text-files', columns, ...group }));
  return [
    ...parts,
    {
      name,
      kind: 'sql',
      columns: [...columns, { name: '_source', type: 'string' }],
      sql: parts.map((part) => `select * from ${part.name}`).join(' union all '),
    },
  ];
}
