import { quoteFiles, quoteName, quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import { parseTypeText } from '../../core/type-text.ts';
import type { PackedParquet, PackedRequest, PackedRows } from '../engine.ts';
import { duckdb } from './library.ts';
import { guardParquet } from './parquet-guard.ts';
import { readRowsWhere, rowsOrFileError } from './parquet-rows.ts';
import type { Session } from './session.ts';

/** Rows of one block. */
const together = 8192;

/** Undefined when a row of the column has other fields than these, or lacks one, or the texts could not be told apart. */
export async function readPackedRows(session: Session, request: PackedRequest): Promise<PackedParquet | undefined> {
  const { location, column, texts } = request;
  guardParquet([location]);
  return await rowsOrFileError(location, async () => {
    const source = `read_parquet(${quoteFiles([location])}, hive_partitioning = false)`;
    const types = await typesOf(session, `SELECT * FROM ${source}`);
    if (types.has('file_row_number') || !(await isAsAsked(session, source, { types, request }))) return undefined;
    // Told by one field: the engine would read the whole struct to see whether it is there.
    const key = fieldSql(column, texts[0]?.name ?? '');
    const packed = await readBlocks(session, `${source} WHERE ${key} IS NOT NULL`, request);
    if (packed === undefined) return undefined;
    types.delete(column);
    const columns = [...types].map(([name, type]) => ({ name, type }));
    const rows =
      columns.length === 0 ? [] : await readRowsWhere(session, { source, columns, condition: `${key} IS NULL` });
    return rows === undefined ? undefined : { rows, packed };
  });
}

async function typesOf(session: Session, query: string): Promise<Map<string, string>> {
  const described = await session.rows(`DESCRIBE ${query}`);
  return new Map(described.map((of) => [String(of['column_name']), String(of['column_type'])]));
}

/** Whether the fields have these types, no row with the first field has anything else, and no row without it any of these. */
async function isAsAsked(
  session: Session,
  source: string,
  { types, request }: { readonly types: ReadonlyMap<string, string>; readonly request: PackedRequest },
): Promise<boolean> {
  const { column, texts, bytes } = request;
  const struct = parseTypeText(types.get(column) ?? '');
  const names = struct?.kind === 'struct' ? struct.fields.map(({ name }) => name) : [];
  const known = [...texts, { name: bytes, type: 'string' as const }];
  if (!known.every(({ name }) => names.includes(name))) return false;
  const items = known.map(({ name }) => `${fieldSql(column, name)} AS ${quoteName(name)}`);
  const held = await typesOf(session, `SELECT ${items.join(', ')} FROM ${source}`);
  if (!known.every(({ name, type }) => held.get(name) === toEngineType(type))) return false;
  const others = [...types].filter(([name]) => name !== column).map(([name, type]) => firstLeaf(name, type));
  others.push(...names.filter((name) => !held.has(name)).map((name) => fieldSql(column, name)));
  const [key = '', ...fields] = texts.map(({ name }) => fieldSql(column, name));
  const count = (condition: string, values: readonly string[]): string =>
    values.length === 0
      ? '0'
      : `count(*) FILTER (WHERE ${condition} AND (${values.map((value) => `${value} IS NOT NULL`).join(' OR ')}))`;
  const sql = `SELECT ${count(`${key} IS NOT NULL`, others)} + ${count(`${key} IS NULL`, fields)} AS wrong FROM ${source}`;
  const [row] = await session.rows(sql);
  return Number(row?.['wrong']) === 0;
}

/** For each block: its rows, for each field how many have it and their texts, and the bytes. */
function itemsOf({ column, texts, bytes }: PackedRequest): string[] {
  const items = ['count(*)'];
  for (const { name, type } of texts) {
    const value = fieldSql(column, name);
    items.push(
      `count(${value})`,
      `string_agg(CAST(${typeof type === 'string' ? value : `to_json(${value})`} AS VARCHAR), chr(28))`,
    );
  }
  const last = fieldSql(column, bytes);
  const isAmbiguous = `coalesce(bool_or(contains(${last}, chr(28))), false)`;
  return [...items, `count(${last})`, `encode(string_agg(${last}, chr(28)))`, isAmbiguous];
}

function fieldSql(column: string, field: string): string {
  return `struct_extract(${quoteName(column)}, ${quoteText(field)})`;
}

/** What a column has when it has anything: no action is without its first field. */
function firstLeaf(column: string, type: string): string {
  const parsed = parseTypeText(type);
  const [first] = parsed?.kind === 'struct' ? parsed.fields : [];
  return first === undefined ? quoteName(column) : fieldSql(column, first.name);
}

async function readBlocks(session: Session, source: string, request: PackedRequest): Promise<PackedRows[] | undefined> {
  return await session.guard(async () => {
    const sql = `SELECT ${itemsOf(request).join(', ')} FROM ${source} GROUP BY file_row_number // ${together}`;
    const blocks: PackedRows[] = [];
    for await (const chunk of await session.connection.stream(sql)) {
      for (const values of chunk.getRows()) {
        const block = blockOf(values, request);
        if (block === undefined) return undefined;
        blocks.push(block);
      }
    }
    return blocks;
  });
}

function blockOf([total, ...values]: readonly unknown[], { texts }: PackedRequest): PackedRows | undefined {
  const count = Number(total);
  const [withBytes, bytes, isAmbiguous] = values.slice(2 * texts.length);
  const isWhole = texts.every((_, i) => Number(values[2 * i]) === count) && [0, count].includes(Number(withBytes));
  if (!isWhole || isAmbiguous !== false) return undefined;
  return {
    count,
    texts: texts.map((_, i) => String(values[2 * i + 1])),
    ...(bytes instanceof duckdb.DuckDBBlobValue ? { bytes: bytes.bytes } : {}),
  };
}
