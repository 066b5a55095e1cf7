import type { Column, StructField } from '../../core/schema.ts';
import { quoteFiles, quoteName, quoteText } from '../../core/sql-text.ts';
import { LakeError } from '../../core/errors.ts';
import type { Relation, RelationFile } from '../engine.ts';
import { rowPlacesOf } from '../row-places.ts';
import { findField, holdsVariant, readShapes } from './parquet-shape.ts';
import type { ShapeGroup } from './parquet-shape.ts';
import { fieldId, nullOf, tableValue } from './parquet-value.ts';
import { partitionSql } from './partition-value.ts';
import { rowCondition } from './row-choice.ts';
import type { Session } from './session.ts';
import { registerVariant } from './variant.ts';

type ParquetRelation = Extract<Relation, { kind: 'parquet' }>;

/** A file and its place in the relation. */
interface PlacedFile extends RelationFile {
  readonly index: number;
}

/** A column of the relation, and the field of the files that it is read from. */
interface PlacedColumn extends Column {
  readonly stored: StructField;
  readonly isPartition: boolean;
}

/** Files of one shape, which are read by one call. */
interface Part {
  readonly files: readonly PlacedFile[];
  readonly shape: ShapeGroup;
}

/**
 * A SELECT over exactly the rows and columns of the relation's files. The files' own schemas are looked at first: by itself the
 * engine would round a fraction to fit a whole number, read a time without zone in the zone of the session, fail on a struct none
 * of whose fields are there, and know no ids inside of structs.
 */
export async function parquetSql(session: Session, relation: ParquetRelation): Promise<string> {
  const columns = placedColumns(relation);
  if (columns.some((column) => holdsVariant(column.type))) registerVariant(session.connection);
  const selects: string[] = [];
  for (const part of await partsOf(session, relation)) {
    selects.push(await readSql(session, part, { columns, relation }));
  }
  return selects.join(' UNION ALL ');
}

function placedColumns(relation: ParquetRelation): readonly PlacedColumn[] {
  const partitions = new Set((relation.partitionColumns ?? []).map((name) => name.toLowerCase()));
  return relation.columns.map((column, i) => ({
    ...column,
    stored: relation.stored?.fields[i] ?? { ...column, nullable: true, metadata: {} },
    isPartition: partitions.has(column.name.toLowerCase()),
  }));
}

async function partsOf(session: Session, relation: ParquetRelation): Promise<readonly Part[]> {
  const files = relation.files.map((file, index): PlacedFile => ({ ...file, index }));
  const shapes = await readShapes(
    session,
    files.map((file) => file.location),
  );
  const byShape = new Map<ShapeGroup, PlacedFile[]>();
  for (const file of files) {
    const shape = shapes.get(file.location);
    if (shape === undefined)
      throw new LakeError(
        'LS3004',
        `The data file ${file.location} is no file: restore it or an older version of the table.`,
      );
    const alike = byShape.get(shape);
    if (alike === undefined) byShape.set(shape, [file]);
    else alike.push(file);
  }
  // Files without a choice of rows stand apart: there the engine need not count them.
  return [...byShape].flatMap(([shape, alike]) =>
    [alike.filter((file) => file.rows === undefined), alike.filter((file) => file.rows !== undefined)]
      .filter((some) => some.length > 0)
      .map((some): Part => ({ files: some, shape })),
  );
}

async function readSql(
  session: Session,
  { files, shape }: Part,
  { columns, relation }: { readonly columns: readonly PlacedColumn[]; readonly relation: ParquetRelation },
): Promise<string> {
  const names = engineNames(shape);
  const items = columns.map(
    (column) => `${valueSql(column, files, { shape, relation, names })} AS ${quoteName(column.name)}`,
  );
  const places = rowPlacesOf(relation.rowPositions);
  if (places !== undefined)
    items.push(`${placeSql(files)} AS ${quoteName(places.file)}`, `file_row_number AS ${quoteName(places.position)}`);
  const list = quoteFiles(files.map((file) => file.location));
  const reading = names === undefined ? '' : renamed(shape, names);
  const condition = await rowCondition(session, files);
  const where = condition === undefined ? '' : ` WHERE ${condition}`;
  return `SELECT ${items.join(', ')} FROM read_parquet(${list}, hive_partitioning = false${reading}) AS _files${where}`;
}

/** What the engine itself calls the number of a file and of a row in it. */
const counters: ReadonlySet<string> = new Set(['file_index', 'file_row_number']);

/** Other names for the columns of files that have one which is called like a counter; undefined when there is none. */
function engineNames({ fields }: ShapeGroup): ReadonlyMap<string, string> | undefined {
  return fields.some(({ name }) => counters.has(name.toLowerCase()))
    ? new Map(fields.map(({ name }, i) => [name, `_column${i}`]))
    : undefined;
}

function renamed({ fields }: ShapeGroup, names: ReadonlyMap<string, string>): string {
  const entries = fields.map(
    ({ name, engineType }) =>
      `${quoteText(name)}: {name: ${quoteText(names.get(name) ?? name)}, type: ${quoteText(engineType)}, default_value: NULL}`,
  );
  return `, schema = MAP {${entries.join(', ')}}`;
}

function valueSql(
  column: PlacedColumn,
  files: readonly PlacedFile[],
  {
    shape,
    relation,
    names,
  }: {
    readonly shape: ShapeGroup;
    readonly relation: ParquetRelation;
    readonly names: ReadonlyMap<string, string> | undefined;
  },
): string {
  if (column.isPartition) return partitionSql(column, files, 'file_index');
  const resolve = relation.stored?.resolve ?? 'name';
  const found = findField(shape.fields, { name: column.stored.name, id: fieldId(column.stored) }, resolve);
  if (found === undefined) return nullOf(column.type);
  const refuse = (held: string): LakeError => otherType(column, held, files[0]?.location ?? '');
  return tableValue(quoteName(names?.get(found.name) ?? found.name), found.type, {
    column: column.name,
    type: column.type,
    stored: column.stored.type,
    resolve,
    refuse,
  });
}

function otherType(column: PlacedColumn, held: string, file: string): LakeError {
  return new LakeError(
    'LS3004',
    `The column ${column.name} cannot be read: the data file ${file} holds ${held} in it, which is not what the table's schema says; the table is damaged.`,
    { context: { column: column.name, file } },
  );
}

function placeSql(files: readonly PlacedFile[]): string {
  const inOrder = files.every((file, position) => file.index === position);
  return inOrder
    ? 'CAST(file_index AS BIGINT)'
    : `CAST([${files.map((file) => file.index).join(', ')}][CAST(file_index AS BIGINT) + 1] AS BIGINT)`;
}
