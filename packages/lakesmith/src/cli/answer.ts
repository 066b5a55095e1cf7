import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LakeError } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';
import { count } from '../core/quantity.ts';
import type { Column } from '../core/schema.ts';
import { cellText, lossless } from '../engine/cell-text.ts';
import type { CellValue, Engine, QueryRequest } from '../engine/engine.ts';
import { interruptSignal } from './interrupt.ts';
import { print, printJson, printPaced } from './output.ts';
import { renderType } from '../core/render-type.ts';
import { grouped, renderTable } from './render.ts';

/** How an answer is wanted: on the terminal in a form, or in a file. */
export interface AnswerOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly format?: 'table' | 'csv' | 'json' | 'ndjson';
  /** Show types, and numbers in groups of three digits. */
  readonly typed?: boolean;
}

const fileFormats: Readonly<Record<string, 'parquet' | 'csv' | 'ndjson'>> = {
  parquet: 'parquet',
  csv: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
};

/** Answers a question: rows to the terminal, or to a file that is there whole or not at all. `about` stands in the last line. */
export async function answer(
  engine: Engine,
  request: QueryRequest,
  options: AnswerOptions & { readonly about: readonly string[]; readonly facts?: Readonly<Record<string, unknown>> },
): Promise<void> {
  const interrupt = interruptSignal();
  const startedMs = performance.now();
  try {
    if (options.out !== undefined) {
      const rows = await writeFile(engine, request, { out: options.out, signal: interrupt.signal });
      if (options.json === true) printJson({ ok: true, rows, ...options.facts, file: options.out });
      else print([rowCount(rows), ...options.about, options.out].join(' · '));
      return;
    }
    const format = options.json === true ? 'json' : (options.format ?? 'table');
    const result = await engine.query(request, { signal: interrupt.signal });
    const columns = result.columns.map((column) => column.name);
    const rows: CellValue[][] = [];
    if (format === 'csv') print(csvLine(columns));
    for await (const batch of result.batches) {
      for (let i = 0; i < batch.rowCount; i += 1) {
        const row = batch.columns.map((column) => column[i] ?? null);
        if (format === 'csv') await printPaced(csvLine(row));
        else if (format === 'ndjson') await printPaced(jsonLine(columns, row));
        else rows.push(row);
      }
    }
    if (format === 'json')
      process.stdout.write(
        `${jsonText(
          rows.map((row) => objectOf(columns, row)),
          2,
        )}\n`,
      );
    if (format !== 'table') return;
    print(
      options.typed === true
        ? typedTable(result.columns, rows)
        : renderTable(
            columns,
            rows.map((row) => row.map(cellText)),
          ),
    );
    print([rowCount(rows.length), ...options.about, `${Math.round(performance.now() - startedMs)} ms`].join(' · '));
  } finally {
    interrupt.stop();
  }
}

function rowCount(rows: number): string {
  return grouped(count(rows, 'row'));
}

const numeric = /^(?:byte|short|integer|long|float|double|decimal.*)$/;

/** Rows under the names and types of their columns, numbers in groups of three digits. */
function typedTable(columns: readonly Column[], rows: readonly (readonly CellValue[])[]): string {
  const isNumber = columns.map(({ type }) => typeof type === 'string' && numeric.test(type));
  const cells = rows.map((row) =>
    row.map((value, i) =>
      isNumber[i] === true && value !== null ? grouped(String(cellText(value))) : cellText(value),
    ),
  );
  return renderTable(
    columns.map((column) => column.name),
    cells,
    columns.map((column) => renderType(column.type)),
  );
}

async function writeFile(
  engine: Engine,
  request: QueryRequest,
  { out, signal }: { readonly out: string; readonly signal: AbortSignal },
): Promise<number> {
  const file = resolve(out);
  const format = fileFormats[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];
  if (format === undefined)
    throw new LakeError('LS4005', `${out} does not say what to write: end it in .parquet, .csv or .ndjson.`);
  const draft = `${file}.${process.pid}.part`;
  try {
    // Made first: what cannot be written is not worth reading for.
    await (await open(draft, 'w')).close();
    try {
      const rows =
        format === 'ndjson'
          ? await writeLines(engine, request, { file: draft, signal })
          : (await engine.export({ ...request, file: draft, format }, { signal })).rows;
      await rename(draft, file);
      return rows;
    } finally {
      await rm(draft, { force: true });
    }
  } catch (error) {
    throw unwritable(out, error);
  }
}

/** The same lines as on the terminal: the engine's own have numbers that are no JSON. */
async function writeLines(
  engine: Engine,
  request: QueryRequest,
  { file, signal }: { readonly file: string; readonly signal: AbortSignal },
): Promise<number> {
  const { columns, batches } = await engine.query(request, { signal });
  const names = columns.map((column) => column.name);
  const handle = await open(file, 'w');
  let rows = 0;
  try {
    for await (const batch of batches) {
      const lines = Array.from({ length: batch.rowCount }, (_, i) =>
        jsonLine(
          names,
          batch.columns.map((column) => column[i] ?? null),
        ),
      );
      await handle.appendFile(lines.map((line) => `${line}\n`).join(''));
      rows += batch.rowCount;
    }
  } finally {
    await handle.close();
  }
  return rows;
}

/** What a file system's refusal to write a file means to the user; any other error as it is. */
export function unwritable(out: string, error: unknown): unknown {
  const reason = systemErrorCode(error);
  if (error instanceof LakeError || reason === undefined) return error;
  const message = `${out} cannot be written (${reason}): name a file in a folder that is there and that may be written to.`;
  return new LakeError('LS4005', message, { cause: error });
}

function jsonLine(columns: readonly string[], row: readonly CellValue[]): string {
  return jsonText(objectOf(columns, row));
}

/** As JSON, in which also a zero below zero is what it is: the language's own writes 0. */
function jsonText(value: unknown, indent?: number): string {
  // No text of the value has this in it, since it is made for the occasion.
  let zero: string | undefined;
  const marked = (key: string, one: unknown): unknown =>
    Object.is(one, -0) ? (zero ??= randomUUID()) : lossless(key, one);
  const text = JSON.stringify(value, marked, indent);
  return zero === undefined ? text : text.replaceAll(`"${zero}"`, '-0.0');
}

function objectOf(columns: readonly string[], row: readonly CellValue[]): Readonly<Record<string, CellValue>> {
  return Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null]));
}

/** One record of a CSV. NULL is nothing, and an empty text is quoted. */
export function csvLine(cells: readonly CellValue[]): string {
  return cells.map(csvCell).join(',');
}

function csvCell(value: CellValue): string {
  if (value === null) return '';
  const text = String(cellText(value));
  return text === '' || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
