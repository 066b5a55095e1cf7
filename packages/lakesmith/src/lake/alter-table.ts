import type { MetadataChange, SchemaEdit, Snapshot, StagedCommit } from '@lakesmith/delta';
import { applyStaged, constraintProperty, editSchema, fieldAt, stageChange } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { quoteName } from '../core/sql-text.ts';
import { askRows } from './ask-rows.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { refuseNamed } from './named-columns.ts';
import { bindPromises, promisesOf } from './promises.ts';
import type { WriteReport } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';

/** What is to be another: a column, properties, a constraint, or what the protocol allows. */
export type Alteration =
  | SchemaEdit
  | { readonly kind: 'properties'; readonly set: Readonly<Record<string, string | null>> }
  | { readonly kind: 'constraint'; readonly name: string; readonly expression: string | undefined }
  | { readonly kind: 'feature'; readonly name: string };

/** Changes what a table is. Undefined when it is so already; then nothing is committed. */
export async function alterTable(
  table: DeltaTable,
  base: Snapshot,
  alteration: Alteration,
): Promise<WriteReport | undefined> {
  const staged = stageAlteration(table, base, alteration);
  if (staged === undefined) return undefined;
  const after = applyStaged(base, staged);
  await refuseNamed(table, base, after);
  await bindPromises(table, after);
  await checkRows(table, base, after, alteration);
  const { operation } = wordsOf(alteration);
  return await commitWrite(table, staged, { operation, files: [] });
}

function stageAlteration(table: DeltaTable, base: Snapshot, alteration: Alteration): StagedCommit | undefined {
  const { operation, operationParameters } = wordsOf(alteration);
  const details = { ...detailsOf(table), operation, operationParameters };
  switch (alteration.kind) {
    case 'feature':
      return stageChange(base, { ...details, change: {}, features: [alteration.name] });
    case 'properties':
      return stageChange(base, { ...details, change: { configuration: checkedProperties(base, alteration.set) } });
    case 'constraint': {
      const property = constraintProperty(alteration.name);
      const known = base.metadata.configuration[property];
      if (alteration.expression === undefined && known === undefined)
        throw new LakeError('LS3003', `The table has no constraint ${alteration.name}.`);
      if (alteration.expression !== undefined && known !== undefined && known !== alteration.expression)
        throw new LakeError(
          'LS4001',
          `The table has a constraint ${alteration.name} already (${known}): drop it first.`,
        );
      return stageChange(base, {
        ...details,
        change: { configuration: { [property]: alteration.expression ?? null } },
      });
    }
    default:
      return stageChange(base, { ...details, change: schemaChange(base, alteration) });
  }
}

function schemaChange(base: Snapshot, edit: SchemaEdit): MetadataChange & { columns: Snapshot['schema']['fields'] } {
  const { metadata } = base;
  const column = edit.path.join('.');
  const isMapped = (metadata.configuration['delta.columnMapping.mode'] ?? 'none').toLowerCase() !== 'none';
  if ((edit.kind === 'drop' || edit.kind === 'rename') && !isMapped)
    throw new LakeError(
      'LS4001',
      `The column ${column} cannot get another name or go while files are read by the names of columns: set delta.columnMapping.mode=name first.`,
      { context: { column } },
    );
  if (edit.kind === 'widen' && metadata.configuration['delta.enableTypeWidening']?.toLowerCase() !== 'true')
    throw new LakeError(
      'LS4001',
      `The type of the column ${column} stays while the table does not allow it to change: set delta.enableTypeWidening=true first.`,
      { context: { column } },
    );
  if (edit.kind === 'add' && !edit.field.nullable && base.files.size > 0)
    throw new LakeError(
      'LS4001',
      `The new column ${column} has to allow NULL, since the rows of the table have no value for it.`,
    );
  const field = fieldAt(base.schema, edit.path);
  const isPartition = edit.path.length === 1 && field !== undefined && metadata.partitionColumns.includes(field.name);
  if (edit.kind === 'drop' && isPartition)
    throw new LakeError('LS4001', `The column ${column} cannot be dropped: it divides the files.`);
  const { fields: columns } = editSchema(base.schema, edit);
  if (edit.kind !== 'rename' || !isPartition) return { columns };
  return {
    columns,
    partitionColumns: metadata.partitionColumns.map((name) => (name === field.name ? edit.name : name)),
  };
}

