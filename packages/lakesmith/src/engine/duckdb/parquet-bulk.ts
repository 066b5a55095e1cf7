import { quoteName, quoteText } from '../../core/sql-text.ts';
import { parseTypeText } from '../../core/type-text.ts';
import type { TypeText } from '../../core/type-text.ts';
import type { CellValue } from '../engine.ts';
import { isoText } from './values.ts';

/** Between the values of a column, and in the place of a NULL. */
const valueMark = '\u001C';
const nullMark = '\u001F';

/** The values of a column, undefined for NULL; undefined itself when all are NULL. */
type Values = readonly (CellValue | undefined)[] | undefined;

/** A column, or a field at any depth: which texts hold it, and how its values are made of them. */
interface Form {
  /** SQL of one text per row for each part. */
  readonly sql: readonly string[];
  /** The values of `count` rows, from their parts. */
  decode(parts: readonly Part[], count: number): Values;
}

/** The texts of a block of rows in one, and how many values are not NULL. */
interface Part {
  readonly text: string;
  readonly present: number;
}

/** The texts cannot be told apart. */
class Ambiguous extends Error {}

/**
 * How the rows of a file of actions come as a few long texts, one for each column of a block of rows: these are read much faster
 * than many cells.
 */
export interface BulkRows {
  /** SQL of the items to select for each block. */
  readonly sql: readonly string[];
  /** The rows of a block, from the values of those items, in no particular order; undefined when they cannot be told. */
  decode(values: readonly unknown[]): Record<string, CellValue>[] | undefined;
}

/**
 * For files with these columns, of which at most one has a value in a row; undefined when a column has a type whose values do not
 * come back from text as they are. `marked`: NULLs have a text; without it, which takes half the time, each field of a block must
 * have a value in all rows that have the column, or in none.
 */
export function bulkRows(
  columns: readonly { readonly name: string; readonly type: string }[],
  marked: boolean,
): BulkRows | undefined {
  const forms: { readonly name: string; readonly form: Form }[] = [];
  for (const { name, type } of columns) {
    const parsed = parseTypeText(type);
    const form = parsed?.kind !== 'struct' || name === '__proto__' ? undefined : structForm(quoteName(name), parsed);
    if (form === undefined) return undefined;
    forms.push({ name, form });
  }
  const isSet = forms.map(({ name }) => `CAST(${quoteName(name)} IS NOT NULL AS INTEGER)`).join(' + ');
  const items = forms.flatMap(({ name, form }) => {
    const where = `FILTER (WHERE ${quoteName(name)} IS NOT NULL)`;
    const parts = form.sql.flatMap((sql) => [
      `count(${sql})`,
      marked ? `string_agg(coalesce(${sql}, chr(31)), chr(28)) ${where}` : `string_agg(${sql}, chr(28))`,
    ]);
    return [`count(${quoteName(name)})`, ...parts];
  });
  return {
    sql: ['count(*)', `count(*) FILTER (WHERE ${isSet} > 1)`, ...items],
    decode: (values) => decodeBlock(forms, values),
  };
}

function decodeBlock(
  forms: readonly { readonly name: string; readonly form: Form }[],
  [total, ambiguous, ...items]: readonly unknown[],
): Record<string, CellValue>[] | undefined {
  if (Number(ambiguous) > 0) return undefined;
  const rows: Record<string, CellValue>[] = [];
  try {
    let at = 0;
    for (const { name, form } of forms) {
      const count = Number(items[at]);
      const parts = form.sql.map((_, i): Part => ({
        present: Number(items[at + 1 + 2 * i]),
        text: String(items[at + 2 + 2 * i]),
      }));
      at += 1 + 2 * parts.length;
      if (count === 0) continue;
      for (const value of form.decode(parts, count) ?? []) if (value !== undefined) rows.push({ [name]: value });
    }
  } catch (error) {
    if (error instanceof Ambiguous) return undefined;
    throw error;
  }
  while (rows.length < Number(total)) rows.push({});
  return rows;
}

