import { statSync } from 'node:fs';
import { systemErrorCode } from '../../core/platform.ts';
import type { Column, DataType } from '../../core/schema.ts';
import { LakeError } from '../../core/errors.ts';
import { toEngineType } from '../../core/type-policy.ts';
import { parseTypeText } from '../../core/type-text.ts';
import type { TypeText } from '../../core/type-text.ts';
import { quoteFiles } from '../../core/sql-text.ts';
import { readFailure } from './errors.ts';
import { fileError } from './parquet-errors.ts';
import { guardParquet } from './parquet-guard.ts';
import type { Session } from './session.ts';

/** What a Parquet file holds, as the engine reads it, with the ids of its fields. */
export type Shape =
  | { readonly kind: 'scalar'; readonly type: string }
  | { readonly kind: 'list'; readonly element: Shape }
  | { readonly kind: 'map'; readonly key: Shape; readonly value: Shape }
  | { readonly kind: 'struct'; readonly fields: readonly ShapeField[] };

export interface ShapeField {
  readonly name: string;
  readonly id: number | undefined;
  readonly type: Shape;
}

/** A column of a file, with its type in the engine's words. */
interface ShapeColumn extends ShapeField {
  readonly engineType: string;
}

/** What files of one kind hold. */
export interface ShapeGroup {
  readonly fields: readonly ShapeColumn[];
}

/** The engine cuts instants in nanoseconds to microseconds when it reads them, and says nothing of it. */
export const zonedNanoseconds = 'TIMESTAMP_NS WITH TIME ZONE';

const facts =
  'name, type, type_length, repetition_type, num_children, converted_type, scale, precision, field_id, logical_type';

/** Files that were looked at or written, as they were then; what files of each look hold; and the one group of each content. */
const seen = new Map<string, { readonly identity: string; readonly group: ShapeGroup }>();
const looks = new Map<string, ShapeGroup>();
const groups = new Map<string, ShapeGroup>();
/** Looking at a file again costs little; remembering every file ever read would not. */
const mostSeen = 50_000;

/** Looks into the files' own schemas: what each holds, by its location. Files that are alike share one group. */
export async function readShapes(
  session: Session,
  locations: readonly string[],
): Promise<ReadonlyMap<string, ShapeGroup>> {
  const shapes = new Map<string, ShapeGroup>();
  const fresh = new Map<string, string | undefined>();
  for (const location of locations) {
    const identity = identityOf(location);
    const known = seen.get(location);
    if (identity !== undefined && known?.identity === identity) shapes.set(location, known.group);
    else fresh.set(location, identity);
  }
  if (fresh.size === 0) return shapes;
  guardParquet(fresh.keys());
  for (const { group, files } of await groupsOf(session, [...fresh.keys()])) {
    for (const file of files) {
      shapes.set(file, group);
      remember(file, fresh.get(file), group);
    }
  }
  return shapes;
}

async function groupsOf(
  session: Session,
  locations: readonly string[],
): Promise<readonly { readonly group: ShapeGroup; readonly files: readonly string[] }[]> {
  const [only = ''] = locations;
  // Whether files are alike takes longer to find out than what one of them holds.
  if (locations.length === 1) return [{ group: sharedGroup(await shapeOfAny(session, only)), files: [only] }];
  const found: { group: ShapeGroup; files: readonly string[] }[] = [];
  for (const { look, files } of await alikeFiles(session, locations)) {
    const group = looks.get(look) ?? sharedGroup(await shapeOf(session, files[0] ?? ''));
    looks.set(look, group);
    found.push({ group, files });
  }
  return found;
}

async function shapeOfAny(session: Session, location: string): Promise<readonly ShapeColumn[]> {
  try {
    return await shapeOf(session, location);
  } catch (error) {
    throw await damagedFile(session, [location], error);
  }
}

