import { quoteText } from '../../core/sql-text.ts';
import type { JsonLeaf } from './json-leaves.ts';
import { leavesOf } from './json-leaves.ts';
import type { JsonShape } from './json-shape.ts';
import type { LeafKind } from './leaf-kinds.ts';
import { leafTest } from './leaf-kinds.ts';
import type { Session } from './session.ts';

type ObjectShape = Extract<JsonShape, { kind: 'object' }>;

/** What some rows of JSON are like. */
export interface SeenRows {
  readonly shape: ObjectShape;
  /** Of its leaves, in their order; undefined: text. */
  readonly kinds: readonly (LeafKind | undefined)[];
}

/** Objects of rows that are alike have few sets of keys. */
const mostKeySets = 8;

/**
 * Whether every row has the keys, the shape and the kinds of values that were seen in some: then a look at all of them says the same.
 * It may be false where they do, as of rows with many sets of keys.
 */
export async function areAllLike(
  session: Session,
  { objects, sample, shape, kinds }: SeenRows & { readonly objects: string; readonly sample: number },
): Promise<boolean> {
  const leaves = leavesOf(shape, 'x', 0);
  // A value of any kind may stand at such a place: what is one more?
  if (leaves.some(({ kind }, i) => kind === 'mixed' || (kind === 'number' && kinds[i] === undefined))) return false;
  const places = placesOf(shape, '$', 'x');
  if (places === undefined) return false;
  const keySets: (readonly string[][])[] = [];
  for (const place of places) {
    const sets = place.kind === 'list' ? [] : await keySetsOf(session, place, `${objects} LIMIT ${sample}`);
    // Which of two values of one key counts is not for us to say.
    if (sets.length > mostKeySets || sets.some((set) => new Set(set).size < set.length)) return false;
    keySets.push(sets);
  }
  const tests: string[] = [];
  const texts: string[] = [];
  for (const [i, leaf] of leaves.entries()) {
    const test = (written: Written): string => valueTest(leaf, kinds[i], written);
    if (leaf.over === undefined) {
      const { json, text } = writtenAs(leaf.value);
      // Texts stand in a projection of their own, so that each is made once and tested after.
      texts.push(`${json} AS _json${i}`, `${text} AS _text${i}`);
      tests.push(test({ json: `_json${i}`, text: `_text${i}` }));
    } else tests.push(leaf.over((value) => test(writtenAs(value))));
  }
  const ask = async (read: 'json_transform' | 'json_transform_strict', shapes: readonly string[]): Promise<boolean> => {
    const values = `SELECT json, ${read}(json, ${quoteText(JSON.stringify(textsOf(shape)))}) AS x FROM (${objects})`;
    const all = [...shapes, ...tests].map((test) => `coalesce(bool_and(${test}), true)`).join(' AND ');
    const [row] = await session.rows(
      `SELECT ${all} AS alike FROM (SELECT ${['*', ...texts].join(', ')} FROM (${values}))`,
    );
    return row?.['alike'] === true;
  };
  if (haveAllKeys(keySets)) {
    try {
      return await ask('json_transform_strict', ['x IS NOT NULL']);
    } catch (error) {
      // Some row has a key too many or too few, which an empty object may.
      if (session.cancelled) throw error;
    }
  }
  return await ask(
    'json_transform',
    places.map((place, i) => placeTest(place, keySets[i] ?? [])),
  );
}

/**
 * Whether the objects of each place have one set of keys. Then reading them strictly, which refuses a key too many or too few and what is no
 * object, says what each look for their keys would say, and reads a row once.
 */
function haveAllKeys(keySets: readonly (readonly string[][])[]): boolean {
  return keySets.every((sets) => new Set(sets.map((set) => JSON.stringify(set.toSorted()))).size <= 1);
}

/** A value as its JSON, and as what stands between the quotes if that is a text; of one that is not ASCII a quote may stay. */
interface Written {
  readonly json: string;
  readonly text: string;
}

function writtenAs(value: string): Written {
  const json = `CAST(${value} AS VARCHAR)`;
  return { json, text: `substring(${json}, 2, strlen(${json}) - 2)` };
}

/** Where an object or a list stands in each row. */
interface Place {
  readonly kind: 'object' | 'list';
  readonly path: string;
  /** The same in what the engine makes of a row; undefined: in a list there are many of them. */
  readonly value: string | undefined;
}

