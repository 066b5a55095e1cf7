import type { Column } from '../../core/schema.ts';
import type { ModelTable } from '../../project/model.ts';
import type { Obstacle } from '../../sql/refresh/determinism.ts';
import type { ProofResult, ProvenKey, RefreshProof } from '../../sql/refresh/proof.ts';
import type { KeyedPass } from './keyed.ts';
import { keyedPasses } from './keyed.ts';
import type { LinearStep } from './linear.ts';
import { linearSteps } from './linear.ts';

/** How a table is kept up without making all of it anew. Which way is taken, what really changed decides. */
export interface RefreshChoice {
  readonly proof: RefreshProof;
  /** Inputs that may have changed; first those whose changes no way follows. */
  readonly changed: readonly string[];
  /** By parts even where all of it would be cheaper. */
  readonly insists: boolean;
}

/** The ways that are proven for changes of some inputs. */
export interface RefreshWays {
  /** Adding what their new rows give; absent: that would not be all. */
  readonly linear?: readonly LinearStep[];
  /** Making the rows of some keys anew; absent: no output column follows the changes. */
  readonly keyed?: readonly KeyedPass[];
}

/** A table that is to be kept up. */
interface KeptTable {
  readonly model: Pick<ModelTable, 'key' | 'refresh'>;
  readonly columns: readonly Column[];
}

/** Whether it may be worth while to look which rows of the inputs changed; else why it is not. */
export function chooseRefresh(
  result: ProofResult,
  { changed, ...table }: KeptTable & { readonly changed: readonly string[] },
):
  | { readonly ok: true; readonly choice: RefreshChoice; readonly detail: string }
  | { readonly ok: false; readonly why: string } {
  if (!result.ok) return { ok: false, why: result.why };
  const { proof } = result;
  const obstacle = proof.obstacles.find(({ kind }) => kind !== 'rounding');
  if (obstacle !== undefined) return { ok: false, why: obstacleText(obstacle) };
  const names = changed.map((name) => name.toLowerCase());
  const ways = new Map(names.map((name) => [name, waysOf(proof, new Set([name]), table)]));
  const lost = names.filter((name) => !hasWay(ways.get(name)));
  if (lost.length === names.length)
    return { ok: false, why: `no column of it says which rows of ${lost.join(', ')} a row is made of` };
  const followed = names.filter((name) => !lost.includes(name));
  const passes = followed.flatMap((name) => ways.get(name)?.keyed ?? []);
  return {
    ok: true,
    choice: { proof, changed: [...lost, ...followed], insists: table.model.refresh !== 'auto' },
    detail: passes.length === 0 ? 'new rows are added' : keyText(passes, table.columns),
  };
}

/** The ways that follow all changes of these inputs. */
export function waysOf(proof: RefreshProof, changed: ReadonlySet<string>, table: KeptTable): RefreshWays {
  const linear = linearSteps(proof, changed);
  const keyed = keyedPasses(proof, changed, (carried) => preferredKeys(carried, proof, table));
  return { ...(linear.ok ? { linear: linear.steps } : {}), ...(keyed.ok ? { keyed: keyed.passes } : {}) };
}

function hasWay(ways: RefreshWays | undefined): boolean {
  return ways?.linear !== undefined || ways?.keyed !== undefined;
}

/** What rows are known by: what is carried of the table's key, else of what they are grouped by, else all that is carried. */
function preferredKeys(
  carried: readonly ProvenKey[],
  proof: RefreshProof,
  { model, columns }: KeptTable,
): readonly ProvenKey[] {
  const own = model.key.map((name) => columns.findIndex((column) => column.name === name));
  for (const set of [own, ...[...proof.unique].sort((a, b) => a.length - b.length)]) {
    const keys = carried.filter((key) => set.includes(key.column));
    if (keys.length > 0) return keys;
  }
  return carried;
}

function keyText(passes: readonly KeyedPass[], columns: readonly Column[]): string {
  const names = passes.map(({ keys }) => keys.map(({ column }) => columns[column]?.name ?? '').join(', '));
  return `rows by ${[...new Set(names)].join('; ')}`;
}

function obstacleText({ kind, what }: Obstacle): string {
  return kind === 'volatile'
    ? `${what} is another each time`
    : `${what}: rows that are equal in its order may stand either way`;
}
