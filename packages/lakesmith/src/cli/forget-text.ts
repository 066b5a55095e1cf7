import { count } from '../core/quantity.ts';
import type { Certificate } from '../lake/erasure.ts';
import { fateOf } from '../run/forget.ts';
import type { ForgetReport } from '../run/forget-report.ts';
import type { LandingRows } from '../run/forget-find.ts';
import { renderBytes, renderTable } from './render.ts';

/** What would go, table by table. */
export function reportLines({ scope, tables, elsewhere, namesakes, landing }: ForgetReport): readonly string[] {
  const rows = tables
    .filter(({ kind, rows: found }) => kind !== 'system' || (found ?? 0) > 0)
    .map(({ name, kind, rows: found }) => [name, found ?? '', fateOf(kind)]);
  const gone = scope.abandoned.map((path) => [path, '', 'removed whole']);
  return [
    renderTable(['table', 'rows', 'what becomes of it'], [...rows, ...gone]),
    ...releasesLine(scope.releases),
    ...landing.map(landingLine),
    ...elsewhere.map(({ table, rows: found }) => elsewhereLine(table, `the value in ${count(found, 'row')}`)),
    ...namesakes.map(
      ({ table, columns, rows: found }) =>
        `! ${table} has ${count(found, 'row')} with the same ${columns.join(', ')}: name it too if they are meant`,
    ),
  ];
}

function releasesLine(releases: readonly number[]): readonly string[] {
  if (releases.length === 0) return [];
  const numbers = releases.length > 8 ? `${releases[0] ?? ''} to ${releases.at(-1) ?? ''}` : releases.join(', ');
  return [`releases that nobody can read after it: ${numbers}`];
}

function landingLine({ source, rows, lines }: LandingRows): string {
  const where = lines.length === rows ? `:${lines.join(',')}` : '';
  return `! ${source}${where} has ${count(rows, 'such row')}: it is yours and stays as it is; no load takes them from there`;
}

function elsewhereLine(where: string, what: string): string {
  return `! ${where} has ${what}, and is not made of these rows: name its column too if it is meant`;
}

/** The certificate for a person. It names no value. */
export function certificateText(done: Certificate): string {
  const { erasure, at, reference, subjects, tables, releases, files, bytes, verified } = done;
  const left = verified.left.map(({ where, what }) => `  still found: ${what} in ${where}`);
  return `${[
    `Erasure ${erasure} by ${done.program}`,
    `  asked ${at}, done ${done.done}`,
    ...(reference === undefined ? [] : [`  reference: ${reference}`]),
    'Rows of',
    ...subjects.map(
      ({ table, columns, hash }) => `  ${table} by ${columns.join(', ')}, SHA-256 with the lake's salt ${hash}`,
    ),
    'Tables',
    ...tables.map(
      ({ table, fate, rows }) => `  ${table}: ${fate}${rows === null ? '' : `, ${count(rows, 'row')} found`}`,
    ),
    `Removed: ${count(files.length, 'file')}, ${bytes} bytes; ${count(releases.length, 'release')} (${releases.join(', ')}); since then release ${done.release} is read`,
    `Looked through after it: ${count(verified.files, 'file')}, ${count(verified.rows, 'row')}${verified.text ? '' : ', by the columns that carry the rows'}`,
    ...(left.length === 0 ? ['  nothing found'] : left),
  ].join('\n')}\n`;
}

/** The last lines on the terminal. */
export function doneLines(done: Certificate, path: string): readonly string[] {
  const { erasure, files, bytes, releases, release, verified } = done;
  const looked = `looked through ${count(verified.files, 'file')} and ${count(verified.rows, 'row')}`;
  const how = verified.text ? '' : ', by the columns that carry them';
  return [
    ...verified.left.map(({ where, what }) => elsewhereLine(where, what)),
    `erasure ${erasure} ─ ${count(files.length, 'file')} and ${count(releases.length, 'release')} removed · ${renderBytes(bytes)} · release ${release} is read now`,
    verified.left.length === 0
      ? `${looked}${how}: nothing of it is left`
      : `${looked}${how}: it stands in ${count(verified.left.length, 'place')} still`,
    `certificate: ${path} in the lake, and the same as .txt`,
  ];
}