/** Remembers what a file holds that was just written with these columns, when that is plain enough to be sure of. */
export function rememberShape(
  location: string,
  columns: readonly Column[],
  ids: Readonly<Record<string, number>>,
): void {
  const isPlain = columns.every(({ type }) => typeof type === 'string' && type !== 'variant' && type !== 'void');
  if (!isPlain) return;
  const fields = columns.map(({ name, type }): ShapeColumn => {
    const engineType = toEngineType(type);
    const parsed = parseTypeText(engineType) ?? { kind: 'scalar', name: 'UNKNOWN', parameters: [] };
    return { name, id: ids[name], type: align(parsed, undefined), engineType };
  });
  remember(location, identityOf(location), sharedGroup(fields));
}

function remember(location: string, identity: string | undefined, group: ShapeGroup): void {
  if (identity === undefined) return;
  if (seen.size + looks.size + groups.size > mostSeen) for (const known of [seen, looks, groups]) known.clear();
  seen.set(location, { identity, group });
}

/** Files that are alike in what counts here share a group, whatever else is in their schemas. */
function sharedGroup(fields: readonly ShapeColumn[]): ShapeGroup {
  const content = JSON.stringify(fields);
  const group = groups.get(content) ?? { fields };
  groups.set(content, group);
  return group;
}

