/** A name that is none of these, however it is written: the one that is wanted, with as many underscores before it as that takes. */
export function freeName(wanted: string, taken: readonly string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  let name = wanted;
  while (used.has(name.toLowerCase())) name = `_${name}`;
  return name;
}
