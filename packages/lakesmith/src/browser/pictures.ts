import type { ColumnsData, OverviewData } from '../site/catalogue.ts';
import { columnPath, keyOf } from './column-path.ts';
import { h } from './element.ts';
import type { Arrow, Box } from './picture.ts';
import { picture } from './picture.ts';
import type { Route } from './route.ts';
import { link, tableLink } from './route.ts';
import { around, reach, tableGraph } from './table-graph.ts';
import { byLayer, count, layers, shortName } from './words.ts';

/** So many tables are drawn at once without being asked for. */
export const mostTables: number = 80;

/** To the same picture with a layer opened, or closed again. */
export function openLink(open: ReadonlySet<string>, layer: string): string {
  const next = new Set([...open].filter(Boolean));
  if (!next.delete(layer)) next.add(layer);
  return link(['lineage'], { open: [...next].join(',') });
}

/** Tables and what is made from what; of too many tables, layers that are not opened are one box each. */
export function tablesPicture(overview: OverviewData, chosen: number, { options }: Route): HTMLElement {
  const { tables } = overview;
  const isBig = tables.length > mostTables;
  if (chosen < 0 && isBig) return layersPicture(overview, new Set((options['open'] ?? '').split(',')));
  const graph = tableGraph(tables);
  const hops = options['hops'] ?? (isBig ? '1' : '');
  const steps = hops === 'way' ? Infinity : Number(hops);
  const isAll = chosen < 0 || !(steps > 0);
  const shown = isAll ? tables.map((_, i) => i) : [...around(graph, chosen, steps)].sort((a, b) => a - b);
  const ways = chosen < 0 ? undefined : [reach(graph.up, chosen, Infinity), reach(graph.down, chosen, Infinity)];
  return drawTables(overview, shown, {
    chosen,
    hrefOf: (name) => link(['lineage', name], { hops: options['hops'] }),
    isOn: (table) => ways?.some((way) => way.has(table)) ?? true,
    isEdgeOn: (from, to) => ways?.some((way) => way.has(from) && way.has(to)) ?? true,
  });
}

/** What is around one table, for its own page. */
export function tablePicture(overview: OverviewData, table: number): HTMLElement {
  const shown = [...around(tableGraph(overview.tables), table, 1)].sort((a, b) => a - b);
  const name = overview.tables[table]?.name ?? '';
  return h(
    'div',
    {},
    drawTables(overview, shown, {
      chosen: table,
      hrefOf: (other) => tableLink(other),
      isOn: () => true,
      isEdgeOn: () => true,
    }),
    h('p', {}, h('a', { href: link(['lineage', name]) }, 'See it among the others')),
  );
}

function drawTables(
  overview: OverviewData,
  shown: readonly number[],
  how: {
    readonly chosen: number;
    readonly hrefOf: (name: string) => string;
    readonly isOn: (table: number) => boolean;
    readonly isEdgeOn: (from: number, to: number) => boolean;
  },
): HTMLElement {
  const places = new Map(shown.map((table, i) => [table, i]));
  const boxes = shown.flatMap((table): Box[] => {
    const box = tableBox(overview, table, how.hrefOf);
    return box === undefined ? [] : [{ ...box, isChosen: table === how.chosen, isOff: !how.isOn(table) }];
  });
  const arrows = shown.flatMap((table, to) =>
    (overview.tables[table]?.inputs ?? []).flatMap((input): Arrow[] => {
      const from = places.get(input);
      return from === undefined ? [] : [{ from, to, isOff: !how.isEdgeOn(input, table) }];
    }),
  );
  return picture(boxes, arrows, `${count(shown.length, 'table')}, from left to right`);
}

function tableBox(overview: OverviewData, index: number, hrefOf: (name: string) => string): Box | undefined {
  const table = overview.tables[index];
  if (table === undefined) return undefined;
  const { name, layer, rows, columns, state } = table;
  const isBroken = overview.broken.some((one) => one.table === index);
  return {
    href: hrefOf(name),
    layer,
    floor: floorOf(layer),
    title: shortName(name),
    about: rows === undefined ? count(columns, 'column') : count(rows, 'row'),
    tone: state === 'failed' || state === 'blocked' ? 'bad' : isBroken ? 'warn' : undefined,
  };
}

/** Reference data stands with bronze: both come first. */
function floorOf(layer: string): number {
  return Math.max(1, layers.indexOf(layer));
}

function layersPicture(overview: OverviewData, open: ReadonlySet<string>): HTMLElement {
  const { tables } = overview;
  const boxes: Box[] = [];
  const places = new Map<number, number>();
  for (const [layer, indexes] of byLayer(overview)) {
    if (open.has(layer)) {
      for (const table of indexes) {
        const box = tableBox(overview, table, (name) => link(['lineage', name]));
        if (box !== undefined) places.set(table, boxes.push(box) - 1);
      }
      continue;
    }
    const box = {
      href: openLink(open, layer),
      layer,
      floor: floorOf(layer),
      title: layer,
      about: count(indexes.length, 'table'),
    };
    const place = boxes.push(box) - 1;
    for (const table of indexes) places.set(table, place);
  }
  const arrows = new Map<string, Arrow>();
  tables.forEach(({ inputs }, table) => {
    for (const input of inputs) {
      const [from, to] = [places.get(input), places.get(table)];
      if (from !== undefined && to !== undefined && from !== to) arrows.set(`${from} ${to}`, { from, to });
    }
  });
  return picture(boxes, [...arrows.values()], 'Layers, from left to right');
}

/** The way of a column: the columns on it, in their tables. */
export function columnPicture(
  overview: OverviewData,
  columns: ColumnsData,
  table: number,
  column: number,
): HTMLElement {
  const edges = columnPath(columns, [table, column]);
  const lines = new Map<number, number[]>([[table, [column]]]);
  for (const [t, c] of edges.flatMap(({ from, to }) => [from, to])) {
    const found = lines.get(t) ?? [];
    if (!found.includes(c)) found.push(c);
    lines.set(t, found);
  }
  const shown = [...lines.keys()].sort((a, b) => a - b);
  for (const found of lines.values()) found.sort((a, b) => a - b);
  const boxes = shown.flatMap((t): Box[] => {
    const box = tableBox(overview, t, (name) => tableLink(name));
    const name = overview.tables[t]?.name ?? '';
    if (box === undefined) return [];
    const own = (lines.get(t) ?? []).map((c) => {
      const text = columns.tables[t]?.columns[c]?.name ?? '';
      return { text, href: link(['lineage', name, text]), isChosen: keyOf([t, c]) === keyOf([table, column]) };
    });
    return [{ ...box, lines: own }];
  });
  const arrows = edges.map(({ from, to, same }): Arrow => ({
    from: shown.indexOf(from[0]),
    to: shown.indexOf(to[0]),
    fromLine: lines.get(from[0])?.indexOf(from[1]) ?? 0,
    toLine: lines.get(to[0])?.indexOf(to[1]) ?? 0,
    isComputed: !same,
  }));
  return picture(boxes, arrows, 'Columns, from left to right');
}
