import type { Column } from '../core/schema.ts';
import { digest } from '../core/digest.ts';
import { memoryKey } from '../core/memory.ts';
import type { Engine } from '../engine/engine.ts';
import type { BoundProject, ModelTable } from '../project/model.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import type { Meaning, NamedMeaning } from '../sql/refresh/meaning.ts';
import { meaningOfPlan } from '../sql/refresh/meaning.ts';
import { compilerOf, memoryOf } from './compiler.ts';
import { modelTree } from './model-sql.ts';

interface MeaningWorld {
  readonly bound: BoundProject;
  readonly engine: Engine;
  readonly moment: FrozenMoment;
}

/** What these models mean; a text: why that cannot be told. */
export async function meaningsOf(
  names: readonly string[],
  world: MeaningWorld,
): Promise<ReadonlyMap<string, NamedMeaning | string>> {
  const found = new Map<string, NamedMeaning | string>();
  for (const name of names) {
    const model = world.bound.project.tables.get(name);
    if (model?.kind === 'model') found.set(name, await meaningOf(model, world));
  }
  return found;
}

/** What a model's SELECT means over its inputs as they are bound, once for each text: it is remembered. A text: why that cannot be told. */
export async function meaningOf(
  model: ModelTable,
  { bound, engine, moment }: MeaningWorld,
): Promise<NamedMeaning | string> {
  const isPlain = model.modelKind === 'table' && model.rows === undefined && model.history === undefined;
  if (!isPlain) return 'it is no plain SELECT';
  if (model.facts.usesClock || model.facts.usesNow) return 'it reads the clock';
  const { timezone } = bound.project;
  const tables = new Map(model.inputs.map((input) => [input, bound.schemas.get(input) ?? []]));
  const meaning = await meaningOver(modelTree(model, moment), tables, { engine, timezone });
  const columns = bound.schemas.get(model.name) ?? [];
  if (typeof meaning === 'string') return meaning;
  if (columns.length !== meaning.columns.length) return 'it has other columns than its SELECT';
  // Such names do not keep their order.
  if (columns.some(({ name }) => /^\d+$/.test(name))) return 'the name of a column is a number';
  return {
    // Another engine, or another time zone, may make something else of the same text.
    rows: digest(JSON.stringify([engine.version, timezone, meaning.rows])),
    computed: meaning.computed,
    columns: Object.fromEntries(columns.map(({ name }, i) => [name, meaning.columns[i] ?? ''])),
  };
}

async function meaningOver(
  tree: unknown,
  tables: ReadonlyMap<string, readonly Column[]>,
  { engine, timezone }: { readonly engine: Engine; readonly timezone: string },
): Promise<Meaning | string> {
  const memory = memoryOf(engine);
  const key = memoryKey('meaning', engine.version, timezone, JSON.stringify([tree, [...tables]]));
  const known = memory.recall(key) as Meaning | string | undefined;
  if (known !== undefined) return known;
  const compiler = compilerOf(engine);
  const [sql = ''] = await compiler.print([tree]);
  const [planned] = await compiler.plan([sql], tables, timezone);
  const meaning = planned?.ok === true ? meaningOfPlan(planned.plan) : (planned?.message ?? 'the engine shows no plan');
  memory.keep(key, meaning);
  return meaning;
}
