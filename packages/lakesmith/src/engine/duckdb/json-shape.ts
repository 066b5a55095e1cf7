/** What stands at one place of JSON rows, over all rows. */
export type JsonShape =
  | { readonly kind: 'object'; readonly fields: readonly { readonly name: string; readonly shape: JsonShape }[] }
  | { readonly kind: 'list'; readonly element: JsonShape }
  /** mixed: values of several kinds, or objects without any key. */
  | { readonly kind: 'number' | 'text' | 'boolean' | 'nothing' | 'mixed' };

/** What the engine does with each element of a list is written once more for the lists in it. */
const mostLists = 12;
const mostLevels = 60;

/** Where a value stands: the keys above it, and how many lists and values are around it. */
interface ShapePlace {
  readonly path: string;
  readonly key: string;
  readonly lists: number;
  readonly levels: number;
}

/** Reads the engine's json_group_structure; keys in the order of `example`, those it lacks after them by name. */
export function jsonShape(
  structure: unknown,
  example: unknown,
  place: ShapePlace = { path: '', key: '', lists: 0, levels: 0 },
): JsonShape {
  const { path } = place;
  refuseDepth(place);
  if (typeof structure === 'string') return { kind: leafKind(structure) };
  if (Array.isArray(structure)) {
    const items: readonly unknown[] = Array.isArray(example) ? example : [];
    const inside = { ...place, lists: place.lists + 1, levels: place.levels + 1 };
    return { kind: 'list', element: jsonShape(structure[0], items[0], inside) };
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
      shape: jsonShape(inner, values.get(name), {
        ...place,
        path: path === '' ? name : `${path}.${name}`,
        key: name,
        levels: place.levels + 1,
      }),
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

function refuseDepth({ path, key, lists, levels }: ShapePlace): void {
  const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path;
  if (lists > mostLists)
    throw new UnfitKey(
      key,
      `Lists in ${shown} lie more than ${mostLists} deep in each other: take some away at the source`,
    );
  if (levels > mostLevels)
    throw new UnfitKey(
      key,
      `The values in ${shown} lie more than ${mostLevels} levels deep: make them flatter at the source`,
    );
}

function refuseNames(names: readonly string[], path: string): void {
  const where = path === '' ? '' : ` in ${path}`;
  if (names.includes(''))
    throw new UnfitKey('', `The key ""${where} cannot be the name of a column: give it one at the source`);
  const withNul = names.find((name) => name.includes('\0'));
  if (withNul !== undefined) {
    const what = `The key ${JSON.stringify(withNul)}${where} has a character 0, which no column can have in its name: rename it at the source`;
    throw new UnfitKey(withNul, what);
  }
  const lower = names.map((name) => name.toLowerCase());
  const twin = names.find((name, index) => lower.indexOf(name.toLowerCase()) !== index);
  if (twin === undefined) return;
  const other = names.find((name) => name.toLowerCase() === twin.toLowerCase()) ?? twin;
  throw new UnfitKey(
    twin,
    `The keys ${other} and ${twin}${where} differ only in case, which columns of a table cannot: rename one of them at the source`,
  );
}
