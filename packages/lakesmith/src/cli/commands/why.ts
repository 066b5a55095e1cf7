import { LakeError } from '../../core/errors.ts';
import { count } from '../../core/quantity.ts';
import type { Scalar } from '../../engine/engine.ts';
import type { Lake } from '../../lake/lake.ts';
import { newestRelease } from '../../lake/release.ts';
import type { Project } from '../../project/model.ts';
import { openRows } from '../../run/quarantine-list.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { TracedRow } from '../../run/trace.ts';
import { originText, releasedWorld, traceRows } from '../../run/trace.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { renderCell } from '../render.ts';

export async function why(table: string, key: readonly string[], options: CommonOptions): Promise<number> {
  return await withWorkbench(options, async ({ project, lake }) => {
    const release = await newestRelease(lake.store);
    if (release === undefined)
      throw new LakeError('LS3001', 'There is no release yet: `lakesmith run` makes the first.');
    const released = release.tables[table];
    if (released === undefined) {
      const near = nearestName(table, Object.keys(release.tables));
      throw new LakeError(
        'LS3003',
        `${table} is not in release ${release.release}${near === undefined ? '.' : `; did you mean ${near}?`}`,
      );
    }
    const columns = released.columns.map((column) => column.name);
    const values = Object.fromEntries(key.map((part) => parseKey(part, table, columns)));
    const { rows, total } = await traceRows(releasedWorld({ project, lake, release }), table, values);
    if (rows.length === 0) throw await noSuchRow({ project, lake, release: release.release }, table, values);
    if (options.json === true) printJson({ release: release.release, total, rows });
    else {
      for (const row of rows) print(renderTrace(row, '').join('\n'));
      if (total > rows.length) print(`… ${count(total - rows.length, 'more row')}`);
    }
    return 0;
  });
}

async function noSuchRow(
  { project, lake, release }: { project: Project; lake: Lake; release: number },
  table: string,
  key: Readonly<Record<string, string>>,
): Promise<LakeError> {
  const wanted = Object.entries(key);
  const aside = (await openRows(lake, project.timezone)).some(
    (row) =>
      row.table === table &&
      wanted.every(([column, value]) => renderCell((row.row[column] ?? null) as Scalar) === value),
  );
  const shown = wanted.map(([column, value]) => `${column}=${value}`).join(', ');
  const next = aside ? `; it is in quarantine: \`lakesmith quarantine ${table}\` says why.` : '.';
  return new LakeError('LS3006', `${table} has no row with ${shown} in release ${release}${next}`);
}

function parseKey(part: string, table: string, columns: readonly string[]): readonly [string, string] {
  const at = part.indexOf('=');
  const column = part.slice(0, at);
  if (at <= 0) throw new LakeError('LS4001', `${part} is no key: write column=value, such as ${columns[0] ?? 'id'}=1.`);
  if (!columns.includes(column))
    throw new LakeError('LS3005', `${table} has no column ${column}: it has ${columns.join(', ')}.`);
  return [column, part.slice(at + 1)];
}

function renderTrace(traced: TracedRow, indent: string): string[] {
  const cells = Object.entries(traced.row)
    .filter(([name]) => !name.startsWith('_'))
    .map(([name, value]) => `${name}=${shorten(renderCell(value))}`);
  const where = traced.origin === undefined ? '' : `   ← ${originText(traced.origin)}`;
  const by = traced.run === undefined ? '' : `, run ${traced.run}`;
  return [
    `${indent}${traced.table} (version ${traced.version}${by})${where}`,
    `${indent}    ${cells.join('  ')}`,
    ...traced.inputs.flatMap((input) => renderTrace(input, `${indent}  `)),
    ...(traced.more > 0 ? [`${indent}  … ${count(traced.more, 'more row')}`] : []),
  ];
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** 'landing/orders/2026-w07.json:4'; where the line is not known, the record. */
