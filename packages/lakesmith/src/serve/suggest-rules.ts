import { quoteName, quoteText } from '../core/sql-text.ts';
import type { ColumnProfile, TableProfile } from './profile.ts';
import { isNumber } from './profile.ts';
import { isOwnColumn } from '../project/own-columns.ts';

/** A rule or a check that all rows meet now, and that somebody may want to hold. */
export interface SuggestedRule {
  readonly column: string;
  /** Where it is written: under `expect:`, or under `check:` as a name with its value. */
  readonly verb: 'expect' | 'check';
  readonly name: string;
  readonly text: string;
}

/** Fewer rows tell nothing about the next one. */
const fewestRows = 20;
const mostAccepted = 12;

/** What holds of every row. The columns of the key are left out where the key says it already. */
export function suggestRules(
  { rows, isExact, columns }: TableProfile,
  key: readonly string[],
): readonly SuggestedRule[] {
  if (rows < fewestRows) return [];
  // What the program added itself, such as _ingested_at, needs no rule.
  const own = columns.filter(({ name }) => !isOwnColumn(name));
  return own.flatMap((column) => {
    const isKey = key.includes(column.name);
    return [
      ...(isKey || column.nulls > 0 ? [] : [notNull(column)]),
      ...(!isKey && isExact && column.nulls === 0 && column.distinct === rows && isName(column)
        ? [unique(column)]
        : []),
      ...acceptedValues(column, rows),
      ...sign(column),
    ];
  });
}

function notNull({ name }: ColumnProfile): SuggestedRule {
  return { column: name, verb: 'expect', name: `has_${ruleName(name)}`, text: `${written(name)} is not null` };
}

function unique({ name }: ColumnProfile): SuggestedRule {
  return { column: name, verb: 'check', name: 'unique', text: name };
}

/** Numbers that measure something may be different by chance; what names a thing is not. */
function isName({ type }: ColumnProfile): boolean {
  return type === 'string' || type === 'long' || type === 'integer';
}

function acceptedValues(
  { name, type, distinct = 0, top, lengths, nulls }: ColumnProfile,
  rows: number,
): readonly SuggestedRule[] {
  const all = top.map(({ value }) => value);
  const isList = type === 'string' && distinct > 1 && distinct <= mostAccepted && distinct === all.length;
  // Each value often, and short: a list of words and no prose.
  if (!isList || rows < distinct * 10 || (lengths?.max ?? 0) > 40) return [];
  const text = orNull(name, nulls, `${written(name)} in (${[...all].sort().map(quoteText).join(', ')})`);
  return [{ column: name, verb: 'expect', name: `known_${ruleName(name)}`, text }];
}

function sign({ name, type, min, distinct = 0, nan, nulls }: ColumnProfile): readonly SuggestedRule[] {
  if (!isNumber(type) || min === null || distinct < 2 || nan > 0) return [];
  const low = Number(min);
  if (low < 0 || Number.isNaN(low)) return [];
  const text = orNull(name, nulls, `${written(name)} ${low > 0 ? '>' : '>='} 0`);
  return [{ column: name, verb: 'expect', name: `positive_${ruleName(name)}`, text }];
}

/** NULL breaks a rule that does not speak of it. */
function orNull(name: string, nulls: number, rule: string): string {
  return nulls === 0 ? rule : `${written(name)} is null or ${rule}`;
}

/** A name in SQL as a person writes it. */
function written(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name);
}

function ruleName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
}
