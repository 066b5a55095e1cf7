/** What stands at one place of JSON rows, over all rows. */
export type JsonShape =
  | { readonly kind: 'object'; readonly fields: readonly { readonly name: string; readonly shape: JsonShape }[] }
  | { readonly kind: 'list'; readonly element: JsonShape }
  /** mixed: values of several kinds, or objects without any key. */
  | { readonly kind: 'number' | 'text' | 'boolean' | 'nothing' | 'mixed' };

/** Reads the engine's json_group_structure; keys in the order of `example`, those it lacks after them by name. */
export function jsonShape(structure: unknown, example: unknown, path = ''): JsonShape {
  if (typeof structure === 'string') return { kind: leafKind(structure) };
  if (Array.isArray(structure)) {
    const items: readonly unknown[] = Array.isArray(example) ? example : [];
    return { kind: 'list', element: jsonShape(structure[0], items[0], path) };
  }
  if (typeof structure !== 'object' || structure === null) return { kind: 'nothing' };
  const found = Object.entries(structure);
  const order = typeof example === 'object' && example !== null ? Object.keys(example) : [];
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  found.sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  refuseNames(
    found.map(([name]) => name),
    path,
  );
  const values = new Map(typeof example === 'object' && example !== null ? Object.entries(example) : []);
  return {
    kind: 'object',
    fields: found.map(([name, inner]) => ({
      name,
      shape: jsonShape(inner, values.get(name), path === '' ? name : `${path}.${name}`),
    })),
  };
}

function leafKind(type: string): 'number' | 'text' | 'boolean' | 'nothing' | 'mixed' {
  switch (type) {
    case 'VARCHAR':
      return 'text';
    case 'BOOLEAN':
      return 'boolean';
    case 'NULL':
      return 'nothing';
    case 'JSON':
      return 'mixed';
    default:
      return 'number';
  }
}

/** Keys that cannot be columns, or fields of one: of which rows that may be is for the caller to find. */
export class UnfitKey extends Error {
  readonly key: string;

  constructor(key: string, what: string) {
    super(what);
    this.key = key;
  }
}

function refuseNames(names: readonly string[], path: string): void {
  const where = path === '' ? '' : ` in ${path}`;
  if (names.includes(''))
    throw new UnfitKey('', `The key ""${where} cannot be the name of a column: give it one at the source`);
  const lower = names.map((name) => name.toLowerCase());
  const twin = names.find((name, index) => lower.indexOf(name.toLowerCase()) !== index);
  if (twin === undefined) return;
  const other = names.find((name) => name.toLowerCase() === twin.toLowerCase()) ?? twin;
  throw new UnfitKey(
    twin,
    `The keys ${other} and ${twin}${where} differ only in case, which columns of a table cannot: rename one of them at the source`,
  );
}
