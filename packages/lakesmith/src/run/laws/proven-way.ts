import { chooseRefresh } from '../../plan/refresh/choice.ts';
import type { RefreshProof } from '../../sql/refresh/proof.ts';
import { proveModel } from '../prove-models.ts';
import type { LawWorld } from './law-world.ts';

/** What is proven of a model, so that it may be kept up by parts; else why it may not. */
export async function provenWay(
  world: LawWorld,
): Promise<{ readonly proof: RefreshProof } | { readonly proof: undefined; readonly why: string }> {
  const whole = isMadeWhole(world);
  if (whole !== undefined) return { proof: undefined, why: whole };
  const { model, bound, engine, moment, columns } = world;
  const result = await proveModel(model, { bound, engine, moment });
  const chosen = chooseRefresh(result, { model, columns, changed: model.inputs, ties: {} });
  return chosen.ok ? { proof: chosen.choice.proof } : { proof: undefined, why: chosen.why };
}

/** Why nothing of it is ever kept up by parts. */
export function isMadeWhole({ model }: LawWorld): string | undefined {
  if (model.rows !== undefined) return 'its rows are made by TypeScript';
  if (model.history !== undefined) return 'a history is made of the whole log of changes';
  if (model.stream !== undefined) return 'a stream keeps what it made, and is not kept equal to its inputs';
  if (model.modelKind !== 'table') return 'its rows are not stored';
  return model.refresh === 'full' ? 'refresh: full' : undefined;
}
