const texts = new WeakMap<() => unknown, string>();

/** A syntax tree that is text until somebody wants it, and again when nobody has it: of a large project most are never wanted. */
export function treeIn(text: string): () => unknown {
  let known: WeakRef<object> | undefined;
  const tree = (): unknown => {
    const kept = known?.deref();
    if (kept !== undefined) return kept;
    const made = JSON.parse(text) as object;
    known = new WeakRef(made);
    return made;
  };
  texts.set(tree, text);
  return tree;
}

/** A tree as JSON. */
export function textOfTree(tree: () => unknown): string {
  return texts.get(tree) ?? JSON.stringify(tree());
}
