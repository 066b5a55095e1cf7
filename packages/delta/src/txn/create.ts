import type { Action, Metadata } from '../actions.ts';
import { checkProperty } from '../configuration.ts';
import { DeltaError } from '../errors.ts';
import { checkRequested, featureNamed, protocolFor } from '../features.ts';
import { type ColumnSpec, buildSchema, maxIdProperty } from '../field-ids.ts';
import { CLUSTERING_DOMAIN, clusteringConfiguration } from '../mapping/clustering.ts';
import { withIdentityColumns } from '../mapping/row-tracking.ts';
import type { TableShape } from '../mapping/stored-columns.ts';
import { serializeSchema } from '../schema.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import type { StructType } from '../types.ts';
import { type CommitDetails, type NewFile, addOf, draftCommit, partitionNamesOf, usesDomains } from './details.ts';
import { checkStaged } from './validate.ts';

export interface NewTable extends CommitDetails {
  readonly columns: readonly ColumnSpec[];
  readonly partitionColumns?: readonly string[];
  /** Columns by which rows lie near each other, by their paths; not together with `partitionColumns`. */
  readonly clusterBy?: readonly (readonly string[])[];
  /** Table properties, `delta.*` and others. */
  readonly configuration?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly description?: string;
  readonly files?: readonly NewFile[];
  /** The table's identity. Default: a new random one. */
  readonly tableId?: string;
}

/** Stages version 0 of a table: its protocol (the lowest that serves), its metadata, and its first files. */
export function stageCreate(table: NewTable): StagedCommit {
  const { configuration, named } = namedFeatures(table.configuration ?? {});
  const { metadata: asked, schema } = newMetadata({ ...table, configuration });
  const files = table.files ?? [];
  const clusterBy = table.clusterBy ?? [];
  const protocol = protocolFor({
    configuration: asked.configuration,
    schema,
    domains: usesDomains(table),
    named: clusterBy.length === 0 ? named : [...named, 'clustering'],
  });
  const metadata = withIdentityColumns(asked, protocol);
  const details = clusterBy.length === 0 ? table : clustered(table, { protocol, metadata, schema });
  const partitionNames = partitionNamesOf({ protocol, metadata, schema });
  const adds = files.map((file): Action => ({ add: addOf(file, partitionNames) }));
  const staged = draftCommit(
    {
      base: undefined,
      operation: files.length === 0 ? 'CREATE TABLE' : 'CREATE TABLE AS SELECT',
      operationParameters: {
        partitionBy: JSON.stringify(metadata.partitionColumns),
        properties: JSON.stringify(metadata.configuration),
        isManaged: 'false',
        description: metadata.description ?? null,
      },
      operationMetrics: {
        numFiles: files.length,
        numOutputBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
      },
      isBlindAppend: true,
      actions: [{ protocol }, { metaData: metadata }, ...adds],
      reads: { wholeTable: false, files: new Set(), appIds: new Set() },
    },
    details,
  );
  checkStaged(staged, undefined, table.keeps);
  return staged;
}

function clustered(table: NewTable, shape: TableShape): CommitDetails {
  const configuration = clusteringConfiguration(shape, table.clusterBy ?? []);
  return {
    ...table,
    domains: { ...table.domains, set: { ...table.domains?.set, [CLUSTERING_DOMAIN]: configuration } },
  };
}

/**
 * Properties like `delta.feature.deletionVectors = supported` ask for a feature and are not kept. Those that only a writer knows
 * are refused.
 */
export function namedFeatures<T extends string | null>(
  configuration: Readonly<Record<string, T>>,
): { readonly configuration: Readonly<Record<string, T>>; readonly named: readonly string[] } {
  const isFeature = (key: string): boolean => key.startsWith('delta.feature.');
  const own = Object.keys(configuration).find((key) => key.startsWith('delta.rowTracking.'));
  if (own !== undefined)
    throw new DeltaError('invalid-value', `The property ${own} cannot be set: it is chosen when row tracking begins.`);
  for (const [key, value] of Object.entries(configuration)) if (value !== null) checkProperty(key, value);
  return {
    configuration: Object.fromEntries(Object.entries(configuration).filter(([key]) => !isFeature(key))),
    named: Object.keys(configuration)
      .filter(isFeature)
      .map((key) => featureNamed(key.slice('delta.feature.'.length))),
  };
}

