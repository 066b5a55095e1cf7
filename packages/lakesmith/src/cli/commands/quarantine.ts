import { LakeError } from '../../core/errors.ts';
import type { Release } from '../../lake/release.ts';
import { newestRelease } from '../../lake/release.ts';
import { commandIn, environmentOption } from '../../project/command-line.ts';
import { maskedRow } from '../../project/column-tags.ts';
import type { QuarantinedRow } from '../../run/quarantine-list.ts';
import { listQuarantine } from '../../run/quarantine-list.ts';
import type { RowOrigin } from '../../run/trace.ts';
import { lineIn, originOfBroken, originText, releasedWorld } from '../../run/trace.ts';
import type { ProjectTable } from '../../project/model.ts';
import { isStream, streamNames } from '../../project/stream.ts';
import { exactText } from '../exact-text.ts';
import { maskedColumns, maskedText } from '../masked-columns.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { renderTable } from '../render.ts';
import { requireTable } from '../require-table.ts';

export interface QuarantineOptions extends CommonOptions {
  readonly all?: boolean;
  readonly reveal?: boolean;
}

/** A row, where it came from, and which of its columns are hidden. */
export interface ListedRow {
  readonly row: QuarantinedRow;
  readonly origin: RowOrigin | undefined;
  readonly hidden: ReadonlySet<string>;
  /** The same of the input that it was made of. */
  readonly hiddenInput: ReadonlySet<string>;
}

/** Lists the rows that rules put aside. */
export async function quarantineList(table: string | undefined, options: QuarantineOptions): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const listed = await listedRows(bench, table, options);
    if (options.json === true) printJson(listed.map(listedJson));
    else if (listed.length === 0) print('no rows are in quarantine');
    else {
      tellAll(listed, options.all === true);
      const streams = streamNames(bench.project);
      const [first] = listed.filter(({ row }) => row.status === 'open' && !streams.has(row.table));
      if (first !== undefined)
        print(
          `fix the file or the rule, then: lakesmith replay ${first.row.table}${environmentOption(bench.project.environment)}`,
        );
    }
    return 0;
  });
}

/** Shows all that is known of the quarantined rows with these values: each reason with its rule, the row, and its input. */
export async function quarantineShow(
  table: string,
  wanted: readonly string[],
  options: QuarantineOptions,
): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const found = (await listedRows(bench, table, options)).filter(({ row }) =>
      wanted.every((part) => meets(row, part)),
    );
    if (found.length === 0) {
      const next = `${commandIn(bench.project, `quarantine ${table}`)} lists those that are there.`;
      throw new LakeError('LS3006', `${table} has no row with ${wanted.join(', ')} in quarantine: ${next}`);
    }
    if (options.json === true) printJson(found.map(listedJson));
    else {
      const release = await newestRelease(bench.lake);
      for (const one of found) tell(bench, one, release);
    }
    return 0;
  });
}

/** column=value, or the beginning of the row's id. */
function meets({ id, row, input }: QuarantinedRow, part: string): boolean {
  const at = part.indexOf('=');
  if (at < 1) return id.startsWith(part.toLowerCase());
  const [column, value] = [part.slice(0, at), part.slice(at + 1)];
  const found = row[column] ?? input?.[column];
  return found !== undefined && exactText(found) === value;
}

/** Rows in quarantine in the order of the project's tables. */
export async function listedRows(
  bench: Workbench,
  table: string | undefined,
  { all, reveal }: Pick<QuarantineOptions, 'all' | 'reveal'>,
): Promise<readonly ListedRow[]> {
  const order = [...bench.project.tables.keys()];
  if (table !== undefined) requireTable(table, order);
  const rows = await listQuarantine(bench.lake, bench.project.timezone, { table, all });
  if (rows.length === 0) return [];
  const hidden = await maskedColumns(bench, { reveal });
  return await Promise.all(
    [...rows]
      .sort((a, b) => order.indexOf(a.table) - order.indexOf(b.table))
      .map(async (row) => ({
        row,
        origin: await originOf(bench, row),
        hidden: hidden(row.table),
        hiddenInput: hidden(inputOf(bench, row) ?? ''),
      })),
  );
}

