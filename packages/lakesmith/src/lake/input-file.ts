import { stat } from 'node:fs/promises';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteFile } from '../core/sql-text.ts';
import type { Engine, Relation, TextFormat } from '../engine/engine.ts';
import { jsonForm } from '../engine/text-forms.ts';
import { timezone } from './time-zone.ts';

/** A file whose rows are to be written to a table. */
export interface InputFile {
  readonly columns: readonly Column[];
  /** Its rows under a name; `types`: what the table wants of its columns, so that text is read as exactly that. */
  relation(name: string, types: ReadonlyMap<string, Column['type']>): Relation;
  /** SQL for its rows with their numbers as one more column, when they are cheap to read again. */
  readonly numbered?: string;
}

/** Looks at a .parquet, .csv, .ndjson, .jsonl or .json file. */
export async function openInputFile(engine: Engine, file: string): Promise<InputFile> {
  if (!(await stat(file).catch(() => undefined))?.isFile())
    throw new LakeError('LS2001', `There is no file ${file}.`, { context: { file } });
  if (/\.parquet$/i.test(file)) return await parquetInput(engine, file);
  const format = await formatOf(file);
  const columns = await engine.infer({ format, locations: [file], timezone });
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    relation: (name, types) => ({
      name,
      kind: 'text-files',
      format,
      columns: columns.map((column) => ({ name: column.name, type: types.get(column.name) ?? column.type })),
      files: [{ location: file, label: file }],
    }),
  };
}

async function parquetInput(engine: Engine, file: string): Promise<InputFile> {
  const sql = `select * from read_parquet(${quoteFile(file)}, hive_partitioning = false)`;
  const bound = await engine.describe({ sql, relations: [], timezone });
  if (!bound.ok) throw new LakeError(bound.problem === 'type' ? 'LS1401' : 'LS2001', `${file}: ${bound.message}`);
  const { columns } = bound;
  const isTaken = columns.some(({ name }) => /^(?:file_row_number|__ls_position)$/i.test(name));
  return {
    columns,
    relation: (name) => ({ name, kind: 'sql', columns, sql }),
    ...(isTaken ? {} : { numbered: sql.replace('select *', 'select *, file_row_number') }),
  };
}

async function formatOf(file: string): Promise<TextFormat> {
  if (/\.csv$/i.test(file)) return { type: 'csv', header: true };
  if (/\.(?:ndjson|jsonl|json)$/i.test(file)) return { type: await jsonForm(file) };
  throw new LakeError(
    'LS4001',
    `${file} is not known by its name: rows come from a .parquet, .csv, .ndjson or .json file.`,
  );
}
