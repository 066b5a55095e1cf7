import type { CommitDetails, NewFile, Snapshot, StagedCommit, Txn } from '@lakesmith/delta';
import {
  applyStaged,
  dropStaged,
  readSnapshot,
  rowFeatures,
  stageAppend,
  stageCreate,
  stageOverwrite,
} from '@lakesmith/delta';
import type { ColumnDefinition } from '../core/column-definitions.ts';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { requirePartitionType } from '../core/type-policy.ts';
import type { DeltaTable } from './delta-table.ts';
import { columnsAfterNumbering, numberedColumns } from './identity.ts';
import { inputQuery } from './input-columns.ts';
import type { InputFile } from './input-file.ts';
import { refuseNamed } from './named-columns.ts';
import { programName } from './program-name.ts';
import { bindPromises } from './promises.ts';
import type { WriteReport } from './table-rows.ts';
import { writeRows } from './table-rows.ts';

/** What a table is made of. */
export interface TableDefinition {
  readonly columns: readonly ColumnDefinition[];
  readonly partitionColumns?: readonly string[];
  /** Columns by which `optimize` puts rows near each other, by their paths. */
  readonly clusterBy?: readonly (readonly string[])[];
  readonly configuration?: Readonly<Record<string, string>>;
}

/** Makes a table without rows. LS3301 when somebody else made one there. */
export async function createTable(table: DeltaTable, definition: TableDefinition): Promise<WriteReport> {
  const staged = stageNew(table, definition);
  await bindPromises(table, applyStaged(undefined, staged));
  return await commitWrite(table, staged, { operation: 'CREATE TABLE', files: [] });
}

/** How rows come to a table. */
export interface WriteOptions {
  /** Progress of the writer's own: rows that come with a version that the table has already are not written again. */
  readonly txn?: Txn;
  readonly signal?: AbortSignal;
}

/** Adds the rows of a file. `base` undefined: to a new table, with the columns of the file. */
export async function appendRows(
  table: DeltaTable,
  base: Snapshot | undefined,
  input: InputFile,
  options: WriteOptions = {},
): Promise<WriteReport | 'written-before'> {
  const { txn } = options;
  if (txn === undefined || base === undefined) return await appendAll(table, base, input, options);
  if (isWritten(base, txn)) return 'written-before';
  try {
    return await appendAll(table, base, input, options);
  } catch (error) {
    if (!(error instanceof LakeError) || error.code !== 'LS3301') throw error;
    // What was in the way may have been the same rows.
    if (isWritten(await readSnapshot(table.io), txn)) return 'written-before';
    throw error;
  }
}

function isWritten({ txns }: Snapshot, { appId, version }: Txn): boolean {
  return (txns.get(appId)?.version ?? -1) >= version;
}

async function appendAll(
  table: DeltaTable,
  base: Snapshot | undefined,
  input: InputFile,
  options: WriteOptions,
): Promise<WriteReport> {
  const details = { ...detailsOf(table), ...(options.txn === undefined ? {} : { txns: [options.txn] }) };
  if (base === undefined) {
    const definition = { columns: input.columns.map((column) => ({ ...column, nullable: true })) };
    const target = applyStaged(undefined, stageNew(table, definition));
    const rows = { ...(await inputQuery(table, target, input)), loose: true };
    const files = await writeRows(table, target, rows, options.signal);
    const staged = stageNew(table, definition, { ...details, files });
    return await commitWrite(table, staged, { operation: 'CREATE TABLE AS SELECT', files });
  }
  // What the table does not allow is refused before there are files.
  stageAppend(base, { ...details, files: [] });
  const rows = { ...(await inputQuery(table, base, input)), loose: true };
  const files = await writeRows(table, base, rows, options.signal);
  const columns = columnsAfterNumbering(base, numberedColumns(base, rows.given), rowsIn(files));
  const staged = stageAppend(base, { ...details, files, ...(columns === undefined ? {} : { change: { columns } }) });
  return await commitWrite(table, staged, { operation: 'WRITE', files, base });
}

/** Puts the rows of a file in place of all that the table has. */
export async function overwriteRows(
  table: DeltaTable,
  base: Snapshot,
  input: InputFile,
  options: WriteOptions & { readonly schemaChange?: boolean } = {},
): Promise<WriteReport> {
  const details = detailsOf(table);
  const wanted = options.schemaChange === true ? calledAsBefore(base, input.columns) : undefined;
  const change = wanted === undefined ? {} : { change: { columns: wanted } };
  if (wanted !== undefined) refuseUndivided(base, wanted);
  const target = applyStaged(base, stageOverwrite(base, { ...details, ...change, files: [] }));
  await refuseNamed(table, base, target);
  const rows = { ...(await inputQuery(table, target, input)), loose: true };
  const files = await writeRows(table, target, rows, options.signal);
  const columns =
    columnsAfterNumbering(target, numberedColumns(target, rows.given), rowsIn(files)) ?? target.schema.fields;
  const staged = stageOverwrite(base, { ...details, change: { columns }, files });
  return await commitWrite(table, staged, { operation: 'WRITE', files, base });
}

