import type { SqlCompiler } from '../compiler.ts';
import { nodesAt } from '../tree.ts';
import { boundSql, isSameBound, mapReferences } from './bound-sql.ts';
import type { Folded, PlannedShape } from './fold.ts';

/** Columns that are computed from others of the same row, just as the SELECT does. */
export interface DerivedColumns {
  /** What they are computed from: a column of the table in the type that it has before the table takes it, by the name `p0`, `p1`, … */
  readonly parts: readonly { readonly column: number; readonly type: string }[];
  /** SQL over the parts. */
  readonly columns: readonly { readonly column: number; readonly sql: string }[];
}

/** Says derived columns in SQL, of which it was seen that the engine reads it as it reads the SELECT. */
export async function deriveColumns(
  compiler: Pick<SqlCompiler, 'plan'>,
  { derived, shown }: PlannedShape,
  timezone: string,
): Promise<Folded<DerivedColumns>> {
  const placeOf = (part: number): number => shown.findIndex((one) => one.part === part);
  const printed = derived.map(({ made }) => boundSql(made, (part) => `p${placeOf(part)}`));
  const parts = shown.map(({ type }, i) => `cast(null as ${type}) as p${i}`).join(', ');
  const asked = printed.map((sql) => `select ${sql ?? 'null'} from (select ${parts}) as q`);
  const plans = derived.length === 0 ? [] : await compiler.plan(asked, new Map(), timezone);
  const columns = derived.flatMap(({ column, made }, i) => {
    const plan = plans[i];
    const sql = printed[i];
    if (sql === undefined || plan?.ok !== true) return [];
    const [bound] = plan.plan['type'] === 'LOGICAL_PROJECTION' ? nodesAt(plan.plan, 'expressions') : [];
    const meant = mapReferences(made, (part, reference) => ({ ...reference, index: placeOf(part) }));
    return bound !== undefined && isSameBound(bound, meant) ? [{ column, sql }] : [];
  });
  if (columns.length < derived.length)
    return { ok: false, why: 'a column of it is made of others in a way that is not followed' };
  return { ok: true, columns, parts: shown.map(({ column, type }) => ({ column, type })) };
}
