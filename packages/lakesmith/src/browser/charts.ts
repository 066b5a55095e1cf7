import { s } from './element.ts';
import { number } from './words.ts';

/** Broken rows by run as bars: nothing is a line on the ground. */
export function sparkline(trend: readonly { readonly run: number; readonly broken: number }[]): SVGSVGElement {
  const [step, height] = [5, 18];
  const most = Math.max(1, ...trend.map(({ broken }) => broken));
  const last = trend.at(-1);
  const label = last === undefined ? '' : `${number(last.broken)} broken in run ${last.run}, of ${trend.length} runs`;
  return s(
    'svg',
    { class: 'spark', width: Math.max(1, trend.length) * step, height, role: 'img', 'aria-label': label },
    ...trend.map(({ run, broken }, i) => {
      const size = broken === 0 ? 2 : Math.max(4, Math.round((broken / most) * height));
      return s(
        'rect',
        { class: broken === 0 ? 'none' : 'some', x: i * step, y: height - size, width: step - 1, height: size },
        s('title', {}, `run ${run}: ${number(broken)} broken`),
      );
    }),
  );
}

/** Rows by release as a line over the ground. */
export function rowsChart(history: readonly { readonly release: number; readonly rows: number }[]): SVGSVGElement {
  const [width, height, edge] = [640, 120, 8];
  const oldest = [...history].reverse();
  const most = Math.max(1, ...oldest.map(({ rows }) => rows));
  const x = (i: number): number => edge + (i * (width - 2 * edge)) / Math.max(1, oldest.length - 1);
  const y = (rows: number): number => height - edge - (rows / most) * (height - 3 * edge);
  const points = oldest.map(({ rows }, i) => `${x(i).toFixed(1)},${y(rows).toFixed(1)}`);
  const ground = height - edge;
  return s(
    'svg',
    { class: 'rows', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'Rows by release' },
    s('polygon', { class: 'area', points: `${x(0)},${ground} ${points.join(' ')} ${x(oldest.length - 1)},${ground}` }),
    s('polyline', { class: 'line', points: points.join(' ') }),
    ...oldest.map(({ release, rows }, i) =>
      s(
        'circle',
        { class: 'dot', cx: x(i).toFixed(1), cy: y(rows).toFixed(1), r: 4 },
        s('title', {}, `release ${release}: ${number(rows)} rows`),
      ),
    ),
  );
}
