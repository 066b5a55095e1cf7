import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { Engine } from '../engine/engine.ts';
import { timezone } from '../lake/time-zone.ts';

/** What a condition speaks of, by the name that it has there. */
export type Scope = readonly { readonly name: string; readonly columns: readonly Column[] }[];

/** Refuses what is no condition (LS4001): the engine would take any number but 0 for one that is met, by all rows. */
export async function checkCondition(engine: Engine, sql: string, scope: Scope): Promise<void> {
  const bound = await engine.describe({
    sql: `select (${sql}\n) from ${scope.map(({ name }) => quoteName(name)).join(', ')}`,
    relations: scope.map((relation) => ({ kind: 'empty', ...relation })),
    timezone,
  });
  if (!bound.ok) throw new LakeError('LS2101', `The condition ${sql.trim()} cannot be asked: ${bound.message}`);
  const type = bound.columns[0]?.type;
  if (type === undefined || type === 'boolean') return;
  throw new LakeError(
    'LS4001',
    `"${sql.trim()}" is no condition: it is ${toEngineType(type)}, and neither true nor false. Compare it with something.`,
  );
}
