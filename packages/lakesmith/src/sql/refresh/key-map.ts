import type { Expression } from './expression.ts';
import { identityOf, isFollowed, withArgs } from './expression.ts';

/** One path from the root of a plan to one table that it reads. */
export type Leaf = number;

/** For each leaf whose rows carry it: the same value, over that leaf's own columns. */
export type Carriers = ReadonlyMap<Leaf, Expression>;

/**
 * A claim of locality: for every value v of `output`, NULL included, the rows with that value depend, of every leaf that is named
 * here, only on its rows in which the leaf's expression is v; and on all rows of leaves that are not.
 */
export interface KeyEntry {
  readonly output: Expression;
  readonly at: Carriers;
}

/** The claims about a node's rows, by the identity of their output. Any some of them hold together. */
export class KeyMap {
  readonly #entries: Map<string, { readonly output: Expression; readonly at: Map<Leaf, Expression> }> = new Map();

  static of(entries: Iterable<KeyEntry>): KeyMap {
    const keys = new KeyMap();
    for (const { output, at } of entries) keys.add(output, at);
    return keys;
  }

  /** A claim more; what is known of a leaf already stays. Constants and inexact values are no keys. */
  add(output: Expression, at: Carriers): void {
    if (output.kind === 'constant' || !isFollowed(output) || at.size === 0) return;
    const known = this.#entries.get(identityOf(output));
    if (known === undefined) {
      this.#entries.set(identityOf(output), { output, at: new Map(at) });
      return;
    }
    for (const [leaf, expression] of at) if (!known.at.has(leaf)) known.at.set(leaf, expression);
  }

  get(output: Expression): Carriers | undefined {
    return this.#entries.get(identityOf(output))?.at;
  }

  entries(): readonly KeyEntry[] {
    return [...this.#entries.values()];
  }
}

/** Which leaves' rows carry the value of an expression over a node's columns. */
export function carriersOf(
  expression: Expression | undefined,
  node: { readonly keys: KeyMap; readonly leaves: ReadonlySet<Leaf> },
): Carriers {
  if (expression === undefined || !isFollowed(expression)) return new Map();
  const found = new Map(node.keys.get(expression));
  if (expression.kind === 'constant') {
    for (const leaf of node.leaves) found.set(leaf, expression);
    return found;
  }
  if (expression.kind === 'column') return found;
  const parts = expression.args.map((arg) => carriersOf(arg, node));
  for (const leaf of node.leaves) {
    if (found.has(leaf)) continue;
    const made = withArgs(
      expression,
      parts.map((part) => part.get(leaf)),
    );
    if (made !== undefined) found.set(leaf, made);
  }
  return found;
}

/** What both tell; of a leaf in both, what the first tells. */
export function bothCarriers(a: Carriers, b: Carriers): Carriers {
  return new Map([...b, ...a]);
}
