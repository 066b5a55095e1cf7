import type { ChangedFile, ChangePlan, ChangeRange } from '@lakesmith/delta';
import { planChanges } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { quoteNames } from '../core/sql-text.ts';
import type { Relation, RelationFile } from '../engine/engine.ts';
import type { ReachableTable } from './bind-table.ts';
import { locatorOf } from './bind-table.ts';
import { columnsOf } from './relation.ts';

const changeType: Column = { name: '_change_type', type: 'string' };
const commitColumns: readonly Column[] = [
  { name: '_commit_version', type: 'long' },
  { name: '_commit_timestamp', type: 'timestamp' },
];

/** The changes of a range of versions as one relation: the table's columns, what happened to the row, and in which commit. */
export async function bindChanges(
  table: ReachableTable,
  name: string,
  range: ChangeRange,
): Promise<{ readonly relations: readonly Relation[]; readonly plan: ChangePlan }> {
  const plan = await planChanges(table.io, range);
  return { plan, relations: changeRelations(table, name, plan) };
}

/** Changes that were planned, as relations: the last one has all of them. */
export function changeRelations(table: ReachableTable, name: string, plan: ChangePlan): readonly Relation[] {
  const columns = columnsOf(plan.snapshot);
  const files = plan.versions.flatMap(({ version, timestampMs, files: changed }) =>
    changed.map((file) => ({ file, version, timestampMs })),
  );
  const said = files.filter(({ file }) => file.kind === 'cdc');
  const inferred = files.filter(({ file }) => file.kind !== 'cdc');
  const all = [...columns, changeType, ...commitColumns];
  const locationOf = locatorOf(table);
  const part = (of: string, some: typeof files, constants: readonly Column[]): Relation => ({
    name: `${name}_${of}`,
    kind: 'parquet',
    columns: all,
    partitionColumns: [...plan.snapshot.metadata.partitionColumns, ...constants.map((column) => column.name)],
    stored: {
      resolve: plan.columns.resolve,
      fields: [
        ...plan.columns.fields,
        ...[changeType, ...commitColumns].map((column) => ({ ...column, nullable: true, metadata: {} })),
      ],
    },
    files: some.map(({ file, version, timestampMs }) => fileOf(locationOf(file.path), file, { version, timestampMs })),
  });
  const names = quoteNames(all.map((column) => column.name));
  return [
    part('said', said, commitColumns),
    part('inferred', inferred, [changeType, ...commitColumns]),
    {
      name,
      kind: 'sql',
      columns: all,
      sql: `select ${names} from ${name}_said union all select ${names} from ${name}_inferred`,
    },
  ];
}

function fileOf(
  location: string,
  file: ChangedFile,
  commit: { readonly version: number; readonly timestampMs: number },
): RelationFile {
  return {
    location,
    partitionValues: {
      ...file.partitionValues,
      ...(file.kind === 'cdc' ? {} : { [changeType.name]: file.kind }),
      _commit_version: String(commit.version),
      _commit_timestamp: new Date(commit.timestampMs).toISOString(),
    },
    ...(file.rows.kind === 'all' ? {} : { rows: { kind: file.rows.kind, bitmap: file.rows.set.toBitmap() } }),
  };
}
