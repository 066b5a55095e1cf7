import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buildStats, fieldIds, readSnapshot, stageAppend, statsColumns, writeCheckpoint } from '@lakesmith/delta';
import { bindChange } from '../serve/table-change.ts';
import type { DeltaTable } from './delta-table.ts';
import { changeRows } from './rewrite-table.ts';
import type { InputRow, TableBench } from './table-bench.test-suite.ts';
import { timezone } from './time-zone.ts';
import { commitWrite, detailsOf } from './write-table.ts';

/**
 * files: files are written anew, in partitions. vectors: rows are marked, and the next commit makes a checkpoint. groups: a file has several
 * groups of rows, so that pages of it are copied. folder: there is no table, but files that one can be made of.
 */
export type TableKind = (typeof tableKinds)[number];
export const tableKinds = ['files', 'vectors', 'groups', 'folder'] as const;

const columns = 'id BIGINT NOT NULL, part VARCHAR, n INTEGER';

export const rowsOf = (first: number, count: number): InputRow[] =>
  Array.from({ length: count }, (_, i) => ({ id: first + i, part: i % 2 === 0 ? 'a' : 'b', n: 0 }));

/** A table at version 4, with several files and some that left it; in one whose rows are marked, two are deleted. */
export async function newOperated(bench: TableBench, kind: TableKind): Promise<DeltaTable> {
  if (kind === 'folder') return await newFolderOfFiles(bench);
  const own = {
    files: { 'delta.checkpoint.writeStatsAsStruct': 'true' },
    vectors: {
      'delta.enableDeletionVectors': 'true',
      'delta.enableRowTracking': 'true',
      'delta.checkpointPolicy': 'v2',
      'delta.checkpointInterval': '5',
    },
    groups: {},
  };
  const table = await bench.newTable(
    kind === 'groups' ? `${columns}, note VARCHAR` : columns,
    { 'delta.enableChangeDataFeed': 'true', ...own[kind] },
    kind === 'files' ? ['part'] : [],
  );
  // So many that it pays to mark a few.
  if (kind === 'groups') await appendGroups(table);
  else await bench.append(table, rowsOf(100, 60));
  await bench.append(table, rowsOf(kind === 'groups' ? 9000 : 0, 4));
  await writeCheckpoint(table.io, await readSnapshot(table.io));
  if (kind === 'vectors') {
    await change(table, { where: 'id in (2, 109)' });
    await bench.append(table, rowsOf(20, 2));
  } else {
    // Whole files go, so that nothing is told yet: the next operation makes the folder of changes.
    await bench.append(table, [{ id: 9020, part: 'z' }]);
    await change(table, { where: kind === 'files' ? "part = 'z'" : 'id = 9020' });
  }
  return table;
}

export async function change(table: DeltaTable, text: { where?: string; set?: string }): Promise<unknown> {
  const base = await readSnapshot(table.io);
  return await changeRows(table, base, await bindChange(table, base, text));
}

/** One file of three groups of rows, most of which is in a column that nothing changes. */
async function appendGroups(table: DeltaTable): Promise<void> {
  const base = await readSnapshot(table.io);
  const [file] = await table.engine.stage({
    sql: "select range, case when range % 2 = 0 then 'a' else 'b' end, 0, md5(range::varchar) from range(6144)",
    relations: [],
    timezone,
    folder: table.locate('').replace(/\/$/, ''),
    fileName: 'groups.parquet',
    columns: base.schema.fields,
    fieldIds: fieldIds(base.schema),
    required: ['id'],
    ordered: true,
    rowGroupSize: 2048,
  });
  if (file === undefined) throw new Error('no file was written');
  const { name: path, rows, sizeBytes, stats, partitionValues } = file;
  const told = buildStats(base.schema, { rows, columns: stats }, statsColumns(base));
  const files = [{ path, rows, sizeBytes, partitionValues, modifiedMs: table.io.now(), stats: told }];
  const staged = stageAppend(base, { ...detailsOf(table), files });
  await commitWrite(table, staged, { operation: 'WRITE', files, base });
}

async function newFolderOfFiles(bench: TableBench): Promise<DeltaTable> {
  const table = await bench.newFolder();
  for (const part of [1, 2]) {
    const sql = `select range as id, 'r' || range as name from range(${part * 10}, ${part * 10 + 5})`;
    const file = table.locate(`part=${part}/rows.parquet`);
    await mkdir(dirname(file));
    await bench.engine.export({ sql, relations: [], timezone, file, format: 'parquet' });
  }
  return table;
}

const sources = new WeakMap<TableBench, Promise<DeltaTable>>();

/** The table that others are made of, the same for all of a bench. */
export async function cloned(bench: TableBench): Promise<DeltaTable> {
  const known = sources.get(bench) ?? newOperated(bench, 'vectors');
  sources.set(bench, known);
  return await known;
}
