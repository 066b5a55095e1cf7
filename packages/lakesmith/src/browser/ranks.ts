type Edge = readonly [from: number, to: number];

/**
 * The column of each node: behind all that lead to it, and behind every node of a lower floor. An edge that closes a circle is one the
 * wrong way round, and counts for nothing.
 */
export function ranksOf(floors: readonly number[], edges: readonly Edge[]): readonly number[] {
  const inputs = withoutCircles(floors.length, edges);
  const order = inOrder(inputs);
  // What is made from something of a higher floor stands there, too.
  const highest: number[] = [];
  for (const node of order)
    highest[node] = Math.max(floors[node] ?? 0, ...(inputs[node] ?? []).map((input) => highest[input] ?? 0));
  const ranks: number[] = [];
  let start = 0;
  for (const floor of [...new Set(highest)].sort((a, b) => a - b)) {
    let end = start;
    for (const node of order.filter((one) => highest[one] === floor)) {
      const rank = Math.max(start, ...(inputs[node] ?? []).map((input) => (ranks[input] ?? 0) + 1));
      ranks[node] = rank;
      end = Math.max(end, rank + 1);
    }
    start = end;
  }
  return ranks;
}

/** Inputs of each node, those left out that lead back to it. */
function withoutCircles(size: number, edges: readonly Edge[]): readonly (readonly number[])[] {
  const outputs: number[][] = Array.from({ length: size }, () => []);
  for (const [from, to] of edges) outputs[from]?.push(to);
  const inputs: number[][] = Array.from({ length: size }, () => []);
  const state: ('open' | 'done' | undefined)[] = [];
  for (let root = 0; root < size; root += 1) {
    if (state[root] !== undefined) continue;
    const trail = [{ node: root, next: 0 }];
    state[root] = 'open';
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const to = outputs[top.node]?.[top.next];
      top.next += 1;
      if (to === undefined) {
        state[top.node] = 'done';
        trail.pop();
      } else if (state[to] !== 'open') {
        inputs[to]?.push(top.node);
        if (state[to] === undefined) trail.push({ node: to, next: 0 });
        state[to] ??= 'open';
      }
    }
  }
  return inputs;
}

/** Nodes, each after its inputs. */
function inOrder(inputs: readonly (readonly number[])[]): readonly number[] {
  const order: number[] = [];
  const missing = inputs.map((all) => all.length);
  const outputs: number[][] = inputs.map(() => []);
  inputs.forEach((all, node) => {
    for (const input of all) outputs[input]?.push(node);
  });
  const ready = inputs.flatMap((all, node) => (all.length === 0 ? [node] : []));
  for (let node = ready.shift(); node !== undefined; node = ready.shift()) {
    order.push(node);
    for (const next of outputs[node] ?? []) {
      missing[next] = (missing[next] ?? 0) - 1;
      if (missing[next] === 0) ready.push(next);
    }
  }
  return order;
}
