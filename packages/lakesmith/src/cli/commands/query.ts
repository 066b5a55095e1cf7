import { resolve } from 'node:path';
import { plainIntegers } from '../../core/json.ts';
import { LakeError } from '../../core/errors.ts';
import type { QueryRequest, Scalar } from '../../engine/engine.ts';
import { readRows } from '../../run/read-rows.ts';
import { bindQuestion } from '../../serve/query.ts';
import { explainRefusal } from '../../serve/question-error.ts';
import { interruptSignal } from '../interrupt.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { count } from '../../core/quantity.ts';
import { renderTable } from '../render.ts';
import { wholeNumber } from '../whole-number.ts';

export interface QueryOptions extends CommonOptions {
  readonly release?: string;
  readonly out?: string;
  readonly format: 'table' | 'csv' | 'json' | 'ndjson';
}

const fileFormats: Readonly<Record<string, 'parquet' | 'csv' | 'ndjson'>> = {
  parquet: 'parquet',
  csv: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
};

export async function query(sql: string, options: QueryOptions): Promise<number> {
  const interrupt = interruptSignal();
  try {
    return await withWorkbench(options, async (bench) => {
      const startedMs = performance.now();
      const { request, release } = await bindQuestion(bench.lake, {
        sql,
        release: options.release === undefined ? undefined : wholeNumber('--release', options.release),
        timezone: bench.project.timezone,
      });
      if (options.out !== undefined) {
        const file = resolve(options.out);
        const asked = bench.engine.export(
          { ...request, file, format: formatOf(options.out) },
          { signal: interrupt.signal },
        );
        const { rows } = await answered(bench, request, asked);
        if (options.json === true) printJson({ ok: true, rows, release, file: options.out });
        else print(`${count(rows, 'row')} · release ${release} · ${options.out}`);
        return 0;
      }
      const asked = readRows(bench.engine, request, interrupt.signal);
      const { columns, rows } = await answered(bench, request, asked);
      const format = options.json === true ? 'json' : options.format;
      if (format === 'table') {
        print(renderTable(columns, rows));
        print(`${count(rows.length, 'row')} · release ${release} · ${Math.round(performance.now() - startedMs)} ms`);
      } else printRows(format, columns, rows);
      return 0;
    });
  } finally {
    interrupt.stop();
  }
}

async function answered<T>({ lake }: Workbench, request: QueryRequest, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw await explainRefusal(lake, request, error);
  }
}

function formatOf(file: string): 'parquet' | 'csv' | 'ndjson' {
  const format = fileFormats[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];
  if (format === undefined)
    throw new LakeError('LS4005', `${file} does not say what to write: end it in .parquet, .csv or .ndjson.`);
  return format;
}

function printRows(
  format: 'csv' | 'json' | 'ndjson',
  columns: readonly string[],
  rows: readonly (readonly Scalar[])[],
): void {
  if (format === 'csv') {
    print([columns, ...rows].map((row) => row.map(csvCell).join(',')).join('\n'));
    return;
  }
  const objects = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])));
  if (format === 'json') printJson(objects);
  else for (const object of objects) print(JSON.stringify(object, plainIntegers));
}

function csvCell(value: Scalar): string {
  if (value === null) return '';
  const text = String(value);
  return text === '' || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
