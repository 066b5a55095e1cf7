/** A table that some file defines, before more is known of it than that. */
export interface DeclaredTable {
  readonly name: string;
  readonly file: string;
}

/** Where to begin in a project of which not all is wanted. All that the tables are made from comes with them. */
export interface Wanted {
  readonly tables: ReadonlySet<string>;
  /** Those among them of which also all that is made from them is wanted. */
  readonly withReaders: ReadonlySet<string>;
  /** Files that define no table are judged too, as with everything; or only the tests that name one of these. */
  readonly withOthers?: true | 'tests';
}

/** Which tables a command is about, by the names of all; undefined: this cannot be said without reading everything. */
export type Reach = (declared: readonly DeclaredTable[]) => Wanted | undefined;

const mention = /\b(bronze|reference|silver|gold)"?\s*\.\s*"?([a-z]\w*)/gi;

/**
 * The tables that a text of SQL and settings seems to name, also in comments and texts. It is no parser: whoever acts on it looks
 * again at what the parsed SQL names.
 */
export function tablesMentioned(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(mention)].map(([, layer, name]) => `${layer}.${name}`.toLowerCase()));
}

/** What defines a table, as a text that names what it needs. */
export type Text = () => Promise<string>;

/** The text of files; a file that is undefined or not there has none. */
export function textOfFiles(
  files: readonly (string | undefined)[],
  read: (file: string) => Promise<string | undefined>,
): Text {
  return async () => {
    let text = '';
    for (const file of files) text += `${file === undefined ? '' : ((await read(file)) ?? '')}\n`;
    return text;
  };
}

/** All texts in a value of plain data. */
export function textOfValue(value: unknown): Text {
  const texts: string[] = [];
  const add = (part: unknown): void => {
    if (typeof part === 'string') texts.push(part);
    else if (part instanceof Map) part.forEach(add);
    else if (typeof part === 'object' && part !== null) {
      // A table may be named by two texts, side by side.
      const { schema, name } = part as { readonly schema?: unknown; readonly name?: unknown };
      if (typeof schema === 'string' && typeof name === 'string') texts.push(`${schema}.${name}`);
      Object.values(part).forEach(add);
    }
  };
  add(value);
  return () => Promise.resolve(texts.join('\n'));
}

/** What defines the tables of a project. */
interface Texts {
  /** By table. */
  readonly texts: ReadonlyMap<string, Text>;
  /** What may be put into any of them. */
  readonly shared: readonly string[];
}

/** The tables that are wanted, with all that their texts, and so on, name. */
export async function reachedTables(wanted: Wanted, { texts, shared }: Texts): Promise<ReadonlySet<string>> {
  const known = new Map<string, ReadonlySet<string>>();
  const inputsOf: Neighbours = async (name) => {
    const found = known.get(name) ?? tablesMentioned((await texts.get(name)?.()) ?? '');
    known.set(name, found);
    return found;
  };
  const below = wanted.withReaders.size === 0 ? [] : await reach(wanted.withReaders, await readersIn(texts, inputsOf));
  const inShared = shared.flatMap((text) => [...tablesMentioned(text)]);
  return await reach(new Set([...wanted.tables, ...below, ...inShared]), inputsOf);
}

type Neighbours = (name: string) => Promise<Iterable<string>>;

async function readersIn(texts: Texts['texts'], inputsOf: Neighbours): Promise<Neighbours> {
  const readers = new Map<string, string[]>();
  for (const name of texts.keys()) {
    for (const input of await inputsOf(name)) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [name]);
      else known.push(name);
    }
  }
  return (name) => Promise.resolve(readers.get(name) ?? []);
}

async function reach(from: ReadonlySet<string>, next: Neighbours): Promise<ReadonlySet<string>> {
  const found = new Set(from);
  // A set gives what was added while it is gone through.
  for (const name of found) for (const other of await next(name)) found.add(other);
  return found;
}
