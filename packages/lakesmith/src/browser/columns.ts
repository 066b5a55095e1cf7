import type { ColumnRef, ColumnsData, OverviewData } from '../site/catalogue.ts';
import { readersOf } from './column-path.ts';
import type { Child } from './element.ts';
import { h } from './element.ts';
import { empty, grid, tagMark } from './parts.ts';
import { link } from './route.ts';

const most = 3;

/** The columns of a table: what they are, where they come from, what comes from them. `marked` is the one that was asked for. */
export function columnsGrid(
  overview: OverviewData,
  data: ColumnsData,
  table: number,
  marked: string | undefined,
): Child {
  const lines = data.tables[table]?.columns ?? [];
  if (lines.length === 0)
    return empty(
      'Its columns are not known before its source has something to load: ',
      h('code', {}, 'lakesmith plan'),
      ' says what is missing.',
    );
  const nameOf = ([t, c]: ColumnRef): string =>
    `${overview.tables[t]?.name ?? ''}.${data.tables[t]?.columns[c]?.name ?? ''}`;
  const own = overview.tables[table]?.name ?? '';
  const refs = (all: readonly ColumnRef[]): Child =>
    h(
      'ul',
      { class: 'refs' },
      ...all.slice(0, most).map((ref) => {
        const to = overview.tables[ref[0]];
        const column = data.tables[ref[0]]?.columns[ref[1]]?.name ?? '';
        return h(
          'li',
          {},
          h('a', { href: link(['table', to?.name ?? '', column]), 'data-layer': to?.layer }, nameOf(ref)),
        );
      }),
      all.length > most ? h('li', { class: 'note' }, `${all.length - most} more`) : undefined,
    );
  const described = lines.some(({ about, tags }) => about !== undefined || tags !== undefined);
  const element = grid(
    [
      { text: 'column' },
      { text: 'type' },
      ...(described ? [{ text: 'what it is' }] : []),
      { text: 'comes from' },
      { text: 'goes to', isExtra: true },
      { text: 'path' },
    ],
    lines.map(({ name, type, about, tags = [], from = [], same, isKey }, column) => [
      h(
        'span',
        { id: name === marked ? 'asked' : undefined, class: 'column-name' },
        isKey === true ? h('span', { class: 'key', title: 'part of the key' }, 'key') : undefined,
        h('a', { href: link(['table', own, name]) }, name),
      ),
      h('code', { class: 'type' }, type),
      ...(described
        ? [
            [
              about,
              ...tags.map(({ tag, from: of }) => tagMark(tag, of === undefined ? undefined : `from ${nameOf(of)}`)),
            ],
          ]
        : []),
      from.length === 0 ? '' : [refs(from), same === true ? undefined : h('span', { class: 'note' }, 'computed')],
      refs(readersOf(data, [table, column])),
      h(
        'a',
        {
          class: 'path',
          href: link(['lineage', own, name]),
          title: `The way of ${name}`,
          'aria-label': `The way of ${name}`,
        },
        '⇄',
      ),
    ]),
  );
  element.querySelector('#asked')?.closest('tr')?.classList.add('asked');
  return element;
}
