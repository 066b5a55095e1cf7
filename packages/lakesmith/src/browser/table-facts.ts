import type { OverviewData, TableData, TableLine } from '../site/catalogue.ts';
import { rowsChart } from './charts.ts';
import { codeBlock } from './code.ts';
import type { Child } from './element.ts';
import { h } from './element.ts';
import { empty, grid, stateMark } from './parts.ts';
import { bytes, count, moment, number } from './words.ts';

/** Its rows, release by release. */
export function history({ history: versions }: TableData): readonly Child[] {
  if (versions.length === 0)
    return [empty('No release has this table yet: ', h('code', {}, 'lakesmith run'), ' makes it.')];
  return [
    versions.length < 2 ? undefined : h('figure', {}, rowsChart(versions), h('figcaption', {}, 'rows by release')),
    grid(
      [
        { text: 'release' },
        { text: 'at' },
        { text: 'rows', isNumber: true },
        { text: 'change', isNumber: true },
        { text: 'size', isNumber: true },
        { text: 'run', isNumber: true, isExtra: true },
        { text: 'version', isNumber: true, isExtra: true },
      ],
      versions.map(({ release, at, rows, bytes: size, run, version }, i) => [
        release,
        moment(at),
        number(rows),
        changeText(rows, versions[i + 1]?.rows),
        bytes(size),
        run,
        version,
      ]),
    ),
  ];
}

function changeText(rows: number, before: number | undefined): string {
  if (before === undefined) return '';
  const change = rows - before;
  return change === 0 ? '±0' : `${change > 0 ? '+' : '−'}${number(Math.abs(change))}`;
}

/** The files that define it, as they are written. */
export function definition(overview: OverviewData, { files }: TableData): readonly Child[] {
  if (files.length === 0)
    return [empty('The table is made from a file without settings, or from none that the project still has.')];
  return files.map(({ file, language, text }) =>
    h('figure', { class: 'file' }, h('figcaption', {}, h('code', {}, file)), codeBlock(overview, text, language)),
  );
}

/** How it lies in the lake, and what can open it. */
export function storage(table: TableLine, { storage: facts }: TableData): Child {
  if (facts === undefined) return empty('It is not in the lake yet.');
  const mark = { yes: ['good', 'reads it'], unsure: ['quiet', 'not known'], no: ['bad', 'cannot'] } as const;
  return h(
    'dl',
    { class: 'pairs' },
    h('dt', {}, 'Delta table'),
    h('dd', {}, h('code', {}, facts.path), ` at version ${facts.version}`),
    h('dt', {}, 'size'),
    h('dd', {}, `${count(facts.files, 'file')}, ${bytes(table.bytes ?? 0)}`),
    h('dt', {}, 'protocol'),
    h('dd', {}, `Delta reader ${facts.readerVersion}, writer ${facts.writerVersion}`),
    h('dt', {}, 'features'),
    h('dd', {}, facts.features.length === 0 ? 'none beyond the protocol' : facts.features.join(', ')),
    h('dt', {}, 'programs'),
    h(
      'dd',
      {},
      h(
        'ul',
        { class: 'names' },
        ...facts.readers.map(({ program, reads }) => h('li', {}, stateMark(mark[reads][0], program, mark[reads][1]))),
      ),
    ),
  );
}