/** The table that the row's input is of: only models of one input keep it. */
function inputOf({ project }: Workbench, { table }: QuarantinedRow): string | undefined {
  const model = project.tables.get(table);
  return model?.kind === 'model' ? model.inputs[0] : undefined;
}

function tellAll(listed: readonly ListedRow[], withStatus: boolean): void {
  print(
    renderTable(
      ['table', 'row', 'reasons', 'from', 'since', ...(withStatus ? ['status'] : [])],
      listed.map(({ row, origin, hidden }) => [
        row.table,
        nameRow(row, hidden),
        row.reasons.join(', '),
        origin === undefined ? '' : originText(origin),
        `run ${row.sinceRun}`,
        ...(withStatus ? [row.status] : []),
      ]),
    ),
  );
}

/** Whether a row was judged by the rules as they are written now; a stream judges each row once. */
function judgesStill(table: ProjectTable, release: Release | undefined): boolean {
  const made = release?.tables[table.name]?.madeBy;
  return table.kind === 'model' && !isStream(table) && made?.removingFingerprint === table.removingFingerprint;
}

function tell(bench: Workbench, { row, origin, hidden, hiddenInput }: ListedRow, release: Release | undefined): void {
  const facts = [
    `since run ${row.sinceRun}`,
    row.status,
    ...(origin === undefined ? [] : [`from ${originText(origin)}`]),
    `id ${row.id.slice(0, 8)}`,
  ];
  print(`${row.table}  ${nameRow(row, hidden)}   ${facts.join(' · ')}`);
  const table = bench.project.tables.get(row.table);
  const rules = table?.kind === 'model' ? table.rules : [];
  const since = table === undefined || judgesStill(table, release) ? '' : '   (as the rule is written now)';
  for (const reason of row.reasons) {
    const rule = rules.find(({ name }) => name === reason);
    print(`  ${reason}: ${rule === undefined ? 'no rule of this name is there any more' : `${rule.sql}${since}`}`);
  }
  print(
    renderTable(
      ['column', 'value'],
      Object.entries(maskedRow(row.row, hidden)).map(([name, value]) => [name, exactText(value)]),
    ).replaceAll(/^/gm, '  '),
  );
  if (row.input !== undefined) {
    print(`  made of this row of ${inputOf(bench, row) ?? 'its input'}:`);
    print(`  ${exactText(maskedRow(row.input, hiddenInput))}`);
  }
  if (hidden.size + hiddenInput.size > 0) print(`  ${maskedText}`);
  print('');
}

/** A row for a program, with nothing in it that is hidden. */
export function listedJson({ row, origin, hidden, hiddenInput }: ListedRow): unknown {
  const { key, input } = row;
  return {
    ...row,
    key: key === undefined ? undefined : maskedRow(key, hidden),
    row: maskedRow(row.row, hidden),
    input: input === undefined ? undefined : maskedRow(input, hiddenInput),
    origin: origin ?? null,
  };
}

/** 'order_id 1106 line_no 1'. */
export function nameRow(row: QuarantinedRow, hidden: ReadonlySet<string>): string {
  if (row.key === undefined) return row.source === undefined ? row.id.slice(0, 8) : `record ${row.sourceRow ?? '?'}`;
  return Object.entries(maskedRow(row.key, hidden))
    .map(([column, value]) => `${column} ${exactText(value)}`)
    .join(' ');
}

async function originOf({ project, lake }: Workbench, row: QuarantinedRow): Promise<RowOrigin | undefined> {
  if (row.source !== undefined) {
    const { source, sourceRow: record } = row;
    return { source, record, line: record === undefined ? undefined : await lineIn(project, source, record) };
  }
  const model = project.tables.get(row.table);
  const release = await newestRelease(lake);
  if (model?.kind !== 'model' || release === undefined) return undefined;
  const values = Object.fromEntries(
    Object.entries(row.row).map(([name, value]) => [name, value === null ? null : exactText(value)]),
  );
  return await originOfBroken(releasedWorld({ project, lake, release }), model, values);
}
