import type { OverviewData, RuleLine } from '../site/catalogue.ts';
import { sparkline } from './charts.ts';
import type { Child } from './element.ts';
import { h } from './element.ts';
import { codeText } from './code.ts';
import type { Heading } from './parts.ts';
import { longGrid, stateMark, tableName } from './parts.ts';
import { number } from './words.ts';

/** Rules and checks, those that are broken first; with their tables when they are not of one. */
export function rulesGrid(overview: OverviewData, rules: readonly RuleLine[], isOfOne: boolean): Child {
  const worst = ({ found }: RuleLine): number => (found === undefined ? 1 : found.broken > 0 ? 0 : 2);
  const headings: readonly Heading[] = [
    { text: 'state' },
    ...(isOfOne ? [] : [{ text: 'table' }]),
    { text: 'rule' },
    { text: 'what must hold' },
    { text: 'if not' },
    { text: 'broken', isNumber: true },
    { text: 'last runs' },
  ];
  return longGrid(
    headings,
    [...rules]
      .sort((a, b) => worst(a) - worst(b))
      .map((rule) => () => {
        const { name, text, severity, found, kind, place, table } = rule;
        const of = overview.tables[table];
        return [
          stateOf(rule),
          ...(isOfOne ? [] : [of === undefined ? '' : tableName(of, 'quality')]),
          h('span', { title: place }, name),
          isSql(kind, text) ? codeText(overview, text, 'sql') : text,
          severity,
          found === undefined ? '' : found.broken === 0 ? '' : brokenText(found.broken, found.rows),
          found === undefined ? '' : sparkline(found.trend),
        ];
      }),
  );
}

function isSql(kind: string, text: string): boolean {
  return kind === 'rule' || (kind === 'sql' && text !== '');
}

function brokenText(broken: number, rows: number): string {
  return broken > rows ? number(broken) : `${number(broken)} of ${number(rows)}`;
}

function stateOf({ found, severity }: RuleLine): HTMLElement {
  if (found === undefined) return stateMark('quiet', 'not asked yet');
  if (found.broken === 0) return stateMark('good', 'holds');
  const since = found.since === undefined ? '' : `since run ${found.since}`;
  return stateMark(
    severity.startsWith('fail') ? 'bad' : 'warn',
    'broken',
    [found.message, since].filter(Boolean).join(', '),
  );
}
