import type { StatsText } from '../log/pending-add.ts';

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

/** `recordCount` of a text. */
export function recordCountOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : recordCountIn({ text, isEscaped: false });
}

/** The same of a text as the log has it; most writers begin with it. */
export function recordCountIn(stats: StatsText | undefined): number | undefined {
  if (stats === undefined) return undefined;
  const { text } = stats;
  const first = /^\{\\?"numRecords\\?":(0|[1-9]\d{0,14})[,}]/.exec(text)?.[1];
  return first === undefined || !text.endsWith('}') ? recordCount(parseStats(plainText(stats))) : Number(first);
}

/** The text of statistics itself; undefined when it is malformed inside of another. */
export function plainText({ text, isEscaped }: StatsText): string | undefined {
  if (!isEscaped) return text;
  const value: unknown = JSON.parse(`"${text}"`);
  return typeof value === 'string' ? value : undefined;
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
