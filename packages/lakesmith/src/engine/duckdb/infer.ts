import { isDeepStrictEqual } from 'node:util';
import type { Column, DataType } from '../../core/schema.ts';
import { quoteFiles, quoteName } from '../../core/sql-text.ts';
import type { InferredColumn, InferRequest, TextFormat } from '../engine.ts';
import type { FormGroup } from '../text-forms.ts';
import { isNoDouble, withExactNumbers } from './exact-numbers.ts';
import type { SeenRows } from './json-cover.ts';
import { areAllLike } from './json-cover.ts';
import type { JsonShape } from './json-shape.ts';
import { jsonShape, UnfitKey } from './json-shape.ts';
import type { LeafKind } from './leaf-kinds.ts';
import { leafTest } from './leaf-kinds.ts';
import type { JsonLeaf, Leaf } from './json-leaves.ts';
import { kindsOfShape, leavesOf } from './json-leaves.ts';
import type { Session } from './session.ts';
import { sourceCall } from './source-errors.ts';
import { hasKey, isNoObject, refuseRow } from './refuse-rows.ts';
import { refuseLooseJson } from './strict-json.ts';
import { csvGroups, readCsv, readJson } from './text-files.ts';
import type { Workspace } from './workspace.ts';

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
      const read = await sourceCall(location, () => withExactNumbers(location, () => workspace.folder(), isNoDouble));
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
  const files: JsonFiles = { request, groups, objects };
  if (request.sampleRows !== undefined) return (await lookAt(session, files, request.sampleRows)).columns;
  // Rows mostly look alike. To see that all are like the first takes a third of looking at all of them.
  const first = await lookAt(session, files, firstLook);
  if (first.rows < firstLook) return first.columns;
  const isEnough =
    first.seen !== undefined && (await areAllLike(session, { objects, sample: firstLook, ...first.seen }));
  return isEnough ? first.columns : (await lookAt(session, files, undefined)).columns;
}

/** Rows by which it is said what the others should be. */
const firstLook = 20_000;

/** Files of JSON that can be read. */
interface JsonFiles {
  readonly request: GroupedRequest;
  readonly groups: readonly { readonly format: TextFormat; readonly locations: readonly string[] }[];
  /** A SELECT of their rows, each as its JSON and its file. */
  readonly objects: string;
}

/** What is said of some rows, and by how many. */
interface JsonLook {
  readonly columns: readonly InferredColumn[];
  /** What else has to be known to see that other rows are like them; undefined: they are too few, or not alike themselves. */
  readonly seen?: SeenRows;
  readonly rows: number;
}

async function lookAt(
  session: Session,
  { request, groups, objects }: JsonFiles,
  most: number | undefined,
): Promise<JsonLook> {
  const sample = limited(`SELECT json FROM (${objects})`, most);
  // Rows mostly look alike: one of each look is enough for the slower join of looks.
  const looks = `SELECT any_value(json) AS json, count(*) AS rows FROM (${sample}) GROUP BY json_structure(json)`;
  const [row] = await session.rows(
    `SELECT CAST(json_group_structure(json) AS VARCHAR) AS structure, sum(rows) AS rows, bool_or(coalesce(json_type(json) = 'NULL', true)) AS has_null, (SELECT CAST(json AS VARCHAR) FROM (${objects}) LIMIT 1) AS example FROM (${looks})`,
  );
  const structure = row?.['structure'];
  if (typeof structure !== 'string') return { columns: [], rows: 0 };
  const shape = await shapeOf(JSON.parse(structure), await exampleOf(String(row?.['example']), request), request);
  // A null is of every shape.
  if (shape.kind !== 'object' || row?.['has_null'] === true)
    return await refuseRow(
      request.groups,
      isNoObject,
      'each row has to be a JSON object, and this is none',
      'no row has a key, so that there is no column',
    );
  const fields = shape.fields.map(({ name, shape: whole }) => {
    const valueless = isValueless(whole);
    return { name, valueless, shape: valueless ? whole : withValues(whole) };
  });
  const columns = fields.map((field): Column => ({ name: field.name, type: textType(field.shape) }));
  const known = knownNames(request);
  const places = fields.flatMap(({ name, shape: inner }): readonly JsonLeaf[] =>
    // Numbers are judged all the same, for what is no JSON shows there; and what lies deeper may have new fields.
    known.has(name.toLowerCase()) && inner.kind === 'text'
      ? [{ value: quoteName(name), kind: inner.kind, kinds: [] }]
      : leavesOf(inner, quoteName(name), 0),
  );
  const select = groups
    .map(({ format, locations }) => `SELECT * FROM ${readJson(locations, columns, format)}`)
    .join(' UNION ALL ');
  const judged = await judge(session, select, most, places);
  const strange = judged.some(
    ({ kind, seen }, index) => seen && kind === undefined && places[index]?.kinds === kindsOfShape['number'],
  );
  if (strange) await refuseLooseJson(request.groups);
  const kinds = judged.map(({ kind }) => kind);
  const next = kinds[Symbol.iterator]();
  const inferred = fields.map(({ name, shape: inner, valueless }): InferredColumn => ({
    name,
    type: typeOf(inner, next),
    ...(valueless ? { valueless } : {}),
  }));
  // What held nothing in these rows may hold something in others.
  const isWhole = fields.every((field, i) => isDeepStrictEqual(field.shape, shape.fields[i]?.shape));
  const settled = judged.map((one, i) => ({ kind: one.kind, settled: one.seen || places[i]?.kinds.length === 0 }));
  const seen = isWhole && settled.every((one) => one.settled) ? { shape, kinds } : undefined;
  return { columns: inferred, rows: Number(row?.['rows'] ?? 0), ...(seen === undefined ? {} : { seen }) };
}

async function shapeOf(structure: unknown, example: unknown, request: GroupedRequest): Promise<JsonShape> {
  try {
    return jsonShape(structure, example);
  } catch (error) {
    if (!(error instanceof UnfitKey)) throw error;
    return await refuseRow(request.groups, (row) => hasKey(row, error.key), error.message);
  }
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

const cellKinds: readonly LeafKind[] = ['long', 'double', 'boolean', 'date', 'timestamp'];

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
