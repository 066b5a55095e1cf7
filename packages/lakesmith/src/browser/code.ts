import type { OverviewData } from '../site/catalogue.ts';
import { h } from './element.ts';
import { piecesOf } from './highlight.ts';
import { tableLink } from './route.ts';

/** A line of code; tables that it names are links. */
export function codeText(overview: OverviewData, text: string, language: 'sql' | 'yaml'): HTMLElement {
  return h('code', {}, ...spans(overview, text, language));
}

/** A file as it is written. */
export function codeBlock(overview: OverviewData, text: string, language: 'sql' | 'yaml'): HTMLElement {
  return h('pre', { tabindex: 0 }, h('code', {}, ...spans(overview, text.trimEnd(), language)));
}

function spans({ tables }: OverviewData, text: string, language: 'sql' | 'yaml'): readonly (HTMLElement | string)[] {
  const names = new Set(tables.map(({ name }) => name));
  return piecesOf(text, language).map(({ kind, text: piece }) => {
    if (kind === 'plain') return piece;
    const name = piece.toLowerCase();
    if (kind !== 'name') return h('span', { class: `code-${kind}` }, piece);
    return names.has(name) ? h('a', { href: tableLink(name) }, piece) : piece;
  });
}
