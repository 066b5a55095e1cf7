import type { OverviewData } from '../site/catalogue.ts';
import { qualityData } from './data.ts';
import type { Child } from './element.ts';
import { h } from './element.ts';
import { empty } from './parts.ts';
import type { Route } from './route.ts';
import { link } from './route.ts';
import { rulesGrid } from './rules.ts';
import { byLayer, count } from './words.ts';

/** Every rule and check with how it stands; `state` and `layer` choose among them. */
export async function qualityPage(overview: OverviewData, { options }: Route): Promise<Child> {
  const { rules } = await qualityData();
  const { state, layer } = options;
  const shown = rules.filter(({ table, found }) => {
    const isBroken = (found?.broken ?? 0) > 0;
    return (state !== 'broken' || isBroken) && (layer === undefined || overview.tables[table]?.layer === layer);
  });
  const broken = rules.filter(({ found }) => (found?.broken ?? 0) > 0).length;
  const chip = (text: string, isOn: boolean, href: string): HTMLElement =>
    h('a', { class: 'chip', href, 'aria-current': isOn ? 'true' : undefined, 'data-layer': text }, text);
  return [
    h('h1', { tabindex: -1 }, 'Quality'),
    h(
      'p',
      { class: 'lead' },
      `${count(rules.length, 'rule')} and checks, ${broken === 0 ? 'all hold' : `${broken} broken`}`,
    ),
    h(
      'div',
      { class: 'filters' },
      chip(
        'broken',
        state === 'broken',
        link(['quality'], { layer, state: state === 'broken' ? undefined : 'broken' }),
      ),
      ...[...byLayer(overview).keys()].map((name) =>
        chip(name, name === layer, link(['quality'], { state, layer: name === layer ? undefined : name })),
      ),
    ),
    rules.length === 0
      ? empty(
          'No rule was written yet: add ',
          h('code', {}, 'expect:'),
          ' (each row) or ',
          h('code', {}, 'check:'),
          ' (the table) to a model. ',
          h('code', {}, 'lakesmith profile'),
          ' suggests some.',
        )
      : shown.length === 0
        ? empty(state === 'broken' ? 'None of these is broken.' : 'There are none here.')
        : rulesGrid(overview, shown, false),
  ];
}