function formOf(value: string, type: TypeText): Form | undefined {
  if (type.kind === 'struct') return structForm(value, type);
  if (type.kind === 'scalar') return scalarForm(value, type.name);
  const isText = (of: TypeText): boolean => of.kind === 'scalar' && of.name === 'VARCHAR';
  const isPlain = type.kind === 'list' ? isText(type.element) : isText(type.key) && isText(type.value);
  return isPlain ? jsonForm(value) : undefined;
}

function structForm(value: string, { fields }: Extract<TypeText, { kind: 'struct' }>): Form | undefined {
  const forms: { readonly name: string; readonly form: Form }[] = [];
  for (const { name, type } of fields) {
    const form = formOf(`struct_extract(${value}, ${quoteText(name)})`, type);
    // A field that would be the prototype of the object.
    if (form === undefined || name === '__proto__') return undefined;
    forms.push({ name, form });
  }
  return {
    sql: [`CASE WHEN ${value} IS NOT NULL THEN '+' END`, ...forms.flatMap(({ form }) => form.sql)],
    decode: ([presence, ...parts], count) => {
      const isThere = textsOf(presence, count);
      if (isThere === undefined) return undefined;
      let at = 0;
      const columns = forms.flatMap(({ name, form }) => {
        const values = form.decode(parts.slice(at, at + form.sql.length), count);
        at += form.sql.length;
        return values === undefined ? [] : [{ name, values }];
      });
      return isThere.map((mark, row) => {
        if (mark === nullMark) return undefined;
        const struct: Record<string, CellValue> = {};
        for (const { name, values } of columns) {
          const field = values[row];
          if (field !== undefined) struct[name] = field;
        }
        return struct;
      });
    },
  };
}

function form(sql: string, read: (text: string) => CellValue): Form {
  return {
    sql: [sql],
    decode: ([part], count) => textsOf(part, count)?.map((text) => (text === nullMark ? undefined : read(text))),
  };
}

/** Maps and lists; the same one is parsed once, for partition values are alike in many rows. */
function jsonForm(value: string): Form {
  const known = new Map<string, CellValue>();
  return form(`CAST(to_json(${value}) AS VARCHAR)`, (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const parsed: CellValue = JSON.parse(text);
    known.set(text, parsed);
    return parsed;
  });
}

/** The texts of a block; undefined when all are NULL. */
function textsOf(part: Part | undefined, count: number): readonly string[] | undefined {
  if (part === undefined || part.present === 0) return undefined;
  const texts = part.text.split(valueMark);
  if (texts.length !== count) throw new Ambiguous();
  let present = 0;
  for (const text of texts) if (text !== nullMark) present += 1;
  if (present !== part.present) throw new Ambiguous();
  return texts;
}

const floats: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };

function scalarForm(value: string, type: string): Form | undefined {
  const text = `CAST(${value} AS VARCHAR)`;
  switch (type) {
    case 'VARCHAR':
      return form(value, (of) => of);
    case 'BIGINT':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
      return form(text, wholeNumber);
    case 'BOOLEAN':
      return form(text, (of) => of === 'true');
    case 'FLOAT':
    case 'DOUBLE':
      return form(`CAST(CAST(${value} AS DOUBLE) AS VARCHAR)`, (of) => floats[of] ?? Number(of));
    case 'DECIMAL':
    case 'DATE':
      return form(text, (of) => of);
    case 'TIMESTAMP':
      return form(`CAST(epoch_us(${value}) AS VARCHAR)`, (of) => isoText(BigInt(of), ''));
    case 'TIMESTAMP WITH TIME ZONE':
      return form(`CAST(epoch_us(${value}) AS VARCHAR)`, (of) => isoText(BigInt(of), 'Z'));
    default:
      return undefined;
  }
}

function wholeNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
