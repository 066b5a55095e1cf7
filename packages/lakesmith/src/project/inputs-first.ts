/**
 * Things that need each other in an order in which each comes after those that it needs: of those that could be next, always the
 * one that is first in `things`. What is needed and is not among them counts as there; nothing may need itself, by whatever way.
 */
export function inputsFirst<T extends { readonly name: string }>(
  things: readonly T[],
  inputsOf: (thing: T) => readonly string[],
): readonly T[] {
  const places = new Map(things.map(({ name }, place) => [name, place]));
  const readers = things.map((): number[] => []);
  const missing = things.map((thing, place) => {
    const inputs = new Set(inputsOf(thing).flatMap((name) => places.get(name) ?? []));
    for (const input of inputs) readers[input]?.push(place);
    return inputs.size;
  });
  // Descending, so that the next one is taken from the end.
  const ready = [...missing.keys()].filter((place) => missing[place] === 0).reverse();
  const ordered: T[] = [];
  for (let place = ready.pop(); place !== undefined; place = ready.pop()) {
    const thing = things[place];
    if (thing !== undefined) ordered.push(thing);
    for (const reader of readers[place] ?? []) {
      const left = (missing[reader] ?? 0) - 1;
      missing[reader] = left;
      if (left === 0) ready.splice(placeIn(ready, reader), 0, reader);
    }
  }
  return ordered;
}

/** Where a number belongs among descending ones. */
function placeIn(descending: readonly number[], wanted: number): number {
  let [low, high] = [0, descending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((descending[middle] ?? 0) > wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