/** Names of columns do not differ by case alone: one that the table has is what it was, and called as it was. */
function calledAsBefore({ schema }: Snapshot, columns: readonly Column[]): readonly Column[] {
  const names = new Map(schema.fields.map(({ name }) => [name.toLowerCase(), name]));
  return columns.map((column) => ({ ...column, name: names.get(column.name.toLowerCase()) ?? column.name }));
}

/** A table stays divided as it is, whatever columns it gets. */
function refuseUndivided({ metadata }: Snapshot, columns: readonly Column[]): void {
  const missing = metadata.partitionColumns.find((name) => !columns.some((column) => column.name === name));
  if (missing === undefined) return;
  throw new LakeError(
    'LS4001',
    `The file has no column ${missing}, which divides the files of the table: a table is divided by other columns only when it is made anew.`,
    { context: { column: missing } },
  );
}

function stageNew(
  table: DeltaTable,
  { columns, partitionColumns = [], clusterBy = [], configuration = {} }: TableDefinition,
  more: Partial<CommitDetails> & { readonly files?: readonly NewFile[] } = {},
): StagedCommit {
  for (const column of columns) if (partitionColumns.includes(column.name)) requirePartitionType(column);
  return stageCreate({
    ...detailsOf(table),
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type,
      nullable: column.nullable,
      metadata: metadataOf(column),
    })),
    partitionColumns,
    clusterBy,
    configuration,
    ...more,
  });
}

/** How a table's schema keeps what a column is. */
export function metadataOf({
  comment,
  generated,
  identity,
  ...column
}: Omit<ColumnDefinition, 'name'>): Record<string, unknown> {
  return {
    ...(comment === undefined ? {} : { comment }),
    ...(column.default === undefined ? {} : { CURRENT_DEFAULT: column.default }),
    ...(generated === undefined ? {} : { 'delta.generationExpression': generated }),
    ...(identity === undefined
      ? {}
      : {
          'delta.identity.start': identity.start,
          'delta.identity.step': identity.step,
          'delta.identity.allowExplicitInsert': identity.allowsExplicit,
        }),
  };
}

/** `writeRows` meets what these ask. */
const keeps: readonly string[] = [...rowFeatures, 'columnMapping', 'clustering', 'rowTracking'];

/** What every commit to a table by its path says. */
export function detailsOf(table: DeltaTable): CommitDetails {
  return { nowMs: table.io.now(), engineInfo: programName, keeps };
}

/** Makes a staged commit visible; `base` is what it was staged on. LS3301 when what others did meanwhile is in the way. */
export async function commitWrite(
  table: DeltaTable,
  staged: StagedCommit,
  {
    operation,
    files,
    base,
  }: { readonly operation: string; readonly files: readonly NewFile[]; readonly base?: Snapshot },
): Promise<WriteReport> {
  const result = await table.line.commit(table.io, staged, { base });
  if (result.kind === 'conflict') {
    await dropStaged(table.io, staged);
    const { version, commitInfo } = result.winner;
    if (result.reason === 'table-created' && files.length === 0)
      throw new LakeError('LS3301', 'There is a Delta table here already.', { retry: 'never' });
    if (result.reason === 'table-replaced')
      throw new LakeError(
        'LS3301',
        'Nothing was written: the table was deleted meanwhile, and another one was made in its place. Do it again, if it is meant for that one.',
        { retry: 'never', context: { version, reason: result.reason } },
      );
    const who = commitInfo?.engineInfo ?? 'another writer';
    throw new LakeError(
      'LS3301',
      result.reason === 'rows-numbered'
        ? `Nothing was written: ${who} numbered rows meanwhile (version ${version}), and these would have got the same numbers. Do it again: they get the next ones.`
        : `Nothing was written: ${who} committed version ${version} meanwhile, and it is in the way (${result.reason}). Do it again.`,
      { retry: 'safe', context: { version, reason: result.reason } },
    );
  }
  return {
    version: result.version,
    operation,
    filesAdded: files.length,
    filesRemoved: staged.actions.filter((action) => 'remove' in action).length,
    rowsWritten: rowsIn(files),
    bytesWritten: files.reduce((sum, file) => sum + file.sizeBytes, 0),
  };
}

/** How many rows these files have. */
export function rowsIn(files: readonly NewFile[]): number {
  return files.reduce((sum, { rows = 0 }) => sum + rows, 0);
}
