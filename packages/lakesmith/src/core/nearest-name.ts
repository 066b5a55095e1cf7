/**
 * The name of `names` that a person most likely meant by `written`, or undefined when none is near: a few letters wrong,
 * or, from three letters on, the beginning of one or with a beginning too many ('month' for 'sold_month'). Case does not
 * count.
 */
export function nearestName(written: string, names: Iterable<string>): string | undefined {
  if (written === '') return undefined;
  const all = [...names];
  const wanted = written.toLowerCase();
  if (wanted.length < 3)
    return nearestByLetters(
      written,
      all.filter((name) => name.toLowerCase().startsWith(wanted[0] ?? '')),
    );
  return nearestByLetters(written, all) ?? all.find((name) => contains(name.toLowerCase(), wanted));
}

function contains(name: string, wanted: string): boolean {
  return name.startsWith(wanted) || name.endsWith(`_${wanted}`) || (name.length >= 3 && wanted.startsWith(name));
}

function nearestByLetters(wrong: string, names: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(wrong.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** Letters to insert, delete, replace or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(replace, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, (before[j - 2] ?? 0) + 1);
      row.push(distance);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
