/** What differs from one run or machine to the next, replaced by names; moments that the sample itself fixes stay. */
export function withPlaceholders(
  text: string,
  { startedMs, folder }: { readonly startedMs: number; readonly folder: string },
): string {
  const isNow = (atMs: number): boolean => atMs >= startedMs - 1000 && atMs <= Date.now() + 1000;
  return (
    text
      .replaceAll(folder, '<folder>')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
      .replaceAll(/\b[0-9a-f]{64}\b/g, '<sha256>')
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (at) => (isNow(Date.parse(at)) ? '<now>' : at))
      .replaceAll(/\b\d{13}(?:\.\d+)?\b/g, (ms) => (isNow(Number(ms)) ? '"<now>"' : ms))
      .replaceAll(/"(\w*(?:elapsedMs|seconds|[bB]ytes))": "?\d+(?:\.\d+)?"?/g, '"$1": "<$1>"')
      .replaceAll(/ +\d+(?:\.\d+)? (?:s|ms)\b/g, ' <time>')
      .replaceAll(/(?<="under": ")[\d.]+/g, '<version>')
      .replaceAll(/\bnode \d+\.\d+\.\d+/g, 'node <version>')
      .replaceAll(/\d+(?:\.\d+)? [kMGT]?B free/g, '<size> free')
      // The engine's threads order the rows of a table differently from run to run, so its files compress differently.
      .replaceAll(/(?<=  |· )\d+(?:\.\d+)? [kMGT]?B\b */g, '<size> ')
  );
}
