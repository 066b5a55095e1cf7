import type { ColumnsData, OverviewData } from '../site/catalogue.ts';
import { columnsData } from './data.ts';
import type { Child } from './element.ts';
import { h } from './element.ts';
import { tableName, tableState } from './parts.ts';
import { columnPicture, mostTables, openLink, tablesPicture } from './pictures.ts';
import type { Route } from './route.ts';
import { link } from './route.ts';
import { byLayer, number } from './words.ts';

/** What comes from what: all tables, what is around one, or the way of a column. */
export async function lineagePage(overview: OverviewData, route: Route): Promise<Child> {
  const [name, column] = route.path;
  const chosen = overview.tables.findIndex((table) => table.name === name);
  const columns = chosen < 0 ? undefined : await columnsData();
  const at = columns?.tables[chosen]?.columns.findIndex((one) => one.name === column) ?? -1;
  const title =
    chosen < 0 ? 'Lineage' : at < 0 ? `Lineage of ${name ?? ''}` : `The way of ${name ?? ''}.${column ?? ''}`;
  return [
    h('h1', { tabindex: -1 }, title),
    h('p', { class: 'lead' }, leadText(overview, chosen, at >= 0)),
    tools(overview, route, chosen, at >= 0),
    columns !== undefined && at >= 0
      ? columnPicture(overview, columns, chosen, at)
      : tablesPicture(overview, chosen, route),
    columns === undefined ? undefined : besides(overview, columns, chosen),
  ];
}

function leadText({ tables }: OverviewData, chosen: number, isColumn: boolean): string {
  if (isColumn)
    return 'Where its values come from, and where they go. A dashed line computes; a full one hands the value on.';
  if (chosen >= 0) return 'What it is made from stands to the left, what is made from it to the right.';
  return tables.length <= mostTables
    ? 'Data goes from left to right. Choose a table to see its way.'
    : `${number(tables.length)} tables are too many for one picture: open a layer, or look for a table.`;
}

function tools(overview: OverviewData, { path, options }: Route, chosen: number, isColumn: boolean): HTMLElement {
  const names = overview.tables.map(({ name }) => name);
  const find = h('input', {
    type: 'search',
    list: 'tables',
    placeholder: 'Find a table',
    'aria-label': 'Find a table',
    value: path[0] ?? '',
    change: (event) => {
      const { value } = event.target as HTMLInputElement;
      const found = names.find((name) => name === value) ?? names.find((name) => value !== '' && name.includes(value));
      location.hash = link(['lineage', found ?? ''].filter(Boolean));
    },
  });
  const hop = (value: string, text: string): HTMLElement =>
    h(
      'a',
      {
        class: 'chip',
        href: link(['lineage', path[0] ?? ''], { hops: value }),
        'aria-current': (options['hops'] ?? '') === value ? 'true' : undefined,
      },
      text,
    );
  const isBig = overview.tables.length > mostTables;
  const open = new Set((options['open'] ?? '').split(','));
  return h(
    'div',
    { class: 'filters' },
    find,
    h('datalist', { id: 'tables' }, ...names.map((value) => h('option', { value }))),
    ...(chosen >= 0 && !isColumn
      ? [
          hop('', isBig ? '1 step' : 'everything'),
          ...(isBig ? [] : [hop('1', '1 step')]),
          hop('2', '2 steps'),
          hop('way', 'its whole way'),
        ]
      : []),
    ...(chosen >= 0 ? [h('a', { class: 'chip', href: link(['lineage']) }, isBig ? 'layers' : 'all tables')] : []),
    ...(isBig && chosen < 0
      ? [...byLayer(overview).keys()].map((layer) => {
          const isOpen = open.has(layer);
          return h(
            'a',
            {
              class: 'chip',
              'data-layer': layer,
              'aria-current': isOpen ? 'true' : undefined,
              href: openLink(open, layer),
            },
            layer,
          );
        })
      : []),
  );
}

/** What the chosen table is, and its columns, each with its way. */
function besides(overview: OverviewData, columns: ColumnsData, chosen: number): Child {
  const table = overview.tables[chosen];
  if (table === undefined) return undefined;
  return h(
    'section',
    { class: 'besides' },
    h('h2', {}, tableName(table)),
    h('p', {}, tableState(overview, chosen), ' ', table.about),
    h('p', {}, 'The way of a column:'),
    h(
      'ul',
      { class: 'names' },
      ...(columns.tables[chosen]?.columns ?? []).map(({ name }) =>
        h('li', {}, h('a', { href: link(['lineage', table.name, name]) }, h('code', {}, name))),
      ),
    ),
  );
}
