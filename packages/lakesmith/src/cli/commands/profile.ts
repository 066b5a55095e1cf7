import { LakeError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import { count } from '../../core/quantity.ts';
import { bindReleased } from '../../lake/bind-view.ts';
import { findIn, namesIn } from '../../lake/release.ts';
import type { Release } from '../../lake/release.ts';
import { reachOfReleased } from '../../plan/reach.ts';
import { mask } from '../../project/column-tags.ts';
import type { ColumnProfile, TableProfile } from '../../serve/profile.ts';
import { profileTable } from '../../serve/profile.ts';
import type { SuggestedRule } from '../../serve/suggest-rules.ts';
import { suggestRules } from '../../serve/suggest-rules.ts';
import { countRows } from '../../run/read-rows.ts';
import { interruptSignal } from '../interrupt.ts';
import { maskedColumns, maskedText } from '../masked-columns.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { grouped, pad, renderTable, widest } from '../render.ts';
import { renderType } from '../../core/render-type.ts';
import { requireRelease } from '../../serve/required-release.ts';
import { wholeNumber } from '../whole-number.ts';

export interface ProfileOptions extends CommonOptions {
  readonly release?: string;
  /** Show the values of columns that are tagged as personal. */
  readonly reveal?: boolean;
}

/** Shows what is in a released table, or in one of its columns. */
export async function profile(name: string, options: ProfileOptions): Promise<number> {
  const act = async (bench: Workbench): Promise<number> => {
    const release = await releaseOf(bench, options.release);
    const { table, column } = subjectOf(name, release);
    const released = findIn(release, table);
    const relations = await bindReleased(bench.lake, release, table);
    const relation = relations?.at(-1);
    if (released === undefined || relations === undefined || relation === undefined)
      throw new LakeError('LS3003', `Release ${release.release} has no table ${table}.`);
    const wanted = relation.columns.filter((one) => column === undefined || one.name === column);
    const interrupt = interruptSignal();
    try {
      const { engine } = bench;
      const { timezone } = bench.project;
      const rows = 'rows' in released ? released.rows : await countRows(engine, relations, { timezone });
      const work = { engine, table, columns: wanted, relations, timezone, rows };
      const found = await profileTable({ ...work, signal: interrupt.signal });
      const rules = suggestRules(found, released.key);
      const masked = (await maskedColumns(bench, options))(table);
      const hidden = new Set(wanted.map((one) => one.name).filter((one) => masked.has(one)));
      const shown = {
        profile: { ...found, columns: found.columns.map((one) => (hidden.has(one.name) ? withoutValues(one) : one)) },
        rules: rules.filter((rule) => !hidden.has(rule.column) || !rule.name.startsWith('known_')),
        hidden,
      };
      if (options.json === true) tellJson(table, release.release, shown);
      else tell(release.release, { ...shown, inDetail: column !== undefined });
    } finally {
      interrupt.stop();
    }
    return 0;
  };
  return await withWorkbench(options, act, { about: reachOfReleased([name]) });
}

interface Shown {
  readonly profile: TableProfile;
  readonly rules: readonly SuggestedRule[];
  readonly hidden: ReadonlySet<string>;
}

async function releaseOf(bench: Workbench, wanted: string | undefined): Promise<Release> {
  return await requireRelease(bench, wanted === undefined ? undefined : wholeNumber('--release', wanted));
}

/** silver.orders, or a column of it. */
function subjectOf(name: string, of: Release): { table: string; column: string | undefined } {
  const { release } = of;
  const names = namesIn(of);
  const table = names.find((one) => name === one || name.startsWith(`${one}.`));
  if (table === undefined) {
    const near = nearestName(name, names);
    const hint = near === undefined ? '`lakesmith tables` lists those that it has' : `Did you mean ${near}?`;
    throw new LakeError('LS3003', `Release ${release} has no table ${name}`, { hint });
  }
  if (name === table) return { table, column: undefined };
  const column = name.slice(table.length + 1);
  const columns = findIn(of, table)?.columns.map((one) => one.name) ?? [];
  if (columns.includes(column)) return { table, column };
  const near = nearestName(column, columns);
  const hint = near === undefined ? `it has ${columns.join(', ')}` : `Did you mean ${near}?`;
  throw new LakeError('LS3003', `${table} has no column ${column}`, { hint });
}

/** The same without any value. */
function withoutValues(column: ColumnProfile): ColumnProfile {
  const hide = (text: string | null): string | null => (text === null ? null : mask);
  return {
    ...column,
    min: hide(column.min),
    max: hide(column.max),
    mean: hide(column.mean),
    quantiles: Object.fromEntries(Object.entries(column.quantiles).map(([at, text]) => [at, hide(text)])),
    top: column.top.map(({ rows }) => ({ value: mask, rows })),
    histogram: [],
  };
}

function tellJson(table: string, release: number, { profile: { columns, ...facts }, rules, hidden }: Shown): void {
  printJson({
    table,
    release,
    ...facts,
    columns: columns.map((column) => ({ ...column, type: renderType(column.type), masked: hidden.has(column.name) })),
    rules: rules.map(({ verb, name, text }) => ({ verb, name, text })),
  });
}

function tell(
  release: number,
  { profile: found, rules, hidden, inDetail }: Shown & { readonly inDetail: boolean },
): void {
  const about = found.isExact ? '' : '≈';
  const cells = found.columns.map((column) => [
    column.name,
    renderType(column.type),
    share(column.nulls, found.rows),
    column.distinct === undefined ? '' : `${about}${grouped(String(column.distinct))}`,
    column.min ?? '',
    column.quantiles[50] ?? '',
    column.max ?? '',
    inDetail ? '' : column.top.slice(0, 2).map(topText).join(', '),
  ]);
  print(renderTable(['column', 'type', 'null', 'distinct', 'min', 'median', 'max', inDetail ? '' : 'often'], cells));
  const [only] = found.columns;
  for (const { name, nan } of found.columns)
    if (nan > 0) print(` ${name} is NaN in ${grouped(count(nan, 'row'))}, and NaN is greater than all numbers`);
  if (inDetail && only !== undefined) tellColumn(only, found.rows);
  for (const verb of ['expect', 'check'] as const) {
    const lines = rules.filter((rule) => rule.verb === verb);
    if (lines.length === 0) continue;
    print(`all rows meet these; in a model, under ${verb}:`);
    for (const { name, text } of lines) print(`  ${name}: ${text}`);
  }
  if (hidden.size > 0) print(maskedText);
  print([count(found.rows, 'row'), `release ${release}`].map((text) => grouped(text)).join(' · '));
}

function tellColumn({ top, histogram, quantiles, mean, lengths }: ColumnProfile, rows: number): void {
  const facts = [
    ...Object.entries(quantiles).flatMap(([at, text]) => (text === null ? [] : [`${at} % ≤ ${text}`])),
    ...(mean === null ? [] : [`mean ${mean}`]),
    ...(lengths === undefined ? [] : [`${lengths.min} to ${lengths.max} characters`]),
  ];
  if (facts.length > 0) print(` ${facts.join(' · ')}`);
  bars(
    top.map((one) => ({ label: one.value, rows: one.rows })),
    rows,
  );
  bars(
    histogram.map(({ from, to, rows: n }) => ({ label: `${from} … ${to}`, rows: n })),
    rows,
  );
}

const barWidth = 30;

function bars(lines: readonly { readonly label: string; readonly rows: number }[], rows: number): void {
  const most = Math.max(...lines.map((line) => line.rows), 1);
  const size = widest(lines.map(({ label }) => label));
  for (const line of lines) {
    const bar = '█'.repeat(Math.max(1, Math.round((line.rows / most) * barWidth)));
    print(` ${pad(line.label, size)}  ${bar} ${line.rows} (${share(line.rows, rows)})`);
  }
}

function topText({ value, rows }: { readonly value: string; readonly rows: number }): string {
  const short = value.length > 24 ? `${value.slice(0, 23)}…` : value;
  return `${short} (${rows})`;
}

/** '12 %': never 0 of some, never 100 of not all. */
function share(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %';
  if (part === whole) return '100 %';
  const percent = (part / whole) * 100;
  if (percent < 0.1) return '< 0.1 %';
  return percent > 99.9 ? '> 99.9 %' : `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}
