import type { Memory } from '../core/memory.ts';
import { memoryKey } from '../core/memory.ts';
import { textOfTree, treeIn } from '../sql/tree-text.ts';
import { mayUseWords } from '../sql/vocabulary.ts';
import type { Vocabulary } from '../sql/vocabulary.ts';
import type { ParsedModel } from './model-file.ts';

/** The files of a model as text. */
export interface ModelText {
  readonly name: string;
  readonly layer: 'silver' | 'gold';
  readonly file: string;
  readonly content: string;
  /** The .yml beside it. */
  readonly besideFile: string | undefined;
  readonly besideText: string | undefined;
}

/** All that is written of a model. */
export function textOf({ content, besideText }: ModelText): string {
  return `${content}\n${besideText ?? ''}`;
}

/** The syntax tree is text. */
type Kept = Omit<ParsedModel, 'table'> & { readonly table: Omit<ParsedModel['table'], 'tree'>; readonly tree: string };

/** Models that were understood before, and nothing was wrong with. One that may use words of the project is never among them. */
export class RememberedModels {
  readonly #memory: Memory;
  readonly #words: Vocabulary;

  constructor(memory: Memory, words: Vocabulary) {
    this.#memory = memory;
    this.#words = words;
  }

  recall(text: ModelText): ParsedModel | undefined {
    if (mayUseWords(textOf(text), this.#words)) return undefined;
    const kept = this.#memory.recall(keyOf(text)) as Kept | undefined;
    return kept === undefined ? undefined : { ...kept, table: { ...kept.table, tree: treeIn(kept.tree) } };
  }

  keep(text: ModelText, { table: { tree, ...table }, ...model }: ParsedModel): void {
    if (mayUseWords(textOf(text), this.#words)) return;
    const kept: Kept = { ...model, table, tree: textOfTree(tree) };
    this.#memory.keep(keyOf(text), kept);
  }
}

function keyOf({ name, file, content, besideFile, besideText }: ModelText): string {
  return memoryKey('model', name, file, content, besideFile ?? '', besideText ?? '');
}
