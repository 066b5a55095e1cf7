import { LakeError } from '../core/errors.ts';
import type { Column, DataType } from '../core/schema.ts';
import { splitList } from '../core/sql-list.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import { nameOf, sqlTokens } from '../core/sql-tokens.ts';
import { columnName } from './table-question.ts';

/** One `a = a + 1`, or `a.b = 1`. */
export interface Assignment {
  readonly column: string;
  /** The field inside of the column that is meant, by the names on the way to it; absent: all of it. */
  readonly fields?: readonly string[];
  /** SQL. */
  readonly value: string;
}

/** The parts of `a = a + 1, t.b = 'x', c.d = 1`; `alias`: what may stand before a column. */
export function parseAssignments(text: string, alias: string): readonly Assignment[] {
  return splitList(text).map((part): Assignment => {
    const { tokens } = sqlTokens(part);
    const at = tokens.findIndex((token) => token.text === '=');
    const names = tokens
      .slice(0, at)
      .map((token, i) => (i % 2 === 0 ? nameOf(token) : token.text === '.' ? '.' : undefined));
    const path = names.filter((_, i) => i % 2 === 0);
    if (path.length > 1 && path[0]?.toLowerCase() === alias.toLowerCase()) path.shift();
    const [column, ...fields] = path.filter((name) => name !== undefined);
    const isWhole = names.length % 2 === 1 && !names.includes(undefined);
    const value = at < 0 ? '' : part.slice(tokens[at]?.end);
    if (!isWhole || column === undefined || value.trim() === '')
      throw new LakeError('LS4001', `"${part.trim()}" sets no column: write a = a + 1, b = 'x'.`);
    return { column, value, ...(fields.length === 0 ? {} : { fields }) };
  });
}

/**
 * By column, SQL for its value where these fields and columns are set; `alias`: what the row is called. A field inside of a
 * struct that is NULL makes it one of which all other fields are NULL, as in Spark.
 */
export function assignedValues(
  assignments: readonly Assignment[],
  { alias, columns }: { readonly alias: string; readonly columns: readonly Column[] },
): ReadonlyMap<string, string> {
  const byColumn = new Map<string, Inner[]>();
  for (const { column, fields = [], value } of assignments) {
    const name = columnName(columns, column);
    byColumn.set(name, [...(byColumn.get(name) ?? []), { path: fields, value }]);
  }
  return new Map(
    [...byColumn].map(([name, parts]) => {
      const type = columns.find((column) => column.name === name)?.type ?? 'void';
      return [name, setInside(`${quoteName(alias)}.${quoteName(name)}`, { name, type, parts })];
    }),
  );
}

/** What is set inside of a value, by the rest of the way to it. */
interface Inner {
  readonly path: readonly string[];
  readonly value: string;
}

function setInside(
  old: string,
  { name, type, parts }: { readonly name: string; readonly type: DataType; readonly parts: readonly Inner[] },
): string {
  const [first, ...others] = parts;
  if (first !== undefined && others.length === 0 && first.path.length === 0) return first.value;
  if (parts.some(({ path }) => path.length === 0)) throw new LakeError('LS4001', `The column ${name} is set twice.`);
  if (typeof type === 'string' || type.type !== 'struct')
    throw new LakeError('LS3003', `The column ${name} has no fields that can be set.`);
  const { fields } = type;
  const byField = new Map<string, Inner[]>();
  for (const { path, value } of parts) {
    const [next = '', ...rest] = path;
    const field = columnName(fields, next);
    byField.set(field, [...(byField.get(field) ?? []), { path: rest, value }]);
  }
  const items = fields.map((field) => {
    const inner = `struct_extract(${old}, ${quoteText(field.name)})`;
    const set = byField.get(field.name);
    const value =
      set === undefined ? inner : setInside(inner, { name: `${name}.${field.name}`, type: field.type, parts: set });
    return `${quoteName(field.name)} := (${value}\n)`;
  });
  return `struct_pack(${items.join(', ')})`;
}
