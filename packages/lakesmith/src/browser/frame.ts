import { h } from './element.ts';
import type { Point } from './layout.ts';

/** Between the frame and what stands in it; the style says the same. */
const padding = 12;

/** In a frame that it can be moved and made larger in. */
export function framed(svg: SVGSVGElement, width: number, height: number): HTMLElement {
  svg.addEventListener('keydown', walk);
  const frame = h('div', { class: 'frame' }, svg);
  let scale = 1;
  const zoom = (to: number): void => {
    scale = Math.min(2, Math.max(0.2, to));
    svg.setAttribute('width', String(Math.round(width * scale)));
    svg.setAttribute('height', String(Math.round(height * scale)));
  };
  const room = (): number => (frame.clientWidth - 2 * padding) / width;
  const button = (text: string, title: string, act: () => void): HTMLElement =>
    h('button', { title, 'aria-label': title, click: act }, text);
  // The frame has no size before it stands in the page.
  requestAnimationFrame(() => {
    zoom(Math.min(1, Math.max(0.6, room())));
    const chosen = svg.querySelector('.chosen')?.getBoundingClientRect();
    if (chosen === undefined) return;
    const { left, top } = frame.getBoundingClientRect();
    frame.scrollTo(chosen.left - left - frame.clientWidth / 2 + 60, chosen.top - top - frame.clientHeight / 2);
  });
  return h(
    'div',
    { class: 'canvas' },
    frame,
    h(
      'div',
      { class: 'zoom' },
      button('+', 'Larger', () => {
        zoom(scale * 1.25);
      }),
      button('−', 'Smaller', () => {
        zoom(scale / 1.25);
      }),
      button('fit', 'All of it', () => {
        zoom(Math.min(1, room()));
      }),
    ),
  );
}

const ways: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Goes to the nearest link in the direction of the key. */
function walk(this: SVGSVGElement, event: KeyboardEvent): void {
  const way = ways[event.key];
  const here = document.activeElement;
  if (way === undefined || here === null || !this.contains(here)) return;
  event.preventDefault();
  const middle = (element: Element): Point => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  const [x, y] = middle(here);
  let best: { readonly element: SVGElement | HTMLElement; readonly far: number } | undefined;
  for (const element of this.querySelectorAll('a')) {
    const [dx, dy] = [middle(element)[0] - x, middle(element)[1] - y];
    const along = dx * way[0] + dy * way[1];
    const far = along + 2 * Math.abs(way[0] === 0 ? dx : dy);
    if (along > 4 && far < (best?.far ?? Infinity)) best = { element, far };
  }
  best?.element.focus();
}