/** Another one when the file was replaced; undefined when it cannot be told. */
function identityOf(location: string): string | undefined {
  try {
    const { size, mtimeNs, ino } = statSync(location, { bigint: true });
    return `${size}-${mtimeNs}-${ino}`;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

async function alikeFiles(
  session: Session,
  locations: readonly string[],
): Promise<readonly { readonly look: string; readonly files: readonly string[] }[]> {
  try {
    const rows = await session.rows(
      `SELECT look, CAST(to_json(list(file_name)) AS VARCHAR) AS files FROM (
         SELECT file_name, md5(string_agg(concat_ws('|', column_id, ${nullable(facts)}), chr(10) ORDER BY column_id)) AS look
         FROM parquet_schema(${quoteFiles(locations)}) GROUP BY file_name) GROUP BY look`,
    );
    return rows.map(({ look, files }) => ({ look: String(look), files: JSON.parse(String(files)) }));
  } catch (error) {
    throw await damagedFile(session, locations, error);
  }
}

/** The engine does not always say which file it failed at. */
async function damagedFile(session: Session, locations: readonly string[], error: unknown): Promise<unknown> {
  if (!(error instanceof LakeError) || error.code !== 'LS2101') return error;
  for (const location of locations) {
    try {
      await session.rows(`SELECT count(*) FROM parquet_schema(${quoteFiles([location])})`);
    } catch (cause) {
      return cause instanceof LakeError && cause.code === 'LS2101'
        ? fileError(location, readFailure(cause.cause).message, cause.cause)
        : cause;
    }
  }
  return error;
}

/** True when a value of type variant is somewhere in a value of this type. */
export function holdsVariant(type: DataType): boolean {
  if (typeof type === 'string') return type === 'variant';
  if (type.type === 'array') return holdsVariant(type.elementType);
  if (type.type === 'map') return holdsVariant(type.keyType) || holdsVariant(type.valueType);
  return type.fields.some((field) => holdsVariant(field.type));
}

function nullable(names: string): string {
  return names
    .split(', ')
    .map((name) => `coalesce(CAST(${name} AS VARCHAR), '')`)
    .join(', ');
}

async function shapeOf(session: Session, location: string): Promise<readonly ShapeColumn[]> {
  const list = quoteFiles([location]);
  const described = await session.rows(`DESCRIBE SELECT * FROM read_parquet(${list}, hive_partitioning = false)`);
  const rows = await session.rows(
    `SELECT name, repetition_type, coalesce(num_children, 0) AS children, field_id, coalesce(logical_type, '') AS logical FROM parquet_schema(${list}) ORDER BY column_id`,
  );
  const root = nodeOf(rows[Symbol.iterator]());
  const twin = twinIn(root?.children ?? []);
  if (twin !== undefined) throw fileError(location, `more than one of its columns is called ${twin}`, undefined);
  return described.map((column, index) => {
    const engineType = String(column['column_type']);
    const type = parseTypeText(engineType) ?? { kind: 'scalar', name: 'UNKNOWN', parameters: [] };
    const node = root?.children[index];
    return { name: String(column['column_name']), id: node?.id, type: align(type, node), engineType };
  });
}

/** A name that the engine cannot tell from one before it: it knows no case of the letters of ASCII. */
function twinIn(nodes: readonly Node[]): string | undefined {
  const names = new Set<string>();
  return nodes.find(({ name }) => {
    const { size } = names;
    return names.add(name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())).size === size;
  })?.name;
}

/** An element of the file's schema. */
interface Node {
  readonly name: string;
  readonly id: number | undefined;
  readonly repeated: boolean;
  readonly inNanoseconds: boolean;
  readonly children: readonly Node[];
}

function nodeOf(rows: Iterator<Record<string, unknown>>): Node | undefined {
  const { value: row, done } = rows.next();
  if (done === true) return undefined;
  const { name, repetition_type: repetition, children: count, field_id: id, logical } = row;
  const children: Node[] = [];
  for (let i = 0; i < Number(count); i += 1) {
    const child = nodeOf(rows);
    if (child !== undefined) children.push(child);
  }
  return {
    name: String(name),
    id: id === null ? undefined : Number(id),
    repeated: repetition === 'REPEATED',
    inNanoseconds: String(logical).includes('NANOS=NanoSeconds'),
    children,
  };
}

function align(type: TypeText, node: Node | undefined): Shape {
  switch (type.kind) {
    case 'scalar':
      return { kind: 'scalar', type: scalarOf(textOf(type), node) };
    case 'struct':
      return {
        kind: 'struct',
        fields: type.fields.map(({ name, type: inner }, index) => {
          const child = node?.children[index];
          return { name, id: child?.id, type: align(inner, child) };
        }),
      };
    case 'list':
      return { kind: 'list', element: align(type.element, elementOf(type.element, node)) };
    case 'map': {
      const entry = node?.children[0];
      return { kind: 'map', key: align(type.key, entry?.children[0]), value: align(type.value, entry?.children[1]) };
    }
  }
}

function scalarOf(engineType: string, node: Node | undefined): string {
  return engineType === 'TIMESTAMP WITH TIME ZONE' && node?.inNanoseconds === true ? zonedNanoseconds : engineType;
}

/** Lists have three levels as a rule, two when an old program wrote them, and one when a field just repeats. */
function elementOf(element: TypeText, node: Node | undefined): Node | undefined {
  const [inner] = node?.children ?? [];
  if (node === undefined || inner === undefined || node.repeated) return node;
  const fields = element.kind === 'struct' ? element.fields.map((field) => field.name) : [];
  const isElement = inner.children.length !== 1 || (fields.length === 1 && fields[0] === inner.children[0]?.name);
  return isElement && inner.children.length > 0 && fields.length > 0 ? inner : (inner.children[0] ?? inner);
}

function textOf({ name, parameters }: Extract<TypeText, { kind: 'scalar' }>): string {
  return parameters.length === 0 ? name : `${name}(${parameters.join(',')})`;
}

/** A field of a file: by its id, if it has one and ids count; else by its name, as it is written or else in any case. */
export function findField<Field extends ShapeField>(
  fields: readonly Field[],
  wanted: { readonly name: string; readonly id: number | undefined },
  resolve: 'name' | 'id',
): Field | undefined {
  if (resolve === 'id' && wanted.id !== undefined) return fields.find((field) => field.id === wanted.id);
  const lower = wanted.name.toLowerCase();
  return fields.find(({ name }) => name === wanted.name) ?? fields.find(({ name }) => name.toLowerCase() === lower);
}
