/** Where the reader is: everything that a page shows follows from it, so that each state has a link. */
export interface Route {
  readonly page: string;
  /** What follows it: a table, a column. */
  readonly path: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** '#/table/silver.orders?part=quality' */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [page = '', ...rest] = path.split('/').map(decoded);
  return { page, path: rest.filter((part) => part !== ''), options: Object.fromEntries(new URLSearchParams(query)) };
}

/** The link to a state; options that are empty are left out. */
export function link(path: readonly string[], options: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(options).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [[key, value] as [string, string]],
  );
  const query = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
  return `#/${path.map(encodeURIComponent).join('/')}${query}`;
}

export function tableLink(name: string, part?: string): string {
  return link(['table', name], { part });
}

/** A link that was cut or written by hand may be no encoding. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}
