import { Document, isScalar, visit } from 'yaml';
import { quoteText } from '../../core/sql-text.ts';
import type { ColumnProfile, TableProfile } from './profile.ts';

/** A column whose every value is one of another table. */
export interface Reference {
  readonly column: string;
  readonly table: string;
  readonly toColumn: string;
}

const amounts = /(_|^)(amount|price|cost|total|qty|quantity|count|units|weight|age|fee|tax|balance_due)$/i;
const plain = /^[a-z_][a-z0-9_]*$/;
const longestValue = 40;

/** A silver model: its settings, with what holds for all rows as warnings, and its SELECT. */
export function modelText(
  source: string,
  select: string,
  { profile, references }: { readonly profile: TableProfile; readonly references: readonly Reference[] },
): string {
  const { key, rows } = profile;
  const rules = Object.fromEntries(rows === 0 ? [] : profile.columns.flatMap((column) => rulesOf(column, profile)));
  const filled = profile.columns.filter(({ present, name }) => rows > 1 && present === rows && !key.includes(name));
  const checks = {
    ...(filled.length === 0 ? {} : { not_null: filled.map(({ name }) => name) }),
    ...Object.fromEntries(
      references.map(({ column, table, toColumn }) => [`known_${column}`, `${column} -> ${table}.${toColumn}`]),
    ),
  };
  const settings = {
    ...(key.length === 0 ? {} : { key: key.length === 1 ? key[0] : key }),
    ...(Object.keys(rules).length === 0 ? {} : { expect: { warn: rules } }),
    ...(Object.keys(checks).length === 0 ? {} : { check: { warn: checks } }),
  };
  const yaml = yamlText(settings);
  const comment = Object.keys(settings).length === 0 || /\*\/|\/\*/.test(yaml) ? '' : `/* ---\n${yaml}--- */\n`;
  return `-- ${source}, cleaned. Its rules are true of all ${rows} rows that there were when it was written.\n${comment}${select}\n`;
}

function rulesOf(column: ColumnProfile, { rows }: TableProfile): readonly (readonly [string, string])[] {
  const { name, values, present } = column;
  if (!plain.test(name)) return [];
  const orNone = present < rows ? `${name} is null or ` : '';
  if (column.neverNegative && amounts.test(name)) return [[`${name}_not_negative`, `${orNone}${name} >= 0`]];
  if (
    values === undefined ||
    values.length < 2 ||
    values.some((value) => value.length > longestValue || /[\n*]/.test(value))
  )
    return [];
  return [[`known_${name}`, `${orNone}${name} in (${values.map(quoteText).join(', ')})`]];
}

/** Settings as YAML. Lists of words stand on one line. */
export function yamlText(settings: unknown): string {
  const document = new Document(settings);
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.every((item) => isScalar(item) && /^\w+$/.test(String(item.value)));
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
