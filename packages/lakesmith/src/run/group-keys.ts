import type { Relation } from '../engine/engine.ts';
import type { KeyedPass } from '../plan/refresh/keyed.ts';
import { KeyedSql } from '../plan/refresh/keyed.ts';
import { relationNames } from '../plan/refresh/relations.ts';
import { tiesIn } from '../plan/refresh/ties.ts';
import type { RefreshProof } from '../sql/refresh/proof.ts';
import type { BoundTable, RunContext } from './context.ts';
import { countTies } from './count-ties.ts';
import { bindMentions } from './mentions.ts';
import type { KeptRows, ScratchRows } from './scratch-rows.ts';

/** What is known and kept where the groups of changed rows are looked for. */
interface GroupWork {
  readonly proof: RefreshProof;
  readonly sql: KeyedSql;
  readonly inputs: ReadonlyMap<string, BoundTable>;
  /** Every input as it is now and as it was, and what it gained and lost. */
  readonly relations: readonly Relation[];
  readonly scratch: ScratchRows;
}

/**
 * The keys of a pass by groups: of the rows that changed before they were grouped, as they were and as they are, the groups. Instead,
 * why they cannot be told.
 */
export async function groupKeys(
  context: RunContext,
  { proof, sql, inputs, relations, scratch }: GroupWork,
  { pass, below }: { readonly pass: number; readonly below: readonly KeyedPass[] },
): Promise<{ readonly keys: KeptRows } | { readonly why: string }> {
  const { grouped } = proof;
  if (grouped === undefined) return { why: 'nothing is grouped' };
  const rows = new KeyedSql(grouped.proof, below, grouped.columns, (one) => relationNames.keysBelow(pass, one));
  const columns = sql.keyColumns(pass);
  const known: Relation[] = [...relations];
  for (const one of below.keys()) {
    const query = { sql: rows.keys(one), relations, columns: rows.keyColumns(one) };
    known.push((await scratch.keep(relationNames.keysBelow(pass, one), query)).relation);
  }
  const found: Relation[] = [];
  for (const one of below.keys()) {
    const input = (occurrence: number): string => rows.input(one, occurrence);
    const tied = await tiesAmong(context, grouped.proof, { inputs, relations: known, input });
    if (tied !== undefined) return { why: tied };
    for (const state of ['old', 'now'] as const) {
      const mentions = bindMentions(grouped.proof, inputs, (occurrence) => rows.input(one, occurrence, state));
      const query = { sql: sql.groups(pass, rows.rows(one)), relations: [...known, ...mentions], columns };
      found.push((await scratch.keep(relationNames.groups(pass, one, state), query)).relation);
    }
  }
  const all = found.map(({ name }) => `select * from ${name}`).join(' union ');
  return { keys: await scratch.keep(relationNames.keys(pass), { sql: all, relations: found, columns }) };
}

/** Where rows are equal in an order and not otherwise among those that are bound, what that says. */
export async function tiesAmong(
  context: RunContext,
  proof: RefreshProof,
  bound: Parameters<typeof countTies>[2],
): Promise<string | undefined> {
  return proof.ties.length === 0 ? undefined : tiesIn(await countTies(context, proof, bound));
}
