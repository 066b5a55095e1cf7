import type { OverviewData } from '../site/catalogue.ts';
import { columnsData } from './data.ts';
import { fill, h } from './element.ts';
import { link, tableLink } from './route.ts';
import type { Found, SearchIndex } from './search.ts';
import { search, searchIndex } from './search.ts';

const most = 40;

/** The box in the top line: what is found stands below it while one types. `/` goes to it, arrows choose, Enter opens. */
export function searchBox(overview: OverviewData): HTMLElement {
  let index: SearchIndex | undefined;
  let isWhole = false;
  let at = 0;
  const results = h('ul', { id: 'results', class: 'results', role: 'listbox', 'aria-label': 'Found', hidden: true });
  const input = h('input', {
    type: 'search',
    class: 'search',
    placeholder: 'Search tables and columns',
    'aria-label': 'Search tables and columns',
    'aria-controls': 'results',
    'aria-expanded': 'false',
    role: 'combobox',
    autocomplete: 'off',
    spellcheck: 'false',
    focus: () => void prepare(),
    input: () => {
      at = 0;
      show();
    },
    keydown: (event) => {
      choose(event as KeyboardEvent);
    },
    blur: () => setTimeout(close, 150),
  });
  const box = h('div', { class: 'finder', role: 'search' }, input, h('kbd', { 'aria-hidden': 'true' }, '/'), results);

  const prepare = async (): Promise<void> => {
    index ??= searchIndex(overview);
    if (isWhole) return;
    isWhole = true;
    index = searchIndex(overview, await columnsData());
    show();
  };
  const show = (): void => {
    const found = search(index ?? [], input.value, most);
    const isAsked = input.value.trim() !== '' && document.activeElement === input;
    results.hidden = !isAsked;
    input.setAttribute('aria-expanded', String(isAsked));
    fill(
      results,
      found.length > 0
        ? found.map((one, i) => resultLine(one, overview, { id: `found-${i}`, isAt: i === at }))
        : h('li', { class: 'empty' }, 'Nothing is called that, and no description has it.'),
    );
    if (found[at] === undefined) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `found-${at}`);
    results.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  };
  const close = (): void => {
    results.hidden = true;
    input.setAttribute('aria-expanded', 'false');
  };
  const choose = (event: KeyboardEvent): void => {
    const links = results.querySelectorAll('a');
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      at = Math.max(0, Math.min(links.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1)));
      show();
    } else if (event.key === 'Enter') links[at]?.click();
    else if (event.key === 'Escape') {
      close();
      input.blur();
    }
  };
  results.addEventListener('click', () => {
    input.value = '';
    close();
    input.blur();
  });
  document.addEventListener('keydown', (event) => {
    const { target } = event;
    const isTyping = target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  return box;
}

function resultLine(
  { kind, name, about, table, column }: Found,
  overview: OverviewData,
  { id, isAt }: { readonly id: string; readonly isAt: boolean },
): HTMLElement {
  const of = table === undefined ? undefined : overview.tables[table];
  const href =
    of === undefined
      ? link(['tables'])
      : column === undefined
        ? tableLink(of.name)
        : link(['table', of.name, name.slice(of.name.length + 1)]);
  return h(
    'li',
    { id, role: 'option', 'aria-selected': String(isAt) },
    h(
      'a',
      { href, tabindex: -1, 'data-layer': of?.layer },
      h('span', { class: 'name' }, name),
      h('span', { class: 'kind' }, kind),
      h('span', { class: 'about' }, about),
    ),
  );
}
