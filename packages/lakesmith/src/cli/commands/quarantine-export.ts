import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import { freeName } from '../../core/free-name.ts';
import { plainIntegers } from '../../core/json.ts';
import { count } from '../../core/quantity.ts';
import { maskedRow } from '../../project/column-tags.ts';
import type { Exact, QuarantinedRow } from '../../run/quarantine-list.ts';
import { quarantinedRows } from '../../run/quarantine-list.ts';
import { csvLine, unwritable } from '../answer.ts';
import { exactText } from '../exact-text.ts';
import { maskedColumns, maskedText } from '../masked-columns.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { requireTable } from '../require-table.ts';
import type { QuarantineOptions } from './quarantine.ts';

/** What stands in front of a row's own columns; with another underscore where one of these is called so. */
const facts = ['_table', '_reasons', '_source', '_record', '_since_run', '_status', '_id'] as const;

/**
 * Writes quarantined rows to a file that is there whole or not at all: each with its own columns, why it was put aside, and where
 * it came from. Of several tables, a row has the columns of its own table only, and the file is NDJSON.
 */
export async function quarantineExport(
  table: string | undefined,
  options: QuarantineOptions & { readonly out: string },
): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const file = resolve(options.out);
    const ending = /\.(csv|ndjson|jsonl)$/i.exec(file)?.[1]?.toLowerCase();
    if (ending === undefined)
      throw new LakeError('LS4005', `${options.out} does not say what to write: end it in .csv or .ndjson.`);
    if (ending === 'csv' && table === undefined)
      throw new LakeError('LS4001', 'A CSV has the columns of one table: name it, or end the file in .ndjson.');
    if (table !== undefined) requireTable(table, [...bench.project.tables.keys()]);
    const hidden = await maskedColumns(bench, options);
    const question = { table, all: options.all };
    const wanted = (): AsyncIterable<QuarantinedRow> => quarantinedRows(bench.lake, bench.project.timezone, question);
    const columns = ending === 'csv' ? await columnsIn(wanted()) : [];
    const draft = `${file}.${process.pid}.part`;
    let rows = 0;
    let isMasked = false;
    try {
      const handle = await open(draft, 'w');
      try {
        if (ending === 'csv')
          await handle.appendFile(`${csvLine([...facts.map((name) => freeName(name, columns)), ...columns])}\n`);
        for await (const row of wanted()) {
          const shown = maskedRow(row.row, hidden(row.table));
          isMasked ||= shown !== row.row;
          const cells = [...factsOf(row), ...columns.map((name) => cellOf(shown[name]))];
          const line = ending === 'csv' ? csvLine(cells) : jsonLine(row, shown);
          await handle.appendFile(`${line}\n`);
          rows += 1;
        }
      } finally {
        await handle.close();
      }
      await rename(draft, file);
    } catch (error) {
      throw unwritable(options.out, error);
    } finally {
      await rm(draft, { force: true });
    }
    if (options.json === true) printJson({ ok: true, rows, file: options.out, masked: isMasked });
    else print([count(rows, 'row'), options.out, ...(isMasked ? [maskedText] : [])].join(' · '));
    return 0;
  });
}

/** A model changes, and what was put aside earlier has the columns of that time. */
async function columnsIn(rows: AsyncIterable<QuarantinedRow>): Promise<readonly string[]> {
  const names = new Set<string>();
  for await (const { row } of rows) for (const name of Object.keys(row)) names.add(name);
  return [...names];
}

function factsOf({
  table,
  reasons,
  source,
  sourceRow,
  sinceRun,
  status,
  id,
}: QuarantinedRow): readonly (string | null)[] {
  return [table, reasons.join(', '), source ?? null, sourceRow?.toString() ?? null, String(sinceRun), status, id];
}

function jsonLine(row: QuarantinedRow, shown: Readonly<Record<string, Exact>>): string {
  const { table, reasons, source = null, sourceRow = null, sinceRun, status, id } = row;
  return JSON.stringify(
    { table, reasons, source, record: sourceRow, since_run: sinceRun, status, id, row: shown },
    plainIntegers,
  );
}

function cellOf(value: Exact | undefined): string | null {
  return value === undefined || value === null ? null : exactText(value);
}
