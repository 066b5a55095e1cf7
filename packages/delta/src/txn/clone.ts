import type { Action, AddFile, DeletionVector } from '../actions.ts';
import { deletionVectorPath } from '../dv/read.ts';
import { ROW_TRACKING_DOMAIN, withIdentityColumns, withoutIdentityColumns } from '../mapping/row-tracking.ts';
import { DeltaError } from '../errors.ts';
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
  // Its rows are others from now on: they get ids of their own, and names under which to keep them.
  const metadata = withIdentityColumns(withoutIdentityColumns(source.metadata), source.protocol);
  const adds = [...source.files.values()].map((add): Action => ({ add: withoutRowIds(elsewhere(add, location)) }));
  const actions = newTable({ ...source, metadata }, details, (domain) => domain !== ROW_TRACKING_DOMAIN);
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
      actions: [...actions, ...adds],
      reads: { wholeTable: false, files: new Set(), appIds: new Set() },
    },
    details,
  );
  checkStaged(staged, undefined, details.keeps);
  return staged;
}

/**
 * Stages version 0 of a table that goes on from where another one is: the same rows with their ids, the same domains and
 * transaction markers. Its files, by `copiedPaths`, must lie under the same names in its own folder already.
 */
export function stageCopy(source: Snapshot, details: CommitDetails): StagedCommit {
  requireCommitted(source);
  const txns = [...source.txns.values()].map((txn): Action => ({ txn }));
  const staged = draftCommit(
    {
      base: undefined,
      operation: 'CLONE',
      operationParameters: { sourceVersion: source.version, isShallow: false },
      operationMetrics: { numCopiedFiles: source.files.size },
      isBlindAppend: false,
      isolationLevel: 'Serializable',
      actions: [
        ...newTable(source, details, () => true),
        ...txns,
        ...[...source.files.values()].map((add): Action => ({ add: { ...fromTheStart(add), dataChange: true } })),
      ],
      reads: { wholeTable: false, files: new Set(), appIds: new Set() },
    },
    details,
  );
  checkStaged(staged, undefined, details.keeps);
  return staged;
}

/** Rows keep their ids; the versions of the other table are none of this one, whose rows are all there from its first on. */
function fromTheStart(add: AddFile): AddFile {
  return add.defaultRowCommitVersion === undefined ? add : { ...add, defaultRowCommitVersion: 0 };
}

/** The files of a table, relative to its folder, that `stageCopy` names: data files, and those of their deletion vectors. */
export function copiedPaths(source: Snapshot): readonly string[] {
  const paths = [...source.files.values()].flatMap(({ path, deletionVector }) => {
    const vector = deletionVector?.storageType === 'u' ? deletionVectorPath(deletionVector) : undefined;
    const file = locate(path);
    if (file.kind !== 'inside' || deletionVector?.storageType === 'p')
      throw new DeltaError(
        'unsafe-path',
        `The table names a file outside of its folder (${path}), so it cannot go on elsewhere.`,
        {
          context: { path },
        },
      );
    return vector === undefined ? [file.path] : [file.path, vector];
  });
  return [...new Set(paths)];
}

/** Protocol, metadata and domains of a table that begins with what another one has. */
function newTable(source: Snapshot, { nowMs }: CommitDetails, keeps: (domain: string) => boolean): readonly Action[] {
  // The new table's commits get times of their own from its first version on.
  const { [ENABLEMENT_VERSION]: _, [ENABLEMENT_TIMESTAMP]: __, ...configuration } = source.metadata.configuration;
  return [
    { protocol: source.protocol },
    { metaData: { ...source.metadata, id: crypto.randomUUID(), configuration, createdTime: nowMs } },
    ...[...source.domains].flatMap(([domain, text]): Action[] =>
      keeps(domain) ? [{ domainMetadata: { domain, configuration: text, removed: false } }] : [],
    ),
  ];
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
