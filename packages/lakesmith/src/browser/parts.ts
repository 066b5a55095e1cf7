import type { OverviewData, TableLine } from '../site/catalogue.ts';
import type { Child } from './element.ts';
import { h } from './element.ts';
import { link, tableLink } from './route.ts';
import { number } from './words.ts';

/** A layer's name behind its colour. */
export function layerMark(layer: string, text: string = layer): HTMLElement {
  return h('span', { class: 'layer', 'data-layer': layer }, text);
}

export function tagMark(tag: string, title?: string): HTMLElement {
  return h('a', { class: `tag${tag === 'pii' ? ' pii' : ''}`, href: link(['tables'], { tag }), title }, tag);
}

/** A link to a table by its full name, the layer in its colour. */
export function tableName({ name, layer }: TableLine, part?: string): HTMLElement {
  return h('a', { class: 'name', href: tableLink(name, part), 'data-layer': layer }, name);
}

/** Links to tables, the most telling of them first. */
export function tableNames({ tables }: OverviewData, indexes: readonly number[]): Child {
  return indexes.flatMap((i): Child[] => {
    const table = tables[i];
    return table === undefined ? [] : [h('li', {}, tableName(table))];
  });
}

type Tone = 'good' | 'warn' | 'bad' | 'quiet';

/** How something stands, in a word and a colour. */
export function stateMark(tone: Tone, text: string, title?: string): HTMLElement {
  return h('span', { class: `state ${tone}`, title }, text);
}

/** What is worst about a table. */
export function tableState({ tables, broken }: OverviewData, index: number): HTMLElement {
  const table = tables[index];
  const rules = broken.filter((one) => one.table === index);
  if (table === undefined || table.state === 'never') return stateMark('quiet', 'not made yet');
  if (table.state === 'failed') return stateMark('bad', 'failed');
  if (table.state === 'blocked') return stateMark('bad', 'blocked');
  if (table.state === 'held') return stateMark('warn', 'held');
  if (rules.some(({ severity }) => severity.startsWith('fail'))) return stateMark('bad', rulesText(rules.length));
  if (rules.length > 0) return stateMark('warn', rulesText(rules.length));
  return stateMark('good', 'ok');
}

function rulesText(broken: number): string {
  return `${number(broken)} ${broken === 1 ? 'rule' : 'rules'} broken`;
}

/** A part of a page with a heading that can be linked to. */
export function section(title: string, part: string, ...children: readonly Child[]): HTMLElement {
  return h('section', { id: part, class: 'part' }, h('h2', {}, title), ...children);
}

/** What stands where nothing is: why, and what to do about it. */
export function empty(...children: readonly Child[]): HTMLElement {
  return h('p', { class: 'empty' }, ...children);
}

export interface Heading {
  readonly text: string;
  readonly isNumber?: boolean;
  /** Left out where there is little room. */
  readonly isExtra?: boolean;
}

/** Rows under headings; on a narrow page it can be pushed sideways. */
export function grid(headings: readonly Heading[], rows: readonly (readonly Child[])[]): HTMLElement {
  const classOf = ({ isNumber, isExtra }: Heading): string | undefined =>
    [isNumber === true ? 'number' : '', isExtra === true ? 'extra' : ''].filter(Boolean).join(' ') || undefined;
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': headings.map(({ text }) => text).join(', ') },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...headings.map((one) => h('th', { class: classOf(one), scope: 'col' }, one.text)))),
      h(
        'tbody',
        {},
        ...rows.map((row) =>
          h('tr', {}, ...row.map((cell, i) => h('td', { class: classOf(headings[i] ?? { text: '' }) }, cell))),
        ),
      ),
    ),
  );
}

/** Rows as `grid` has them, the rest behind a button: a page of thousands is not drawn at once. */
export function longGrid(headings: readonly Heading[], rows: readonly (() => readonly Child[])[], most = 200): Child {
  const first = grid(
    headings,
    rows.slice(0, most).map((row) => row()),
  );
  if (rows.length <= most) return first;
  const more = h(
    'button',
    {
      class: 'more',
      click: () => {
        first.replaceWith(
          grid(
            headings,
            rows.map((row) => row()),
          ),
        );
        more.remove();
      },
    },
    `Show all ${number(rows.length)}`,
  );
  return [first, more];
}