function newMetadata(table: NewTable): { metadata: Metadata; schema: StructType } {
  const mapped = isMapped(table.configuration ?? {});
  const { schema, maxFieldId } = buildSchema(table.columns, undefined, { mapped });
  const metadata: Metadata = {
    id: table.tableId ?? crypto.randomUUID(),
    ...(table.name === undefined ? {} : { name: table.name }),
    ...(table.description === undefined ? {} : { description: table.description }),
    format: { provider: 'parquet', options: {} },
    schemaString: serializeSchema(schema),
    partitionColumns: [...(table.partitionColumns ?? [])],
    configuration: { ...table.configuration, [maxIdProperty(mapped)]: String(maxFieldId) },
    createdTime: table.nowMs,
  };
  checkMetadata(metadata, schema, table.keeps);
  return { metadata, schema };
}

/** What a change of metadata may ask for. */
export interface MetadataChange {
  /** All columns of the table from now on. Those that it has keep their metadata and field ids. */
  readonly columns?: readonly ColumnSpec[];
  readonly partitionColumns?: readonly string[];
  /** Columns by which rows are to lie near each other from now on, by their paths; none: no more. */
  readonly clusterBy?: readonly (readonly string[])[];
  /** Properties to set; null removes one. The others stay. */
  readonly configuration?: Readonly<Record<string, string | null>>;
  readonly description?: string;
}

/** The metadata after a change; the very same object when the change changes nothing. */
export function changedMetadata(
  snapshot: Snapshot,
  change: MetadataChange,
  keeps?: readonly string[],
): { metadata: Metadata; schema: StructType } {
  const before = snapshot.metadata;
  const properties = new Map(Object.entries(before.configuration));
  for (const [key, value] of Object.entries(change.configuration ?? {})) {
    if (value === null) properties.delete(key);
    else properties.set(key, value);
  }
  let { schema } = snapshot;
  let { schemaString } = before;
  const mapped = isMapped(Object.fromEntries(properties));
  if (change.columns !== undefined || mapped !== isMapped(before.configuration)) {
    const columns = change.columns ?? schema.fields;
    const built = buildSchema(columns, { schema, configuration: before.configuration }, { mapped });
    if (serializeSchema(built.schema) !== serializeSchema(schema)) {
      ({ schema } = built);
      schemaString = serializeSchema(schema);
      properties.set(maxIdProperty(mapped), String(built.maxFieldId));
    }
  }
  const metadata: Metadata = {
    ...before,
    ...(change.description === undefined ? {} : { description: change.description }),
    schemaString,
    partitionColumns: change.partitionColumns ?? before.partitionColumns,
    configuration: Object.fromEntries(properties),
  };
  if (sameMetadata(metadata, before)) return { metadata: before, schema };
  checkMetadata(metadata, schema, keeps);
  return { metadata, schema };
}

function isMapped(configuration: Readonly<Record<string, string>>): boolean {
  return (configuration['delta.columnMapping.mode'] ?? 'none').toLowerCase() !== 'none';
}

function sameMetadata(a: Metadata, b: Metadata): boolean {
  const keys = Object.keys(a.configuration);
  return (
    a.schemaString === b.schemaString &&
    a.description === b.description &&
    a.partitionColumns.join('\u0000') === b.partitionColumns.join('\u0000') &&
    keys.length === Object.keys(b.configuration).length &&
    keys.every((key) => a.configuration[key] === b.configuration[key])
  );
}

function checkMetadata(metadata: Metadata, schema: StructType, keeps: readonly string[] = []): void {
  checkRequested({ metadata, schema }, keeps);
  const names = new Set(schema.fields.map((field) => field.name));
  if (names.size === 0) throw new DeltaError('invalid-schema', 'A table has to have a column.');
  const wrong = metadata.partitionColumns.find((name) => !names.has(name));
  const twice = metadata.partitionColumns.find((name, i) => metadata.partitionColumns.indexOf(name) < i);
  if (wrong !== undefined || twice !== undefined || names.size === metadata.partitionColumns.length) {
    const isThere = twice === undefined ? 'every column is one' : `${twice} is named twice`;
    const what = wrong === undefined ? isThere : `the table has no column ${wrong}`;
    throw new DeltaError('invalid-schema', `These partition columns are not possible: ${what}.`);
  }
  const told = schema.fields.find(({ name }) => /^_(?:change_type|commit_version|commit_timestamp)$/i.test(name));
  if (told !== undefined && metadata.configuration['delta.enableChangeDataFeed']?.toLowerCase() === 'true')
    throw new DeltaError(
      'invalid-schema',
      `With delta.enableChangeDataFeed no column can be called ${told.name}, which tells of a change: rename it.`,
      { context: { column: told.name } },
    );
}
