import type { Column } from '../core/schema.ts';
import { sameType, toUserType } from '../core/type-policy.ts';
import type { ModelTable } from '../project/model.ts';

/** What a run would change about one column of a table; types as SQL writes them. */
export type ColumnChange =
  | { readonly kind: 'added'; readonly column: string; readonly type: string }
  | { readonly kind: 'dropped'; readonly column: string; readonly type: string }
  | { readonly kind: 'retyped'; readonly column: string; readonly type: string; readonly before: string }
  | { readonly kind: 'renamed'; readonly column: string; readonly type: string; readonly from: string };

/** How the columns of a model differ from those that its table has. */
export function columnChanges(
  model: Pick<ModelTable, 'renamedFrom'>,
  wanted: readonly Column[],
  stored: readonly Column[],
): readonly ColumnChange[] {
  const old = new Map(stored.map(({ name, type }) => [name, type]));
  const names = new Set(wanted.map(({ name }) => name));
  const moved = new Set<string>();
  const changes = wanted.flatMap(({ name, type }): readonly ColumnChange[] => {
    const from = model.renamedFrom.get(name)?.from;
    const isRenamed = from !== undefined && !old.has(name) && old.has(from) && !names.has(from);
    const before = old.get(isRenamed ? from : name);
    if (before === undefined) return [{ kind: 'added', column: name, type: typeText(type) }];
    if (isRenamed) moved.add(from);
    const renamed = isRenamed ? [{ kind: 'renamed', column: name, type: typeText(type), from } as const] : [];
    if (sameType(before, type)) return renamed;
    return [...renamed, { kind: 'retyped', column: name, type: typeText(type), before: typeText(before) }];
  });
  const dropped = stored
    .filter(({ name }) => !names.has(name) && !moved.has(name))
    .map(({ name, type }): ColumnChange => ({ kind: 'dropped', column: name, type: typeText(type) }));
  return [...changes, ...dropped];
}

/** '+ margin  decimal(18,2)', '- discount', '~ amount  integer -> bigint', '~ margin  was marge': one line a change. */
export function columnLines(changes: readonly ColumnChange[]): readonly string[] {
  const width = Math.max(0, ...changes.map(({ column }) => column.length)) + 2;
  return changes.map((change) => {
    const name = change.column.padEnd(width);
    switch (change.kind) {
      case 'added':
        return `+ ${name}${change.type}`;
      case 'dropped':
        return `- ${change.column}`;
      case 'retyped':
        return `~ ${name}${change.before} -> ${change.type}`;
      case 'renamed':
        return `~ ${name}was ${change.from}`;
    }
  });
}

function typeText(type: Column['type']): string {
  return toUserType(type).toLowerCase();
}
