import { quoteName, quoteText } from '../../core/sql-text.ts';
import { parseTypeText } from '../../core/type-text.ts';
import type { TypeText } from '../../core/type-text.ts';
import type { CellValue } from '../engine.ts';
import { isoText } from './values.ts';

/** Between rows, between columns, between the values of a column, and in the place of a NULL. */
export const rowMark = '\u001C';
const columnMark = '\u001D';
const valueMark = '\u001E';
const nullMark = '\u001F';

type Decode = (tokens: Tokens) => CellValue;

/** How a value becomes text in the engine, and a value again here: a few long texts are read much faster than many cells. */
interface Form {
  readonly sql: string;
  /** How many texts it is, also when it is NULL: a mark inside of a value makes one more. */
  readonly count: number;
  readonly decode: Decode;
}

interface Tokens {
  readonly texts: readonly string[];
  next: number;
}

export interface RowText {
  /** SQL for the text of a row. */
  readonly sql: string;
  /** The row; undefined when one of its values holds a mark, so that the text cannot be told apart. */
  decode(text: string): Record<string, CellValue> | undefined;
}

/** Rows of these columns as text; undefined when a column has a type whose values do not come back from text as they are. */
export function rowText(columns: readonly { readonly name: string; readonly type: string }[]): RowText | undefined {
  const forms: { readonly name: string; readonly form: Form }[] = [];
  for (const { name, type } of columns) {
    const parsed = parseTypeText(type);
    // Only what is never an empty text can be told from a NULL.
    const form = parsed?.kind !== 'struct' ? undefined : formOf(quoteName(name), parsed);
    if (form === undefined) return undefined;
    forms.push({ name, form });
  }
  return {
    // Nearly all columns of an action are NULL.
    sql: forms
      .map(({ name, form }) => `CASE WHEN ${quoteName(name)} IS NULL THEN '' ELSE ${form.sql} END`)
      .join(' || chr(29) || '),
    decode(text) {
      const parts = text.split(columnMark);
      if (parts.length !== forms.length) return undefined;
      const row: Record<string, CellValue> = {};
      for (const [i, { name, form }] of forms.entries()) {
        const part = parts[i] ?? '';
        const tokens: Tokens = { texts: part === '' ? [] : part.split(valueMark), next: 0 };
        if (part !== '' && tokens.texts.length !== form.count) return undefined;
        row[name] = part === '' ? null : form.decode(tokens);
      }
      return row;
    },
  };
}

function formOf(value: string, type: TypeText): Form | undefined {
  if (type.kind === 'struct') return structForm(value, type.fields);
  if (type.kind === 'scalar') return scalarForm(value, type.name);
  const isText = (of: TypeText): boolean => of.kind === 'scalar' && of.name === 'VARCHAR';
  const isPlain = type.kind === 'list' ? isText(type.element) : isText(type.key) && isText(type.value);
  return isPlain ? form(`CAST(to_json(${value}) AS VARCHAR)`, (text): CellValue => JSON.parse(text)) : undefined;
}

function form(sql: string, read: (text: string) => CellValue): Form {
  return {
    sql: `coalesce(${sql}, chr(31))`,
    count: 1,
    decode: (tokens) => {
      const text = tokens.texts[tokens.next++] ?? nullMark;
      return text === nullMark ? null : read(text);
    },
  };
}

function structForm(
  value: string,
  fields: readonly { readonly name: string; readonly type: TypeText }[],
): Form | undefined {
  const forms: { readonly name: string; readonly form: Form }[] = [];
  for (const { name, type } of fields) {
    const inner = formOf(`struct_extract(${value}, ${quoteText(name)})`, type);
    // A field that would be the prototype of the object.
    if (inner === undefined || name === '__proto__') return undefined;
    forms.push({ name, form: inner });
  }
  const count = forms.reduce((sum, of) => sum + of.form.count, 1);
  const isThere = `CASE WHEN ${value} IS NULL THEN chr(31) ELSE '+' END`;
  return {
    sql: [isThere, ...forms.map((of) => of.form.sql)].join(' || chr(30) || '),
    count,
    decode: (tokens) => {
      if (tokens.texts[tokens.next++] !== '+') {
        tokens.next += count - 1;
        return null;
      }
      const struct: Record<string, CellValue> = {};
      for (const { name, form: of } of forms) struct[name] = of.decode(tokens);
      return struct;
    },
  };
}

const floats: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };

function scalarForm(value: string, type: string): Form | undefined {
  const text = `CAST(${value} AS VARCHAR)`;
  switch (type) {
    case 'VARCHAR':
      return form(value, (of) => of);
    case 'BIGINT':
      return form(text, BigInt);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
      return form(text, Number);
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
