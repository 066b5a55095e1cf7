import type { Column } from '../../core/schema.ts';
import type { MadeBy } from '../../lake/release.ts';
import type { ModelTable } from '../../project/model.ts';
import type { ProofResult } from '../../sql/refresh/proof.ts';
import type { RefreshChoice } from './choice.ts';
import { chooseRefresh } from './choice.ts';
import type { Stretch } from './stretch.ts';
import { proveStretch } from './stretch.ts';

/**
 * How the rows of a stretch of time are made anew: together with what changed, so that the table is what its model gives of its inputs as
 * they are. Where what changed is followed by no column all of it is made anew, and the stretch with it.
 */
export function chooseStretch(
  stretch: Stretch,
  proof: ProofResult,
  about: {
    readonly model: ModelTable;
    readonly columns: readonly Column[];
    readonly changed: readonly string[];
    readonly ties: MadeBy['ties'];
  },
):
  | { readonly ok: true; readonly choice: RefreshChoice; readonly detail: string }
  | { readonly ok: false; readonly why: string; readonly unstretched?: true } {
  const found = proveStretch(stretch, proof, about);
  if (!found.ok || !proof.ok) return { ok: false, why: found.ok ? '' : found.why, unstretched: true };
  const { proven } = found;
  if (about.changed.length === 0) {
    const choice = { proof: proof.proof, changed: [], insists: true, stretch: proven };
    return { ok: true, choice, detail: proven.text };
  }
  const refresh = chooseRefresh(proof, about);
  if (!refresh.ok) return refresh;
  const choice = { ...refresh.choice, insists: true, stretch: proven };
  return { ok: true, choice, detail: `${proven.text}; ${refresh.detail}` };
}
