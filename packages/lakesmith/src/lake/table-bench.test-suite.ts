import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSnapshot } from '@lakesmith/delta';
import { systemClock } from '../core/clock.ts';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { CellValue, Engine } from '../engine/engine.ts';
import { openStore } from '../storage/open.ts';
import { askRows } from './ask-rows.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';
import type { InputFile } from './input-file.ts';
import { openInputFile } from './input-file.ts';
import { appendRows, createTable } from './write-table.ts';

export type InputRow = Readonly<Record<string, unknown>>;

/** Tables in a temporary folder, on one engine, for tests that write to tables by their path. */
export class TableBench {
  readonly engine: Engine;
  readonly folder: string;
  #count = 0;

  private constructor(engine: Engine, folder: string) {
    this.engine = engine;
    this.folder = folder;
  }

  static async open(): Promise<TableBench> {
    return new TableBench(await openDuckDb({ threads: 2 }), await mkdtemp(join(tmpdir(), 'lakesmith-tables-')));
  }

  async close(): Promise<void> {
    await this.engine.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A folder of its own, as a table that is not there yet. */
  async newFolder(allowed: readonly string[] = []): Promise<DeltaTable> {
    const path = join(this.folder, `t${this.#count++}`);
    await mkdir(path);
    return openDeltaTable(await openStore(path), this.engine, { clock: systemClock, allowed });
  }

  async newTable(
    columns: string,
    configuration: Readonly<Record<string, string>> = {},
    partitionColumns: readonly string[] = [],
  ): Promise<DeltaTable> {
    const table = await this.newFolder();
    await createTable(table, { columns: parseColumnDefinitions(columns), configuration, partitionColumns });
    return table;
  }

  /** Rows as a file that a table can be filled from. */
  async input(rows: readonly InputRow[]): Promise<InputFile> {
    const file = join(this.folder, `rows${this.#count++}.ndjson`);
    await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return await openInputFile(this.engine, file);
  }

  /** The rows of a query, as such a file. */
  async queried(sql: string): Promise<InputFile> {
    const file = join(this.folder, `rows${this.#count++}.parquet`);
    await this.engine.export({ sql, relations: [], timezone: 'UTC', file, format: 'parquet' });
    return await openInputFile(this.engine, file);
  }

  async append(table: DeltaTable, rows: readonly InputRow[]): Promise<void> {
    await appendRows(table, await readSnapshot(table.io), await this.input(rows));
  }

  /** The newest rows, in order. */
  async rows(table: DeltaTable, columns = '*'): Promise<CellValue[][]> {
    const { relation } = await bindTable(table, 't', await readSnapshot(table.io));
    return await askRows(table, { sql: `select ${columns} from t order by all`, relations: [relation] });
  }
}
