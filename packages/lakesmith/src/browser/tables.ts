import type { OverviewData } from '../site/catalogue.ts';
import type { Child } from './element.ts';
import { fill, h } from './element.ts';
import { empty, longGrid, tableName, tableState, tagMark } from './parts.ts';
import type { Route } from './route.ts';
import { link } from './route.ts';
import { byLayer, count, number } from './words.ts';

/** All tables, or those of a layer, with a tag, or with a word in their name. */
export function tablesPage(overview: OverviewData, { options }: Route): Child {
  const { layer, tag, text = '' } = options;
  const all = [...byLayer(overview).values()].flat();
  const tags = [...new Set(overview.tables.flatMap((table) => table.tags))].sort();
  const list = h('div', {});
  const draw = (wanted: string): void => {
    const shown = all.filter((i) => {
      const table = overview.tables[i];
      const words = `${table?.name ?? ''} ${table?.about ?? ''} ${table?.owner ?? ''}`.toLowerCase();
      const isAsked =
        (layer ?? table?.layer) === table?.layer && (tag === undefined || table?.tags.includes(tag) === true);
      return isAsked && words.includes(wanted.toLowerCase());
    });
    fill(list, h('p', { class: 'note', role: 'status' }, count(shown.length, 'table')), tableGrid(overview, shown));
  };
  draw(text);
  const chip = (name: string, isOn: boolean, href: string): HTMLElement =>
    h('a', { class: 'chip', href, 'aria-current': isOn ? 'true' : undefined, 'data-layer': name }, name);
  return [
    h('h1', { tabindex: -1 }, 'Tables'),
    h(
      'div',
      { class: 'filters' },
      ...[...byLayer(overview).keys()].map((name) =>
        chip(name, name === layer, link(['tables'], { layer: name === layer ? undefined : name, tag })),
      ),
      ...tags.map((name) =>
        chip(`#${name}`, name === tag, link(['tables'], { layer, tag: name === tag ? undefined : name })),
      ),
      h('input', {
        type: 'search',
        value: text,
        placeholder: 'Only with this word',
        'aria-label': 'Only with this word',
        input: (event) => {
          const { value } = event.target as HTMLInputElement;
          history.replaceState(undefined, '', link(['tables'], { layer, tag, text: value }));
          draw(value);
        },
      }),
    ),
    list,
  ];
}

function tableGrid(overview: OverviewData, shown: readonly number[]): Child {
  if (shown.length === 0)
    return overview.tables.length === 0
      ? empty('The project has no tables yet: ', h('code', {}, 'lakesmith new source orders'), ' begins one.')
      : empty('No table is like that.');
  return longGrid(
    [
      { text: 'table' },
      { text: 'what it is' },
      { text: 'rows', isNumber: true },
      { text: 'columns', isNumber: true, isExtra: true },
      { text: 'changed', isExtra: true },
      { text: 'state' },
    ],
    shown.map((i) => () => {
      const table = overview.tables[i];
      if (table === undefined) return [];
      return [
        tableName(table),
        [table.about, ...table.tags.map((tag) => tagMark(tag))],
        table.rows === undefined ? '' : number(table.rows),
        table.columns,
        changedText(overview, table.release),
        tableState(overview, i),
      ];
    }),
  );
}

/** The day of the release with which a table changed; of one long ago its number. */
function changedText({ releases }: OverviewData, release: number | undefined): Child {
  if (release === undefined) return '';
  const at = releases.find((one) => one.release === release)?.at.slice(0, 10);
  return h('span', { class: 'day', title: `release ${release}` }, at ?? `release ${release}`);
}
