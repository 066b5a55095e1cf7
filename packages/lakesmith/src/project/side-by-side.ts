/** So many are under way at the same time: enough for the engine to answer together what is asked of it, and not thousands of sessions. */
const together = 200;

/** The results of a piece of work for each, in order; some are done at the same time, and none begins before those far ahead of it are done. */
export async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += together)
    results.push(...(await Promise.all(items.slice(from, from + together).map(work))));
  return results;
}
