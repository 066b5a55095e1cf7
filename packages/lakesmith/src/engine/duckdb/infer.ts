import { LakeError } from '../../core/errors.ts';
import type { Column, DataType } from '../../core/schema.ts';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import type { InferredColumn, InferRequest, TextFormat } from '../engine.ts';
import type { FormGroup } from '../text-forms.ts';
import { hasManyDigits, withExactNumbers } from './exact-numbers.ts';
import { jsonShape } from './json-shape.ts';
import type { Session } from './session.ts';
import { sourceCall } from './source-errors.ts';
import { refuseLooseJson } from './strict-json.ts';
import { csvGroups, readCsv, readJson } from './text-files.ts';
import type { Workspace } from './workspace.ts';
import { quoteFiles } from './file-names.ts';

/** A request whose files were looked at. */
interface GroupedRequest extends InferRequest {
  readonly groups: readonly FormGroup<{ readonly location: string }>[];
}

/** The columns of text files after the type policy: CSV and JSON by the same rules over the same texts. */
export async function inferColumns(
  session: Session,
  request: GroupedRequest,
  workspace: Workspace,
): Promise<readonly InferredColumn[]> {
  if (request.locations.length === 0) return [];
  return request.format.type === 'csv'
    ? await inferCsv(session, request, workspace)
    : await inferJson(session, request, workspace);
}

async function inferCsv(
  session: Session,
  request: InferRequest,
  workspace: Workspace,
): Promise<readonly InferredColumn[]> {
  const { format } = request;
  if (format.type !== 'csv') return [];
  const files = request.locations.map((location) => ({ location, label: location }));
  const groups = await csvGroups(files, format, workspace);
  const names = new Map<string, string>();
  for (const name of groups.flatMap((group) => group[0]?.layout.names ?? [])) {
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  const known = knownNames(request);
  const asked = [...names.values()].filter((name) => !known.has(name.toLowerCase()));
  const select = groups.map((group) => `SELECT * FROM ${readCsv(group, format)}`).join(' UNION ALL BY NAME ');
  const judged = new Map<string, Judgement>();
  const ask = async (columns: readonly string[], rows: number | undefined): Promise<void> => {
    const places = columns.map((name) => ({ value: quoteName(name), kinds: cellKinds }));
    const answers = places.length === 0 ? [] : await judge(session, select, rows, places);
    for (const [index, answer] of answers.entries()) judged.set(columns[index] ?? '', answer);
  };
  const unseen = (): readonly string[] => asked.filter((name) => judged.get(name)?.seen === false);
  await ask(asked, request.sampleRows);
  // Columns that no sampled row has a value for are looked for in all rows: one that is left out must have none.
  await ask(unseen(), undefined);
  const hasRows = unseen().length > 0 && (await session.rows(`SELECT 1 FROM (${select}) LIMIT 1`)).length > 0;
  return [...names.values()].map((name): InferredColumn => {
    const { kind, seen } = judged.get(name) ?? { kind: undefined, seen: true };
    return { name, type: kind ?? 'string', ...(seen || !hasRows ? {} : { valueless: true }) };
  });
}

function knownNames({ known = [] }: InferRequest): ReadonlySet<string> {
  return new Set(known.map((name) => name.toLowerCase()));
}

async function inferJson(
  session: Session,
  request: GroupedRequest,
  workspace: Workspace,
): Promise<readonly InferredColumn[]> {
  const groups: { readonly format: TextFormat; readonly locations: string[] }[] = [];
  for (const { format, files } of request.groups) {
    const locations: string[] = [];
    for (const { location } of files) {
      const read = await sourceCall(location, () =>
        withExactNumbers(location, () => workspace.folder(), hasManyDigits),
      );
      workspace.nameFile(read, location);
      locations.push(read);
    }
    groups.push({ format, locations });
  }
  const objects = groups
    .map(({ format, locations }) => {
      const form = format.type === 'json' ? 'array' : 'newline_delimited';
      return `SELECT json, filename FROM read_json_objects(${quoteFiles(locations)}, format = '${form}', filename = true)`;
    })
    .join(' UNION ALL ');
  const sample = limited(`SELECT json FROM (${objects})`, request.sampleRows);
  // Rows mostly look alike: one of each look is enough for the slower join of looks.
  const looks = `SELECT any_value(json) AS json FROM (${sample}) GROUP BY json_structure(json)`;
  const [row] = await session.rows(
    `SELECT CAST(json_group_structure(json) AS VARCHAR) AS structure, (SELECT CAST(json AS VARCHAR) FROM (${objects}) LIMIT 1) AS example FROM (${looks})`,
  );
  const structure = row?.['structure'];
  if (typeof structure !== 'string') return [];
  const shape = jsonShape(JSON.parse(structure), await exampleOf(String(row?.['example']), request));
  if (shape.kind !== 'object') {
    const [other] = await session.rows(
      `SELECT filename FROM (${objects}) WHERE json_type(json) IS DISTINCT FROM 'OBJECT' LIMIT 1`,
    );
    const place = other?.['filename'];
    const file = typeof place === 'string' ? workspace.labelOf(place) : (request.locations[0] ?? 'the file');
    throw new LakeError('LS2001', `${file} does not hold one JSON object per row`, { context: { file } });
  }
  const fields = shape.fields.map(({ name, shape: whole }) => {
    const valueless = isValueless(whole);
    return { name, valueless, shape: valueless ? whole : withValues(whole) };
  });
  const columns = fields.map((field): Column => ({ name: field.name, type: textType(field.shape) }));
  const known = knownNames(request);
  const places = fields.flatMap(({ name, shape: inner }) =>
    // Numbers are judged all the same, for what is no JSON shows there; and what lies deeper may have new fields.
    known.has(name.toLowerCase()) && inner.kind === 'text'
      ? [{ value: quoteName(name), kinds: [] }]
      : leavesOf(inner, quoteName(name), 0),
  );
  const select = groups
    .map(({ format, locations }) => `SELECT * FROM ${readJson(locations, columns, format)}`)
    .join(' UNION ALL ');
  const judged = await judge(session, select, request.sampleRows, places);
  const strange = judged.some(
    ({ kind, seen }, index) => seen && kind === undefined && places[index]?.kinds === kindsOfShape['number'],
  );
  if (strange) await refuseLooseJson(request.groups);
  const kinds = judged.map(({ kind }) => kind);
  const next = kinds[Symbol.iterator]();
  return fields.map(({ name, shape: inner, valueless }): InferredColumn => ({
    name,
    type: typeOf(inner, next),
    ...(valueless ? { valueless } : {}),
  }));
}

/** The first row, for the order of its keys. */
async function exampleOf(text: string, request: GroupedRequest): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    await refuseLooseJson(request.groups);
    throw error;
  }
}

