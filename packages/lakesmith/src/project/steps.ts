import type { Diagnostic } from '../core/errors.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { tableReferences } from '../sql/references.ts';
import { queryOf } from '../sql/tree.ts';
import { putInWords } from '../sql/vocabulary.ts';
import type { Step, Vocabulary } from '../sql/vocabulary.ts';
import { withNamedViews } from '../sql/views.ts';
import type { ModelSource, ParsedModel } from './model-file.ts';
import { readModel } from './model-file.ts';
import { sqlPlace } from './sql-place.ts';

/** Models whose rows are not stored. */
interface Steps {
  /** Those that are no tables either, each after those that it reads, which are put into it. */
  readonly steps: readonly ParsedModel[];
  /** Names of these, and of all that need each other: nothing else is to be read of them. */
  readonly names: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Lets the words know the models of the files that say `kind: ephemeral` or `kind: view`. What is wrong in a view is found when it
 * is read as the table that it is too.
 */
export async function readSteps(
  sources: readonly ModelSource[],
  world: {
    readonly compiler: SqlCompiler;
    readonly words: Vocabulary & { readonly steps: Map<string, Step> };
  },
): Promise<Steps> {
  const { compiler, words } = world;
  const waiting = new Map<string, ParsedModel>();
  const names = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const source of sources) {
    const read = await readModel(source, compiler, words);
    const kind = read.model?.table.modelKind;
    // Others are read when all of these are known.
    if (read.model === undefined || (kind !== 'ephemeral' && kind !== 'view')) continue;
    waiting.set(source.name, read.model);
    if (kind === 'view') continue;
    names.add(source.name);
    diagnostics.push(...read.diagnostics);
  }
  const steps: ParsedModel[] = [];
  const resolve = (model: ParsedModel, trail: readonly string[]): void => {
    const { name } = model.table;
    if (!waiting.has(name)) return;
    const circle = trail.indexOf(name);
    if (circle >= 0) {
      diagnostics.push(circleFound(model, [...trail.slice(circle), name]));
      for (const member of trail.slice(circle)) {
        waiting.delete(member);
        names.add(member);
      }
      return;
    }
    for (const read of model.references) {
      const other = waiting.get(`${read.schema}.${read.name}`.toLowerCase());
      if (other !== undefined) resolve(other, [...trail, name]);
    }
    if (!waiting.delete(name)) return;
    const plain = putInWords(model.table.tree(), words);
    const tree = plain.ok ? plain.tree : model.table.tree();
    const uses = [...new Set([...model.uses, ...(plain.ok ? plain.uses : [])])];
    const written = model.table.parts['model'] ?? '';
    const isView = model.table.modelKind === 'view';
    words.steps.set(name, { isView, query: queryOf(tree), written, uses });
    if (isView) return;
    const references = tableReferences(withNamedViews(tree));
    steps.push({ ...model, table: { ...model.table, tree: () => tree }, references });
  };
  for (const model of [...waiting.values()]) resolve(model, []);
  return { steps, names, diagnostics };
}

function circleFound({ table, references }: ParsedModel, circle: readonly string[]): Diagnostic {
  const next = references.find((one) => `${one.schema}.${one.name}`.toLowerCase() === circle[1]);
  const message =
    circle.length === 2 ? `Model ${table.name} reads itself` : `Models need each other: ${circle.join(' → ')}`;
  const hint = circle.length === 2 ? 'a model is made from other tables' : 'one of them must do without the next';
  return { code: 'LS1206', message, place: sqlPlace(table, next?.offset ?? 0), hint };
}
