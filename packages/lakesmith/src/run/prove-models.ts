import { memoryKey } from '../core/memory.ts';
import type { Engine } from '../engine/engine.ts';
import { putsAside } from '../plan/refresh/refused.ts';
import type { BoundProject, ModelTable } from '../project/model.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import type { ProofResult, ProvenInput } from '../sql/refresh/proof.ts';
import { placeMarks } from '../sql/origin.ts';
import { proveRefresh } from '../sql/refresh/proof.ts';
import { reasonsColumn } from '../sql/rules-in-tree.ts';
import { compilerOf, memoryOf } from './compiler.ts';
import { modelTree, refusedTree } from './model-sql.ts';
import { originOf } from './refused-rows.ts';

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

/** What can be proven of the rows that rules of a model take out: of those put aside, by the SELECT that says also what each was made of. */
export async function proveRefused(
  model: ModelTable,
  { bound, engine, moment }: { readonly bound: BoundProject; readonly engine: Engine; readonly moment: FrozenMoment },
): Promise<ProofResult> {
  const asides = putsAside(model);
  const origin = asides ? originOf(model) : undefined;
  const inputs = new Map(
    model.inputs.map((name) => {
      const { columns, unique } = provenInput(name, bound);
      return [name.toLowerCase(), { columns: name === origin?.table ? [...columns, ...placeMarks] : columns, unique }];
    }),
  );
  const by = asides ? 'quarantine' : 'all';
  const reasons = reasonsColumn(bound.schemas.get(model.name) ?? []);
  const tree = refusedTree(model, moment, { by, reasons, ...(origin === undefined ? {} : { origin }) });
  return await proveTree(tree, inputs, { engine, timezone: bound.project.timezone });
}

/** The same of a model over inputs that are given, by name in lower case. */
export async function proveOver(
  model: ModelTable,
  inputs: ReadonlyMap<string, ProvenInput>,
  { engine, moment, timezone }: { readonly engine: Engine; readonly moment: FrozenMoment; readonly timezone: string },
): Promise<ProofResult> {
  return await proveTree(modelTree(model, moment), inputs, { engine, timezone });
}

async function proveTree(
  tree: unknown,
  inputs: ReadonlyMap<string, ProvenInput>,
  { engine, timezone }: { readonly engine: Engine; readonly timezone: string },
): Promise<ProofResult> {
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
