import type { OverviewData, RunLine, TableLine } from '../site/catalogue.ts';
import type { Child } from './element.ts';
import { h } from './element.ts';
import { empty, grid, layerMark, section, stateMark, tableName, tableNames } from './parts.ts';
import { link } from './route.ts';
import { sizeText } from './shell.ts';
import { ago, byLayer, bytes, count, moment, number } from './words.ts';

/** What there is, how it stands, and what happened last. */
export function overviewPage(overview: OverviewData): Child {
  const { release, project, readers } = overview;
  return [
    h('h1', { tabindex: -1 }, project),
    h('p', { class: 'lead' }, ...leadText(overview)),
    release === undefined
      ? empty(
          'Nothing was released yet, so there are no rows to tell of: ',
          h('code', {}, 'lakesmith run'),
          ' makes the first release.',
        )
      : undefined,
    flow(overview),
    section('What needs attention', 'attention', attention(overview)),
    section('Runs', 'runs', runs(overview.runs)),
    section('Releases', 'releases', releases(overview)),
    section(
      'Who reads the tables',
      'readers',
      readers.length === 0
        ? empty(
            'No dashboard, alert or publication reads a table yet: they are written in dashboards/, alerts/ and publish/.',
          )
        : grid(
            [{ text: 'what' }, { text: 'name' }, { text: 'reads' }, { text: 'file', isExtra: true }],
            readers.map(({ kind, title, tables, file }) => [
              kind,
              title,
              h('ul', { class: 'names' }, tableNames(overview, tables)),
              h('code', {}, file),
            ]),
          ),
    ),
  ];
}

function leadText(overview: OverviewData): readonly Child[] {
  const { release } = overview;
  if (release === undefined) return [sizeText(overview)];
  const age = ago(release.at, Date.now());
  return [
    `${sizeText(overview)} · release ${release.release} of `,
    h('time', { datetime: release.at }, moment(release.at)),
    age === '' ? '' : `, ${age}`,
  ];
}

/** The way of the data: a card a layer. */
function flow(overview: OverviewData): HTMLElement {
  const cards = [...byLayer(overview)].map(([layer, indexes]) => {
    const tables = indexes.flatMap((i) => overview.tables[i] ?? []);
    const sum = (of: (table: TableLine) => number | undefined): number =>
      tables.reduce((all, table) => all + (of(table) ?? 0), 0);
    const bad = indexes.filter((i) => isWrong(overview, i)).length;
    return h(
      'li',
      { 'data-layer': layer },
      h(
        'a',
        { href: link(['tables'], { layer }) },
        layerMark(layer),
        h('strong', {}, number(tables.length)),
        h('span', {}, tables.length === 1 ? 'table' : 'tables'),
        h(
          'small',
          {},
          `${count(
            sum(({ rows }) => rows),
            'row',
          )} · ${bytes(sum((one) => one.bytes))}`,
        ),
        bad === 0
          ? h('small', { class: 'fine' }, 'nothing broken')
          : h('small', { class: 'wrong' }, `${count(bad, 'table')} to look at`),
      ),
    );
  });
  return h('ol', { class: 'flow', 'aria-label': 'Layers' }, ...cards);
}

function isWrong({ tables, broken }: OverviewData, index: number): boolean {
  const state = tables[index]?.state;
  return state === 'failed' || state === 'blocked' || state === 'held' || broken.some(({ table }) => table === index);
}

function attention(overview: OverviewData): Child {
  const { tables, broken, runs, rules } = overview;
  const lines: Child[] = [];
  const add = (mark: HTMLElement, what: Child, why: Child): void => {
    lines.push(h('li', {}, mark, h('span', {}, what, ' ', why)));
  };
  for (const table of tables) {
    if (table.state !== 'failed' && table.state !== 'blocked' && table.state !== 'held') continue;
    const failure = runs.flatMap(({ failed }) => failed).find((one) => one.table === table.name);
    const why = table.state === 'failed' && failure !== undefined ? `${failure.title} (${failure.code})` : '';
    add(stateMark(table.state === 'held' ? 'warn' : 'bad', table.state), tableName(table), why);
  }
  for (const { table, name, severity, message } of broken) {
    const of = tables[table];
    if (of === undefined) continue;
    const mark = stateMark(severity.startsWith('fail') ? 'bad' : 'warn', severity.split(' ', 1)[0] ?? severity);
    add(mark, tableName(of, 'quality'), [h('b', {}, name), `: ${message}`]);
  }
  if (lines.length === 0)
    return rules === 0
      ? empty(
          'No rule was written yet, so nothing can be broken: add ',
          h('code', {}, 'expect:'),
          ' or ',
          h('code', {}, 'check:'),
          ' to a model.',
        )
      : h('p', { class: 'calm' }, stateMark('good', 'ok'), ` All ${count(rules, 'rule')} hold.`);
  const quarantined = tables.reduce((sum, table) => sum + table.quarantined, 0);
  const most = 12;
  const rest = lines.slice(most);
  return [
    h('ul', { class: 'attention' }, ...lines.slice(0, most)),
    rest.length === 0
      ? undefined
      : h('details', {}, h('summary', {}, `${number(rest.length)} more`), h('ul', { class: 'attention' }, ...rest)),
    quarantined === 0
      ? undefined
      : h(
          'p',
          { class: 'note' },
          `${count(quarantined, 'row')} in quarantine: `,
          h('code', {}, 'lakesmith quarantine'),
          ' shows them.',
        ),
  ];
}

function runs(lines: readonly RunLine[]): Child {
  const [last] = lines;
  if (last === undefined) return empty('Nothing has run here yet.');
  const failed = last.failed.length === 0 ? '' : `, ${count(last.failed.length, 'table')} failed`;
  return h(
    'div',
    { class: 'runs' },
    h(
      'ol',
      { class: 'dots', 'aria-label': 'Last runs, oldest first' },
      ...[...lines].reverse().map(({ run, state, failed: broken }) => {
        const text = `run ${run}: ${state}${broken.length === 0 ? '' : `, ${count(broken.length, 'table')} failed`}`;
        const tone = state === 'done' && broken.length === 0 ? 'good' : state === 'running' ? 'quiet' : 'bad';
        return h('li', { class: tone, title: text }, h('span', { class: 'hidden' }, text));
      }),
    ),
    h('p', {}, `Run ${last.run} of ${moment(last.at)}: ${last.state}, ${count(last.tables, 'table')}${failed}.`),
  );
}

function releases({ releases: all }: OverviewData): Child {
  if (all.length === 0) return empty('No release yet: ', h('code', {}, 'lakesmith run'), ' makes the first.');
  const most = 8;
  return [
    grid(
      [
        { text: 'release' },
        { text: 'at' },
        { text: 'run' },
        { text: 'came from' },
        { text: 'tables changed', isNumber: true },
      ],
      all
        .slice(0, most)
        .map(({ release, at, run, cause, changed }) => [release, moment(at), run, cause, number(changed)]),
    ),
    all.length > most ? h('p', { class: 'note' }, `The last ${all.length} are in each table’s history.`) : undefined,
  ];
}
