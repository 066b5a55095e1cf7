import type { Action, AddFile, DeletionVector } from '../actions.ts';
import { deletionVectorPath } from '../dv/read.ts';
import { ROW_TRACKING_DOMAIN, withIdentityColumns, withoutIdentityColumns } from '../mapping/row-tracking.ts';
import { encodePath, locate } from '../paths.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import { type CommitDetails, draftCommit, requireCommitted } from './details.ts';
import { withoutRowIds } from './row-ids.ts';
import { checkStaged } from './validate.ts';

/**
 * Stages version 0 of a table that has the rows of another without copying its files: it names them where they are. `location`:
 * the folder or address of the source.
 */
export function stageClone(source: Snapshot, location: string, details: CommitDetails): StagedCommit {
  requireCommitted(source);
  const { protocol, domains } = source;
  // Its rows are others from now on: they get ids of their own, and names under which to keep them.
  const metadata = withIdentityColumns(withoutIdentityColumns(source.metadata), protocol);
  const adds = [...source.files.values()].map((add): Action => ({ add: withoutRowIds(elsewhere(add, location)) }));
  // The new table's commits get times of their own from its first version on.
  const { [ENABLEMENT_VERSION]: _, [ENABLEMENT_TIMESTAMP]: __, ...configuration } = metadata.configuration;
  const bytes = [...source.files.values()].reduce((sum, file) => sum + file.size, 0);
  const staged = draftCommit(
    {
      base: undefined,
      ownsFiles: false,
      operation: 'CLONE',
      operationParameters: { source: location, sourceVersion: source.version, isShallow: true },
      operationMetrics: { numCopiedFiles: 0, sourceNumOfFiles: adds.length, sourceTableSize: bytes },
      isBlindAppend: false,
      isolationLevel: 'Serializable',
      actions: [
        { protocol },
        { metaData: { ...metadata, id: crypto.randomUUID(), configuration, createdTime: details.nowMs } },
        ...[...domains].flatMap(([domain, configuration]): Action[] =>
          domain === ROW_TRACKING_DOMAIN ? [] : [{ domainMetadata: { domain, configuration, removed: false } }],
        ),
        ...adds,
      ],
      reads: { wholeTable: false, files: new Set(), appIds: new Set() },
    },
    details,
  );
  checkStaged(staged, undefined, details.keeps);
  return staged;
}

const ENABLEMENT_VERSION = 'delta.inCommitTimestampEnablementVersion';
const ENABLEMENT_TIMESTAMP = 'delta.inCommitTimestampEnablementTimestamp';

function elsewhere(add: AddFile, location: string): AddFile {
  const { deletionVector: vector } = add;
  return {
    ...add,
    path: absolute(add.path, location),
    dataChange: true,
    ...(vector === undefined ? {} : { deletionVector: vectorElsewhere(vector, location) }),
  };
}

function vectorElsewhere(vector: DeletionVector, location: string): DeletionVector {
  if (vector.storageType !== 'u') return vector;
  const path = deletionVectorPath(vector);
  return path === undefined ? vector : { ...vector, storageType: 'p', pathOrInlineDv: address(path, location) };
}

function absolute(path: string, location: string): string {
  const place = locate(path, { location, allowed: [location, '/', ...schemesOf(path)] });
  return place.kind === 'inside' ? address(place.path, location) : path;
}

/** What is named by an address stays where it is. */
function schemesOf(path: string): readonly string[] {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(path)?.[0];
  return scheme === undefined ? [] : [scheme];
}

function address(path: string, location: string): string {
  const root = location.startsWith('/') ? `file://${encodePath(location)}` : location;
  return `${root.replace(/\/$/, '')}/${encodePath(path)}`;
}
