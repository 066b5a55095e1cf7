import type { OverviewData } from '../site/catalogue.ts';
import type { Child } from './element.ts';
import { h } from './element.ts';
import { link, tableLink } from './route.ts';
import { searchBox } from './search-box.ts';
import { switchTheme } from './theme.ts';
import { ago, byLayer, count, moment, shortName } from './words.ts';

const pages = [
  ['', 'Overview'],
  ['tables', 'Tables'],
  ['lineage', 'Lineage'],
  ['quality', 'Quality'],
] as const;

/** What every page stands in: the line on top, the tables beside it. */
export interface Shell {
  readonly element: HTMLElement;
  readonly main: HTMLElement;
  /** Says which page and which table is shown. */
  readonly mark: (page: string, table: string | undefined) => void;
}

export function shell(overview: OverviewData): Shell {
  const links = pages.map(([page, text]) => h('a', { href: link([page].filter(Boolean)), 'data-page': page }, text));
  const tree = sidebar(overview);
  const main = h('main', { id: 'main', tabindex: -1 });
  const top = h(
    'header',
    { class: 'top' },
    h('a', { class: 'brand', href: '#/' }, h('span', { class: 'drop', 'aria-hidden': 'true' }), overview.project),
    h('nav', { class: 'pages', 'aria-label': 'Pages' }, ...links),
    searchBox(overview),
    h(
      'button',
      { class: 'theme', 'aria-label': 'Light or dark', title: 'Light or dark', click: switchTheme },
      h('span', { 'aria-hidden': 'true' }, '◐'),
    ),
  );
  const element = h(
    'div',
    { class: 'shell' },
    h('a', { class: 'skip', href: '#main', click: skipTo(main) }, 'To the content'),
    top,
    h('div', { class: 'body' }, tree, h('div', { class: 'column' }, main, footer(overview))),
  );
  return {
    element,
    main,
    mark: (page, table) => {
      const shown = page === 'table' ? 'tables' : page;
      for (const one of links) setCurrent(one, one.dataset['page'] === shown, 'page');
      for (const one of tree.querySelectorAll('a')) setCurrent(one, one.title === table, 'true');
      tree.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
    },
  };
}

/** The hash is the page's, so a link to a part of it must not change it. */
function skipTo(main: HTMLElement): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    main.focus();
  };
}

function setCurrent(element: Element, isCurrent: boolean, value: string): void {
  if (isCurrent) element.setAttribute('aria-current', value);
  else element.removeAttribute('aria-current');
}

function sidebar(overview: OverviewData): HTMLElement {
  const groups = [...byLayer(overview)].map(([layer, indexes]): Child =>
    h(
      'details',
      { open: true, 'data-layer': layer },
      h('summary', {}, h('span', { class: 'layer', 'data-layer': layer }, layer), h('small', {}, indexes.length)),
      h(
        'ul',
        {},
        ...indexes.map((i) => {
          const name = overview.tables[i]?.name ?? '';
          return h('li', {}, h('a', { href: tableLink(name), title: name }, shortName(name)));
        }),
      ),
    ),
  );
  return h('nav', { class: 'tree', 'aria-label': 'Tables' }, ...groups);
}

function footer({ release, program, environment, isNewest }: OverviewData): HTMLElement {
  const shown =
    release === undefined
      ? 'no release yet'
      : `release ${release.release}${isNewest ? '' : ' (not the newest)'} of ${moment(release.at)}`;
  const age = release === undefined ? '' : ago(release.at, Date.now());
  return h(
    'footer',
    {},
    [shown, age, `environment ${environment}`, `written by ${program}`].filter(Boolean).join(' · '),
  );
}

/** '18 tables, 120 columns'. */
export function sizeText({ tables }: OverviewData): string {
  return [
    count(tables.length, 'table'),
    count(
      tables.reduce((sum, one) => sum + one.columns, 0),
      'column',
    ),
  ].join(', ');
}
