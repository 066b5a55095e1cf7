import { limitText } from '../project/limit.ts';
import type { Check, ProjectTable } from '../project/model.ts';
import type { QualityTrend } from '../run/quality-trend.ts';
import type { RuleLine } from './catalogue.ts';

/** What is asked of the rows of a table, with what was found last. */
export function ruleLines(
  table: ProjectTable,
  found: readonly QualityTrend[],
  options: { readonly at: number; readonly masked: ReadonlySet<string> },
): readonly RuleLine[] {
  const trends = new Map(found.map((trend) => [trend.newest.name, trend]));
  const lineOf = (rule: Omit<RuleLine, 'table' | 'found'>, isHidden = false): RuleLine => {
    const trend = trends.get(rule.name);
    return { table: options.at, ...rule, ...(trend === undefined ? {} : { found: foundBy(trend, isHidden) }) };
  };
  // A history has a row for each version of its key.
  const key = table.kind === 'model' && table.history !== undefined ? [...table.key, 'valid_from'] : table.key;
  const keys = key.length === 0 ? [] : keyRules(key).filter(({ name }) => trends.has(name));
  return [
    ...keys.map((rule) => lineOf(rule)),
    ...table.rules.map(({ name, severity, limit, sql, place }) =>
      lineOf({
        name,
        severity: limit === undefined ? severity : `${severity} up to ${limitText(limit)}`,
        kind: 'rule',
        text: sql,
        place: `${place.file}:${place.line}`,
      }),
    ),
    ...table.checks.map((check) =>
      lineOf(
        {
          name: check.name,
          severity: check.limit === undefined ? check.severity : `${check.severity} up to ${limitText(check.limit)}`,
          kind: check.kind,
          text: checkText(check),
          place: `${check.place.file}:${check.place.line}`,
        },
        // How old the newest value is tells what it is.
        'column' in check && options.masked.has(check.column),
      ),
    ),
  ];
}

function keyRules(key: readonly string[]): readonly Omit<RuleLine, 'table' | 'found'>[] {
  const names = key.join(', ');
  return [
    { name: 'key_not_null', severity: 'fail', kind: 'key', text: `${names} is never null` },
    { name: 'key_unique', severity: 'fail', kind: 'key', text: `each ${names} stands in one row` },
  ];
}

function foundBy(
  { newest, run, brokenSince, broken }: QualityTrend,
  isHidden: boolean,
): NonNullable<RuleLine['found']> {
  return {
    run,
    broken: newest.broken,
    rows: newest.rows,
    message: isHidden ? '' : newest.message.replace(`${newest.name}: `, ''),
    ...(brokenSince === undefined ? {} : { since: brokenSince }),
    trend: broken.map((one) => ({ run: one.run, broken: one.broken })),
  };
}

function checkText(check: Check): string {
  switch (check.kind) {
    case 'unique':
      return `each ${check.columns.join(', ')} stands in one row`;
    case 'not_null':
      return `${check.columns.join(', ')} is never null`;
    case 'references':
      return `${check.columns.join(', ')} → ${check.table}.${check.toColumns.join(', ')}`;
    case 'row_count':
      return rowCountText(check);
    case 'fresh':
      return check.text;
    case 'drift':
      return `${check.column} within ${check.withinPercent}% of ${check.of}`;
    case 'sql':
      return check.sql;
  }
}

function rowCountText({ usual, withinPercent, of, min, max }: Extract<Check, { kind: 'row_count' }>): string {
  if (usual === true) return 'as many rows as usual';
  if (withinPercent !== undefined) return `rows within ${withinPercent}% of ${of ?? 'last week'}`;
  if (min === max) return `${min ?? 0} rows`;
  return [min === undefined ? [] : [`at least ${min}`], max === undefined ? [] : [`at most ${max}`]]
    .flat()
    .join(' and ')
    .concat(' rows');
}
