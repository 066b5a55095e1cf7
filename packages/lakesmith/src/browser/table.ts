import type { ColumnsData, OverviewData, TableData, TableLine } from '../site/catalogue.ts';
import { columnsGrid } from './columns.ts';
import { columnsData, qualityData, tableData } from './data.ts';
import type { Child } from './element.ts';
import { h } from './element.ts';
import { tablePicture } from './pictures.ts';
import { empty, layerMark, section, stateMark, tableNames, tableState, tagMark } from './parts.ts';
import type { Route } from './route.ts';
import { link, tableLink } from './route.ts';
import { rulesGrid } from './rules.ts';
import { definition, history, storage } from './table-facts.ts';
import { tableGraph } from './table-graph.ts';
import { count, shortName } from './words.ts';

/** Everything about a table; `part` is where to look, a second name is a column. */
export async function tablePage(overview: OverviewData, { path: [name = '', column] }: Route): Promise<Child> {
  const index = overview.tables.findIndex((table) => table.name === name);
  const table = overview.tables[index];
  if (table === undefined)
    return [
      h('h1', { tabindex: -1 }, name),
      empty('No table is called that here. ', h('a', { href: link(['tables']) }, 'All tables')),
    ];
  const [data, columns, quality] = await Promise.all([tableData(table.file), columnsData(), qualityData()]);
  const rules = quality.rules.filter((rule) => rule.table === index);
  return [
    heading(overview, index, data, keysOf(columns, index)),
    parts(name),
    section('Columns', 'columns', columnsGrid(overview, columns, index, column)),
    section('Lineage', 'lineage', ...lineage(overview, index)),
    section(
      'Quality',
      'quality',
      rules.length === 0
        ? empty(
            table.kind === 'source'
              ? 'A bronze table keeps what came: rules belong to the silver models that read it.'
              : 'No rule judges this table yet: add expect: or check: to its settings.',
          )
        : rulesGrid(overview, rules, true),
      table.quarantined === 0
        ? undefined
        : h(
            'p',
            { class: 'note' },
            `${count(table.quarantined, 'row')} in quarantine. `,
            h('code', {}, `lakesmith quarantine list ${name}`),
            ' shows them.',
          ),
    ),
    section('History', 'history', ...history(data)),
    section('Definition', 'definition', ...definition(overview, data)),
    section('Storage', 'storage', storage(table, data)),
  ];
}

function keysOf({ tables }: ColumnsData, index: number): readonly string[] {
  return (tables[index]?.columns ?? []).flatMap(({ name, isKey }) => (isKey === true ? [name] : []));
}

function heading(overview: OverviewData, index: number, data: TableData, keys: readonly string[]): Child {
  const table = overview.tables[index];
  if (table === undefined) return undefined;
  const { name, layer, kind, tags, owner } = table;
  const facts: Child[] = [
    tableState(overview, index),
    table.rows === undefined ? undefined : h('span', {}, count(table.rows, 'row')),
    h('span', {}, kindText(kind, data)),
    keys.length === 0 ? undefined : h('span', {}, 'key ', h('code', {}, keys.join(', '))),
    owner === undefined ? undefined : h('span', {}, 'owner ', h('b', {}, owner)),
  ];
  return [
    h('p', { class: 'crumbs' }, h('a', { href: link(['tables'], { layer }) }, layerMark(layer))),
    h('h1', { tabindex: -1 }, shortName(name)),
    h('p', { class: 'facts' }, ...facts, ...tags.map((tag) => tagMark(tag))),
    data.description === ''
      ? empty(
          'Nobody has described this table yet: the first comment of its SQL, or description: in its settings, stands here.',
        )
      : h('p', { class: 'about' }, data.description),
    lastStep(data),
  ];
}

function kindText(kind: TableLine['kind'], { origin, shape }: TableData): string {
  if (kind === 'source') return origin ?? 'source';
  if (kind === 'gone') return 'no longer in the project';
  if (kind === 'reference') return 'reference data, kept with the project';
  return shape ?? (kind === 'history' ? 'history' : 'model');
}

function lastStep({ lastStep: step }: TableData): Child {
  if (step === undefined || step.status === 'done') return undefined;
  const why = step.error ?? (step.blockedBy === undefined ? step.reason : `waits for ${step.blockedBy}`);
  return h('p', { class: 'alert', role: 'status' }, stateMark('bad', step.status), ` in run ${step.run}: ${why}`);
}

function parts(name: string): HTMLElement {
  const titles = ['columns', 'lineage', 'quality', 'history', 'definition', 'storage'];
  return h(
    'nav',
    { class: 'jump', 'aria-label': 'On this page' },
    ...titles.map((part) => h('a', { href: tableLink(name, part) }, part)),
  );
}

function lineage(overview: OverviewData, index: number): readonly Child[] {
  const { up, down } = tableGraph(overview.tables);
  const readers = overview.readers.filter(({ tables }) => tables.includes(index));
  const list = (title: string, indexes: readonly number[], none: string): Child => [
    h('dt', {}, title),
    h('dd', {}, indexes.length === 0 ? none : h('ul', { class: 'names' }, tableNames(overview, indexes))),
  ];
  return [
    tablePicture(overview, index),
    h(
      'dl',
      { class: 'pairs' },
      list('made from', up[index] ?? [], 'no other table'),
      list('read by', down[index] ?? [], 'no other table'),
      h('dt', {}, 'shown in'),
      h(
        'dd',
        {},
        readers.length === 0
          ? 'no dashboard, alert or publication'
          : h(
              'ul',
              { class: 'names' },
              ...readers.map(({ kind, title }) => h('li', {}, `${kind} `, h('b', {}, title))),
            ),
      ),
    ),
  ];
}
