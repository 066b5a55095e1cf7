type Fields = { readonly [key: string]: unknown };

/** The statistics of a file as they stand in an add action. Text that is no JSON object tells nothing; it is no error. */
export function parseStats(text: string | undefined): Fields | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    // Digits that a double does not hold are lost here; whoever uses a bound allows for it.
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The rows in a file, deleted ones too, when its statistics tell. */
export function recordCount(stats: Fields | undefined): number | undefined {
  const rows = stats?.['numRecords'];
  return typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0 ? rows : undefined;
}

/** `recordCount` of the text; most writers begin with it. */
export function recordCountOf(text: string | undefined): number | undefined {
  const first = text === undefined ? undefined : /^\{"numRecords":(\d{1,15})[,}]/.exec(text)?.[1];
  return first === undefined || text?.endsWith('}') !== true ? recordCount(parseStats(text)) : Number(first);
}

/** What is under a path in nested objects. */
export function lookUp(tree: unknown, path: readonly string[]): unknown {
  let at: unknown = tree;
  for (const name of path) at = isFields(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return at;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
