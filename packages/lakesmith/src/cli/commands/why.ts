import { LakeError } from '../../core/errors.ts';
import { count } from '../../core/quantity.ts';
import type { Lake } from '../../lake/lake.ts';
import { reachOfWords } from '../../plan/reach.ts';
import type { Project } from '../../project/model.ts';
import { streamNames } from '../../project/stream.ts';
import { listQuarantine } from '../../run/quarantine-list.ts';
import type { TracedRow } from '../../run/trace.ts';
import { originText, releasedWorld, traceRows } from '../../run/trace.ts';
import { exactText } from '../exact-text.ts';
import { askedRow } from '../asked-row.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { renderCell } from '../render.ts';
import { isOwnColumn } from '../../project/own-columns.ts';

export async function why(table: string, key: readonly string[], options: CommonOptions): Promise<number> {
  const act = async ({ project, lake }: Workbench): Promise<number> => {
    const { release, values } = await askedRow(lake, table, key);
    const { rows, total } = await traceRows(releasedWorld({ project, lake, release }), table, values);
    if (rows.length === 0) throw await noSuchRow({ project, lake, release: release.release }, table, values);
    if (options.json === true) printJson({ release: release.release, total, rows });
    else {
      const streams = streamNames(project);
      for (const row of rows) print(renderTrace(row, { indent: '', streams }).join('\n'));
      if (total > rows.length) print(`… ${count(total - rows.length, 'more row')}`);
    }
    return 0;
  };
  return await withWorkbench(options, act, { about: reachOfWords([table]) });
}

async function noSuchRow(
  { project, lake, release }: { project: Project; lake: Lake; release: number },
  table: string,
  key: Readonly<Record<string, string>>,
): Promise<LakeError> {
  const wanted = Object.entries(key);
  const aside = (await listQuarantine(lake, project.timezone, { table })).some(({ row }) =>
    wanted.every(([column, value]) => exactText(row[column] ?? null) === value),
  );
  const shown = wanted.map(([column, value]) => `${column}=${value}`).join(', ');
  const next = aside ? `; it is in quarantine: \`lakesmith quarantine ${table}\` says why.` : '.';
  return new LakeError('LS3006', `${table} has no row with ${shown} in release ${release}${next}`);
}

function renderTrace(
  traced: TracedRow,
  { indent, streams }: { readonly indent: string; readonly streams: ReadonlySet<string> },
): string[] {
  const cells = Object.entries(traced.row)
    .filter(([name]) => !isOwnColumn(name))
    .map(([name, value]) => `${name}=${shorten(renderCell(value))}`);
  const where = traced.origin === undefined ? '' : `   ← ${originText(traced.origin)}`;
  const by = traced.run === undefined ? '' : `, run ${traced.run}`;
  const again = traced.again === true ? '   as above' : '';
  return [
    `${indent}${traced.table} (${traced.version === undefined ? 'view' : `version ${traced.version}`}${by})${where}${again}`,
    `${indent}    ${cells.join('  ')}`,
    ...(streams.has(traced.table) ? [`${indent}    ${madeOnce(traced)}`] : []),
    ...traced.inputs.flatMap((input) => renderTrace(input, { indent: `${indent}  `, streams })),
    ...(streams.has(traced.table) ? [] : traced.untold).map(
      (table) => `${indent}  ${table}   it is not known which rows`,
    ),
    ...(traced.more > 0 ? [`${indent}  … ${count(traced.more, 'more row')}`] : []),
  ];
}

/** Of a row of a stream, whose input may be another by now. */
function madeOnce({ inputs }: TracedRow): string {
  return inputs.length > 0 ? 'made once, of what is this now:' : 'made once; nothing that its input has now gives it';
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** 'landing/orders/2026-w07.json:4'; where the line is not known, the record. */