function limited(select: string, rows: number | undefined): string {
  return rows === undefined ? select : `${select} LIMIT ${rows}`;
}

type LeafKind = 'long' | 'double' | 'boolean' | 'date' | 'timestamp';

const cellKinds: readonly LeafKind[] = ['long', 'double', 'boolean', 'date', 'timestamp'];

/** A place with single values: an expression that gives the value, or a test over the values of a list. */
interface Leaf {
  readonly value: string;
  readonly kinds: readonly LeafKind[];
  /** Makes of a test of one value the test of the whole place. */
  readonly over?: (test: (value: string) => string) => string;
}

interface Judgement {
  /** The first kind that all values are of; undefined: text. */
  readonly kind: LeafKind | undefined;
  readonly seen: boolean;
}

// What a kind is not shows soon, and looking costs: only what is left after these rows is looked for in all of them.
const firstRows = 10_000;

/** For each place the first kind that all its values are of (undefined: text), and whether it has any value. */
async function judge(
  session: Session,
  select: string,
  rows: number | undefined,
  leaves: readonly Leaf[],
): Promise<readonly Judgement[]> {
  const first = await testKinds(session, limited(select, Math.min(rows ?? firstRows, firstRows)), leaves);
  const left = leaves.map((leaf, index) => ({
    ...leaf,
    kinds: leaf.kinds.filter((kind) => first[index]?.get(kind) !== false),
  }));
  const all = rows !== undefined && rows <= firstRows ? first : await testKinds(session, limited(select, rows), left);
  return left.map((leaf, index) => ({
    kind: leaf.kinds.find((kind) => all[index]?.get(kind) === true),
    seen: [first[index], all[index]].some((tests) => [...(tests?.values() ?? [])].some((test) => test !== null)),
  }));
}

/** For each place, whether all its values are of a kind; null when there is no value. */
async function testKinds(
  session: Session,
  select: string,
  leaves: readonly Leaf[],
): Promise<readonly ReadonlyMap<LeafKind, unknown>[]> {
  const tests = leaves.flatMap((leaf, index) =>
    leaf.kinds.map((kind) => {
      const test = leaf.over === undefined ? leafTest(kind, leaf.value) : leaf.over((value) => leafTest(kind, value));
      return `bool_and(${test}) AS ${quoteName(`${index} ${kind}`)}`;
    }),
  );
  const [row = {}] = tests.length === 0 ? [] : await session.rows(`SELECT ${tests.join(', ')} FROM (${select})`);
  return leaves.map((leaf, index) => new Map(leaf.kinds.map((kind) => [kind, row[`${index} ${kind}`]])));
}

const number = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const date = String.raw`\d{4}-\d\d-\d\d`;
const time = String.raw`[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6}0*)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?`;

/** NULL for NULL, so that it says nothing about the others; else true or false. */
function leafTest(kind: LeafKind, value: string): string {
  return `CASE WHEN ${value} IS NOT NULL THEN coalesce(${valueTest(kind, value)}, false) END`;
}