function checkedProperties(
  { metadata }: Snapshot,
  set: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string | null>> {
  for (const [key, value] of Object.entries(set)) {
    if (key.toLowerCase().startsWith('delta.constraints.'))
      throw new LakeError(
        'LS4001',
        `${key} is a constraint: rows have to be held against it, which \`alter PATH constraint\` does.`,
      );
    if (key !== 'delta.columnMapping.mode') continue;
    const before = metadata.configuration[key] ?? 'none';
    if (value === before || (before === 'none' && value === 'name')) continue;
    throw new LakeError(
      'LS4001',
      `${key} is ${before} and cannot become ${value ?? 'none'}: files are there which are read by it.`,
    );
  }
  return set;
}

/** What is new must be true of the rows that are there. */
async function checkRows(table: DeltaTable, base: Snapshot, after: Snapshot, alteration: Alteration): Promise<void> {
  const condition = await newCondition(table, after, alteration);
  if (condition === undefined) return;
  const { relation } = await bindTable(table, 't', base);
  const rows = await askRows(table, {
    sql: `select cast(to_json(t) as varchar) from t where (${condition.sql}) is distinct from true limit 5`,
    relations: [relation],
  });
  if (rows.length === 0) return;
  const shown = rows.map(([row]) => (typeof row === 'string' ? row : ''));
  throw new LakeError(
    'LS2107',
    `The table stays as it is: ${condition.name} does not hold for ${rows.length < 5 ? '' : 'rows such as '}${shown.join(', ')}.`,
    { context: { check: condition.name, rows: shown } },
  );
}

async function newCondition(
  table: DeltaTable,
  after: Snapshot,
  alteration: Alteration,
): Promise<{ readonly name: string; readonly sql: string } | undefined> {
  if (alteration.kind === 'constraint' && alteration.expression !== undefined) {
    const { checks } = await promisesOf(table, after);
    return checks.find((check) => check.constraint === alteration.name.toLowerCase());
  }
  if (alteration.kind !== 'nullable' || alteration.nullable) return undefined;
  const [first = '', inner] = alteration.path;
  const name = fieldAt(after.schema, [first])?.name ?? first;
  if (inner !== undefined) return (await promisesOf(table, after)).checks.find((check) => check.inside === name);
  return { name: `that ${name} is not NULL`, sql: `${quoteName(name)} is not null` };
}

/** How commits call it, in Spark's words. */
function wordsOf(alteration: Alteration): {
  readonly operation: string;
  readonly operationParameters: Readonly<Record<string, unknown>>;
} {
  switch (alteration.kind) {
    case 'properties': {
      const gone = Object.values(alteration.set).every((value) => value === null);
      return {
        operation: gone ? 'UNSET TBLPROPERTIES' : 'SET TBLPROPERTIES',
        operationParameters: { properties: JSON.stringify(alteration.set) },
      };
    }
    case 'constraint':
      return {
        operation: alteration.expression === undefined ? 'DROP CONSTRAINT' : 'ADD CONSTRAINT',
        operationParameters: { name: alteration.name, expr: alteration.expression ?? null },
      };
    case 'feature':
      return { operation: 'ADD FEATURE', operationParameters: { featureName: alteration.name } };
    case 'add':
      return {
        operation: 'ADD COLUMNS',
        operationParameters: { columns: JSON.stringify([alteration.path.join('.')]) },
      };
    case 'drop':
      return {
        operation: 'DROP COLUMNS',
        operationParameters: { columns: JSON.stringify([alteration.path.join('.')]) },
      };
    case 'rename':
      return {
        operation: 'RENAME COLUMN',
        operationParameters: { oldColumnPath: alteration.path.join('.'), newColumnPath: alteration.name },
      };
    default:
      return { operation: 'CHANGE COLUMN', operationParameters: { column: alteration.path.join('.') } };
  }
}
