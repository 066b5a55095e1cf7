import { s } from './element.ts';
import { framed } from './frame.ts';
import type { LayoutEdge, Point } from './layout.ts';
import { layOut } from './layout.ts';

/** A box of a picture. */
export interface Box {
  readonly href: string;
  readonly layer: string;
  readonly floor: number;
  readonly title: string;
  /** What stands below it in small letters. */
  readonly about: string;
  readonly tone?: 'warn' | 'bad' | undefined;
  readonly isChosen?: boolean;
  /** Not on the way of what is chosen. */
  readonly isOff?: boolean;
  /** Lines inside of the box that edges can go to. */
  readonly lines?: readonly { readonly text: string; readonly href: string; readonly isChosen: boolean }[];
}

export interface Arrow {
  readonly from: number;
  readonly to: number;
  /** The lines of the boxes that it joins. */
  readonly fromLine?: number;
  readonly toLine?: number;
  readonly isComputed?: boolean;
  readonly isOff?: boolean;
}

const [headHeight, lineHeight, letter, narrowest, widest] = [44, 22, 7.3, 130, 250];

/** Boxes and what goes from one to the other, from left to right. Boxes are links; arrow keys go from one to the next. */
export function picture(boxes: readonly Box[], arrows: readonly Arrow[], label: string): HTMLElement {
  const sizes = boxes.map(({ title, about, lines = [], floor }) => ({
    width: Math.round(
      Math.min(
        widest,
        Math.max(
          narrowest,
          ...[title, about, ...lines.map(({ text }) => text)].map((text) => text.length * letter + 30),
        ),
      ),
    ),
    height: headHeight + lines.length * lineHeight + (lines.length > 0 ? 6 : 0),
    floor,
  }));
  const pairs = [...new Map(arrows.map(({ from, to }) => [`${from} ${to}`, [from, to] as LayoutEdge])).values()];
  const layout = layOut(sizes, pairs);
  const ways = new Map(pairs.map(([from, to], i) => [`${from} ${to}`, layout.edges[i] ?? []]));
  const lineY = (box: number, line: number | undefined): number => {
    const top = layout.nodes[box]?.[1] ?? 0;
    const height = sizes[box]?.height ?? 0;
    return line === undefined ? top + height / 2 : top + headHeight + (line + 0.5) * lineHeight;
  };
  const paths = arrows.map((arrow) => {
    const way = ways.get(`${arrow.from} ${arrow.to}`) ?? [];
    const points = way.map(([x, y], i): Point => {
      if (i === 0) return [x, lineY(arrow.from, arrow.fromLine)];
      return [x, i === way.length - 1 ? lineY(arrow.to, arrow.toLine) : y];
    });
    const kinds = ['edge', arrow.isComputed === true ? 'computed' : '', arrow.isOff === true ? 'off' : ''];
    return s('path', { class: kinds.filter(Boolean).join(' '), d: curve(points) });
  });
  const order = boxes
    .map((_, i) => i)
    .sort(
      (a, b) => (layout.nodes[a]?.[0] ?? 0) - (layout.nodes[b]?.[0] ?? 0) || lineY(a, undefined) - lineY(b, undefined),
    );
  const drawn = order.flatMap((i) => {
    const [box, at, size] = [boxes[i], layout.nodes[i], sizes[i]];
    return box === undefined || at === undefined || size === undefined ? [] : [boxOf(box, at, size)];
  });
  const margin = 6;
  const [width, height] = [layout.width + 2 * margin, layout.height + 2 * margin];
  const svg = s(
    'svg',
    {
      class: 'graph',
      viewBox: `${-margin} ${-margin} ${width} ${height}`,
      width,
      height,
      role: 'group',
      'aria-label': label,
    },
    ...paths,
    ...drawn,
  );
  return framed(svg, width, height);
}

function boxOf(
  { href, layer, title, about, tone, isChosen, isOff, lines = [] }: Box,
  [x, y]: Point,
  { width, height }: { readonly width: number; readonly height: number },
): SVGGElement {
  const kinds = ['box', isChosen === true ? 'chosen' : '', isOff === true ? 'off' : ''].filter(Boolean).join(' ');
  return s(
    'g',
    { class: kinds, 'data-layer': layer, transform: `translate(${x} ${y})` },
    s('title', {}, about === '' ? title : `${title}: ${about}`),
    s(
      'a',
      { href },
      s('rect', { class: 'card', width, height, rx: 8 }),
      s('rect', { class: 'bar', width: 4, height: height - 16, x: 0, y: 8, rx: 2 }),
      s('text', { class: 'title', x: 14, y: 19 }, cut(title, width)),
      s('text', { class: 'about', x: 14, y: 35 }, cut(about, width)),
      tone === undefined ? undefined : s('circle', { class: tone, cx: width - 13, cy: 14, r: 4.5 }),
    ),
    ...lines.map((line, i) =>
      s(
        'a',
        { href: line.href, class: line.isChosen ? 'line chosen' : 'line' },
        s('rect', { x: 4, y: headHeight + i * lineHeight, width: width - 8, height: lineHeight, rx: 4 }),
        s('text', { x: 14, y: headHeight + i * lineHeight + 15 }, cut(line.text, width)),
      ),
    ),
  );
}

function cut(text: string, width: number): string {
  const most = Math.floor((width - 22) / letter);
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Through all points, level at each. */
function curve(points: readonly Point[]): string {
  return points
    .map(([x, y], i) => {
      const before = points[i - 1];
      if (before === undefined) return `M${x} ${y}`;
      const middle = (before[0] + x) / 2;
      return `C${middle} ${before[1]} ${middle} ${y} ${x} ${y}`;
    })
    .join('');
}