function valueTest(kind: LeafKind, value: string): string {
  switch (kind) {
    case 'long':
      return `(CAST(TRY_CAST(${value} AS BIGINT) AS VARCHAR) = ${value} OR ${value} = '-0')`;
    case 'double':
      return doubleTest(value);
    case 'boolean':
      return `(lower(${value}) IN ('true', 'false'))`;
    case 'date':
      return `(regexp_full_match(${value}, ${quoteText(date)}) AND TRY_CAST(${value} AS DATE) IS NOT NULL)`;
    case 'timestamp':
      return `(regexp_full_match(${value}, ${quoteText(date + time)}) AND TRY_CAST(${value} AS TIMESTAMPTZ) IS NOT NULL)`;
  }
}

// Not infinite, not more digits than a DOUBLE needs, and whole numbers no larger than a DOUBLE can count.
function doubleTest(value: string): string {
  const cast = `TRY_CAST(${value} AS DOUBLE)`;
  const digits = `length(trim(regexp_replace(regexp_replace(${value}, '[eE].*$', ''), '[-.]', '', 'g'), '0'))`;
  const whole = `(NOT regexp_full_match(${value}, '-?\\d{16,}') OR abs(TRY_CAST(${value} AS HUGEINT)) <= 9007199254740992)`;
  const closely = `(regexp_full_match(${value}, ${quoteText(number)}) AND isfinite(${cast}) AND (${digits} <= 17 OR regexp_full_match(${value}, '-?\\d+')) AND ${whole})`;
  // What comes back as the same short text needs no closer look.
  return `CASE WHEN length(${value}) <= 17 AND isfinite(${cast}) AND CAST(${cast} AS VARCHAR) = ${value} THEN true ELSE ${closely} END`;
}

type JsonShape = ReturnType<typeof jsonShape>;

/** True where no row holds anything that tells a type: nulls and empty lists. */
function isValueless(shape: JsonShape): boolean {
  if (shape.kind === 'list') return isValueless(shape.element);
  return shape.kind === 'object' ? shape.fields.every((field) => isValueless(field.shape)) : shape.kind === 'nothing';
}

/** The shape without the fields that hold nothing. */
function withValues(shape: JsonShape): JsonShape {
  if (shape.kind === 'list') return { kind: 'list', element: withValues(shape.element) };
  if (shape.kind !== 'object') return shape;
  return {
    kind: 'object',
    fields: shape.fields
      .filter((field) => !isValueless(field.shape))
      .map((field) => ({ name: field.name, shape: withValues(field.shape) })),
  };
}

const kindsOfShape: Readonly<Record<string, readonly LeafKind[]>> = {
  number: ['long', 'double'],
  text: ['date', 'timestamp'],
};

/** The shape as a type with text in every leaf. */
function textType(shape: JsonShape): DataType {
  if (shape.kind === 'list') return { type: 'array', elementType: textType(shape.element), containsNull: true };
  if (shape.kind !== 'object') return 'string';
  return {
    type: 'struct',
    fields: shape.fields.map((field) => ({
      name: field.name,
      type: textType(field.shape),
      nullable: true,
      metadata: {},
    })),
  };
}

function leavesOf(shape: JsonShape, value: string, depth: number, over?: Leaf['over']): Leaf[] {
  if (shape.kind === 'list') {
    const item = `_v${depth}`;
    const inList = (test: (inner: string) => string): string => {
      const inner = `list_bool_and(list_transform(${value}, lambda ${item}: ${test(item)}))`;
      return inner;
    };
    return leavesOf(shape.element, item, depth + 1).map((leaf) => {
      const inner = leaf.over ?? ((test: (text: string) => string): string => test(leaf.value));
      return { ...leaf, over: (test): string => inList(() => inner(test)) };
    });
  }
  if (shape.kind === 'object') {
    return shape.fields.flatMap((field) =>
      leavesOf(field.shape, `struct_extract(${value}, ${quoteText(field.name)})`, depth, over),
    );
  }
  return [{ value, kinds: kindsOfShape[shape.kind] ?? [], ...(over === undefined ? {} : { over }) }];
}

/** The shape as a type; `judged` gives the kinds of its leaves in the order of `leavesOf`. */
function typeOf(shape: JsonShape, judged: Iterator<LeafKind | undefined>): DataType {
  if (shape.kind === 'list') return { type: 'array', elementType: typeOf(shape.element, judged), containsNull: true };
  if (shape.kind === 'object') {
    return {
      type: 'struct',
      fields: shape.fields.map((field) => ({
        name: field.name,
        type: typeOf(field.shape, judged),
        nullable: true,
        metadata: {},
      })),
    };
  }
  const kind = judged.next().value;
  if (shape.kind === 'boolean') return 'boolean';
  return kind ?? 'string';
}