/** Undefined: some key cannot be said in a path. */
function placesOf(shape: JsonShape, path: string, value?: string): readonly Place[] | undefined {
  if (shape.kind !== 'list' && shape.kind !== 'object') return [];
  const fields = shape.kind === 'object' ? shape.fields : [];
  if (fields.some(({ name }) => name === '' || /["\\*]/.test(name))) return undefined;
  const below =
    shape.kind === 'list'
      ? [placesOf(shape.element, `${path}[*]`)]
      : fields.map(({ name, shape: inner }) =>
          placesOf(inner, `${path}."${name}"`, value === undefined ? undefined : fieldOf(value, name)),
        );
  const known = below.filter((one) => one !== undefined);
  return known.length < below.length ? undefined : [{ kind: shape.kind, path, value }, ...known.flat()];
}

function fieldOf(value: string, name: string): string {
  return `struct_extract(${value}, ${quoteText(name)})`;
}

/** The keys that objects of some rows have. */
async function keySetsOf(session: Session, { path, value }: Place, sample: string): Promise<readonly string[][]> {
  const keys = `json_keys(json, ${quoteText(path)})`;
  const rows = await session.rows(
    `SELECT DISTINCT coalesce(to_json(${value === undefined ? `unnest(${keys})` : keys})::VARCHAR, '[]') AS keys FROM (${sample}) LIMIT ${mostKeySets + 2}`,
  );
  return rows.map((row) => JSON.parse(String(row['keys'])) as string[]).filter((set) => set.length > 0);
}

/** Whether what stands there is of the kind, or nothing at all. Each look into a row reads all of it again. */
function placeTest({ kind, path, value }: Place, sets: readonly (readonly string[])[]): string {
  const isMany = value === undefined;
  const types = `json_type(json, ${quoteText(path)})`;
  const wanted = kind === 'object' ? 'OBJECT' : 'ARRAY';
  const hasType = isMany
    ? `list_has_all(['${wanted}', 'NULL'], ${types})`
    : path === '$'
      ? `coalesce(${types} = 'OBJECT', false)`
      : `coalesce(${types} IN ('${wanted}', 'NULL'), true)`;
  if (kind === 'list') return isMany ? hasType : `CASE WHEN ${value} IS NOT NULL THEN true ELSE ${hasType} END`;
  const keys = `json_keys(json, ${quoteText(path)})`;
  const told = sets.map((set) => `[${set.map(quoteText).join(', ')}]::VARCHAR[]`).join(', ');
  if (told === '') return 'false';
  const hasKeys = isMany ? `list_has_all([${told}], ${keys})` : `${keys} IN (${told})`;
  const isEmpty = isMany ? `list_has_all([[]::VARCHAR[], ${told}], ${keys})` : `len(${keys}) = 0`;
  return `CASE WHEN ${hasKeys} THEN true ELSE ${hasType} AND ${isEmpty} END`;
}

/** NULL for nothing, else whether the text of a JSON value is of the kind: a text stands in quotes there. */
function valueTest({ kind }: JsonLeaf, values: LeafKind | undefined, { json, text }: Written): string {
  switch (kind) {
    case 'text': {
      const isText = `starts_with(${json}, '"')`;
      return values === undefined ? isText : `(${isText} AND ${leafTest(values, text)})`;
    }
    case 'number':
      return values === undefined ? 'false' : numberTest(values, json);
    case 'boolean':
      return `${json} IN ('true', 'false')`;
    default:
      return `${json} IS NULL`;
  }
}

// A number of JSON in so few characters has no more digits than a DOUBLE holds.
function numberTest(values: LeafKind, json: string): string {
  const test = leafTest(values, json);
  return values === 'double'
    ? `CASE WHEN strlen(${json}) <= 15 AND isfinite(TRY_CAST(${json} AS DOUBLE)) THEN true ELSE ${test} END`
    : test;
}

/** The shape as the engine's `json_transform` takes it, with JSON in every leaf. */
function textsOf(shape: JsonShape): unknown {
  if (shape.kind === 'list') return [textsOf(shape.element)];
  if (shape.kind === 'object')
    return Object.fromEntries(shape.fields.map((field) => [field.name, textsOf(field.shape)]));
  return 'JSON';
}
