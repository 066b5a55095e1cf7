import { count } from '../../core/quantity.ts';
import { reachOfWords } from '../../plan/reach.ts';
import { streamNames } from '../../project/stream.ts';
import type { TracedRow } from '../../run/trace.ts';
import { originText, releasedWorld, traceRows } from '../../run/trace.ts';
import { askedRow, noSuchRow } from '../asked-row.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { renderCell } from '../render.ts';
import { isOwnColumn } from '../../project/own-columns.ts';

export async function why(table: string, key: readonly string[], options: CommonOptions): Promise<number> {
  const act = async ({ project, lake }: Workbench): Promise<number> => {
    const { release, values } = await askedRow({ project, lake }, table, key);
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
  return await withWorkbench(options, act, { about: reachOfWords([table]), words: [table] });
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
