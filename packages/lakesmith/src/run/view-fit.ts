import type { Column } from '../core/schema.ts';
import { sameType } from '../core/type-policy.ts';
import type { Engine } from '../engine/engine.ts';
import type { ReleasedView } from '../lake/release.ts';
import { engineSays } from '../project/engine-words.ts';

/** Why a view does not give its columns over tables that have these; undefined: it does. */
export async function whyNotOver(
  view: ReleasedView,
  columnsOf: (table: string) => readonly Column[] | undefined,
  { engine, timezone }: { readonly engine: Engine; readonly timezone: string },
): Promise<string | undefined> {
  const inputs = Object.keys(view.madeBy.inputs);
  const gone = inputs.find((input) => columnsOf(input) === undefined);
  if (gone !== undefined) return `${gone} is not there`;
  const relations = inputs.map((name) => ({ name, kind: 'empty', columns: columnsOf(name) ?? [] }) as const);
  const found = await engine.describe({ sql: view.sql, relations, timezone });
  if (!found.ok) return engineSays(found.message);
  const other = view.columns.find(({ name, type }, i) => {
    const given = found.columns[i];
    return given?.name !== name || !sameType(given.type, type);
  });
  return other === undefined ? undefined : `its column ${other.name} would be another`;
}
