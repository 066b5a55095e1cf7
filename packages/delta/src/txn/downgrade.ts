import type { Action, Metadata, Protocol } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { featureNamed, isInUse, isSupported, protocolWithout } from '../features.ts';
import { CLUSTERING_DOMAIN } from '../mapping/clustering.ts';
import { ROW_TRACKING_DOMAIN, rowTrackingProperties } from '../mapping/row-tracking.ts';
import { serializeSchema } from '../schema.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import type { DataType, StructField } from '../types.ts';
import { type CommitDetails, draftCommit, requireCommitted } from './details.ts';
import { withoutRowIds } from './row-ids.ts';
import { checkStaged } from './validate.ts';

/**
 * Stages taking a feature out of a table's protocol, so that programs which lack it can read or write the table. Refused while
 * rows, files or columns would lose their meaning by it. What only switches the feature on is taken away with it. Readers of the
 * newest version have to find a checkpoint of it: commits before may use the feature.
 */
export function stageDowngrade(snapshot: Snapshot, feature: string, details: CommitDetails): StagedCommit {
  requireCommitted(snapshot);
  const name = featureNamed(feature);
  const { protocol } = snapshot;
  if (!isSupported(protocol, name)) throw refused(name, 'the table does not have it');
  const why = whyNot(snapshot, name);
  if (why !== undefined) throw refused(name, why);
  const metadata = metadataWithout(snapshot, name);
  const lower: Protocol = protocolWithout(protocol, name);
  const removedDomains = [...snapshot.domains.keys()].filter((domain) => domain === DOMAINS[name]);
  const staged = draftCommit(
    {
      base: snapshot,
      operation: 'DROP FEATURE',
      operationParameters: { featureName: name },
      operationMetrics: {},
      isBlindAppend: false,
      isolationLevel: 'Serializable',
      actions: [
        { protocol: lower },
        ...(metadata === snapshot.metadata ? [] : [{ metaData: metadata }]),
        ...removedDomains.map((domain): Action => ({
          domainMetadata: { domain, configuration: '', removed: true },
        })),
        ...(name === 'rowTracking' ? filesWithoutIds(snapshot) : []),
      ],
      reads: { wholeTable: true, files: new Set(snapshot.files.keys()), appIds: new Set() },
      // Those that are told anew are the table's.
      ownsFiles: false,
    },
    details,
  );
  checkStaged(staged, snapshot, details.keeps);
  return staged;
}

/** Properties that do nothing but switch a feature on. */
const SWITCHES: Readonly<Record<string, readonly string[]>> = {
  changeDataFeed: ['delta.enableChangeDataFeed'],
  deletionVectors: ['delta.enableDeletionVectors'],
  typeWidening: ['delta.enableTypeWidening'],
  v2Checkpoint: ['delta.checkpointPolicy'],
  columnMapping: ['delta.columnMapping.mode', 'delta.columnMapping.maxColumnId'],
  rowTracking: rowTrackingProperties,
  inCommitTimestamp: [
    'delta.enableInCommitTimestamps',
    'delta.inCommitTimestampEnablementVersion',
    'delta.inCommitTimestampEnablementTimestamp',
  ],
};
const DOMAINS: Readonly<Record<string, string>> = { clustering: CLUSTERING_DOMAIN, rowTracking: ROW_TRACKING_DOMAIN };
/** Features whose every trace is a switch, a domain, or what `whyNot` looks for. */
const REMOVABLE: ReadonlySet<string> = new Set([
  ...Object.keys(SWITCHES),
  ...Object.keys(DOMAINS),
  'appendOnly',
  'invariants',
  'checkConstraints',
  'generatedColumns',
  'allowColumnDefaults',
  'identityColumns',
  'timestampNtz',
  'variantType',
  'vacuumProtocolCheck',
  'domainMetadata',
]);

function whyNot({ metadata, schema, files, domains, protocol }: Snapshot, name: string): string | undefined {
  if (!REMOVABLE.has(name)) return 'what it leaves behind in a table is not known well enough';
  switch (name) {
    case 'deletionVectors':
      return [...files.values()].some((file) => file.deletionVector !== undefined)
        ? 'rows are marked as deleted in files: `optimize` writes these files anew'
        : undefined;
    case 'typeWidening':
      return holdsKey(schema.fields, 'delta.typeChanges')
        ? 'types of columns were changed, and files may hold the old ones'
        : undefined;
    case 'columnMapping':
      return schema.fields.every(isCalledTheSame) ? undefined : 'files call columns otherwise than the table does';
    case 'domainMetadata':
      if (domains.size > 0) return `it has metadata of ${[...domains.keys()].join(', ')}`;
      return ['rowTracking', 'clustering'].some((other) => isSupported(protocol, other))
        ? 'another feature of the table needs it'
        : undefined;
    default:
      return SWITCHES[name] === undefined && DOMAINS[name] === undefined && isInUse({ metadata, schema }, name)
        ? 'the table makes use of it'
        : undefined;
  }
}

/** Ids mean nothing any more; a table that tracks rows later gives all of them anew. */
function filesWithoutIds({ files }: Snapshot): Action[] {
  return [...files.values()].flatMap((add) =>
    add.baseRowId === undefined && add.defaultRowCommitVersion === undefined
      ? []
      : [{ add: { ...withoutRowIds(add), dataChange: false } }],
  );
}

function metadataWithout({ metadata, schema }: Snapshot, name: string): Metadata {
  const switches = SWITCHES[name] ?? [];
  const kept = Object.entries(metadata.configuration).filter(([key]) => !switches.includes(key));
  if (name === 'columnMapping') {
    const fields = schema.fields.map(withoutMapping);
    return {
      ...metadata,
      schemaString: serializeSchema({ type: 'struct', fields }),
      configuration: Object.fromEntries(kept),
    };
  }
  if (kept.length === Object.keys(metadata.configuration).length) return metadata;
  return { ...metadata, configuration: Object.fromEntries(kept) };
}

function holdsKey(fields: readonly StructField[], key: string): boolean {
  return fields.some((field) => field.metadata[key] !== undefined || holdsKey(innerFields(field.type), key));
}

function isCalledTheSame(field: StructField): boolean {
  const physical = field.metadata['delta.columnMapping.physicalName'];
  return (physical === undefined || physical === field.name) && innerFields(field.type).every(isCalledTheSame);
}

function innerFields(type: DataType): readonly StructField[] {
  if (typeof type === 'string') return [];
  if (type.type === 'struct') return type.fields;
  return type.type === 'array'
    ? innerFields(type.elementType)
    : [...innerFields(type.keyType), ...innerFields(type.valueType)];
}

function withoutMapping(field: StructField): StructField {
  const metadata = Object.entries(field.metadata).filter(([key]) => !key.startsWith('delta.columnMapping.'));
  return { ...field, type: typeWithoutMapping(field.type), metadata: Object.fromEntries(metadata) };
}

function typeWithoutMapping(type: DataType): DataType {
  if (typeof type === 'string') return type;
  if (type.type === 'struct') return { type: 'struct', fields: type.fields.map(withoutMapping) };
  if (type.type === 'array') return { ...type, elementType: typeWithoutMapping(type.elementType) };
  return { ...type, keyType: typeWithoutMapping(type.keyType), valueType: typeWithoutMapping(type.valueType) };
}

function refused(name: string, why: string): DeltaError {
  return new DeltaError('invalid-value', `The feature ${name} cannot be taken away: ${why}.`, {
    context: { features: name },
  });
}
