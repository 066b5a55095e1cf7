import { memoryKey } from '../core/memory.ts';
import type { Engine } from '../engine/engine.ts';
import type { BoundProject, ModelTable } from '../project/model.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import type { ProofResult, ProvenInput } from '../sql/refresh/proof.ts';
import { proveRefresh } from '../sql/refresh/proof.ts';
import { compilerOf, memoryOf } from './compiler.ts';
import { modelTree } from './model-sql.ts';

/** What can be proven of these models, so that they may be kept up by parts. Once for each text: it is remembered. */
export async function proveModels(
  names: readonly string[],
  { bound, engine, moment }: { readonly bound: BoundProject; readonly engine: Engine; readonly moment: FrozenMoment },
): Promise<ReadonlyMap<string, ProofResult>> {
  const proofs = new Map<string, ProofResult>();
  for (const name of names) {
    const model = bound.project.tables.get(name);
    if (model?.kind === 'model') proofs.set(name, await proveModel(model, { bound, engine, moment }));
  }
  return proofs;
}

/** What can be proven of one model, as it is given. */
export async function proveModel(
  model: ModelTable,
  { bound, engine, moment }: { readonly bound: BoundProject; readonly engine: Engine; readonly moment: FrozenMoment },
): Promise<ProofResult> {
  const inputs = new Map(model.inputs.map((input) => [input.toLowerCase(), provenInput(input, bound)]));
  return await proveOver(model, inputs, { engine, moment, timezone: bound.project.timezone });
}

/** The same over inputs that are given, by name in lower case. */
export async function proveOver(
  model: ModelTable,
  inputs: ReadonlyMap<string, ProvenInput>,
  { engine, moment, timezone }: { readonly engine: Engine; readonly moment: FrozenMoment; readonly timezone: string },
): Promise<ProofResult> {
  const tree = modelTree(model, moment);
  const memory = memoryOf(engine);
  const key = memoryKey('refresh', engine.version, timezone, JSON.stringify([tree, [...inputs]]));
  const known = memory.recall(key) as ProofResult | undefined;
  if (known !== undefined) return known;
  const proof = await proveRefresh(compilerOf(engine), { tree, inputs, timezone });
  memory.keep(key, proof);
  return proof;
}

function provenInput(name: string, bound: BoundProject): ProvenInput {
  return { columns: bound.schemas.get(name) ?? [], unique: keysOfInput(name, bound) };
}

/** Sets of columns of which no two rows of a table share the values. Keys are checked before rows are committed, so they hold. */
export function keysOfInput(name: string, { project }: BoundProject): ProvenInput['unique'] {
  const table = project.tables.get(name);
  return table?.kind === 'model' && table.modelKind === 'table' && table.key.length > 0 ? [table.key] : [];
}
