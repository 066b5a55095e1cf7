import type { Metadata, Protocol } from '../actions.ts';
import { features } from '../feature-list.ts';
import { isSupported } from '../features.ts';
import type { CommitSummary } from './commit-summary.ts';
import { withoutCounts } from './identity-counts.ts';

/** Features that ask nothing of a writer until a property or the schema puts them to use, and that change is looked at itself. */
const QUIET: ReadonlySet<string> = new Set([
  'appendOnly',
  'invariants',
  'checkConstraints',
  'changeDataFeed',
  'generatedColumns',
  'allowColumnDefaults',
  'identityColumns',
  'columnMapping',
  'timestampNtz',
  'v2Checkpoint',
  'vacuumProtocolCheck',
  'domainMetadata',
  'inCommitTimestamp',
]);

/** Whether a commit that was made for a table of protocol `before` is also right for one of protocol `after`. */
export function mayPassProtocol(before: Protocol, after: Protocol): boolean {
  const isLost = features.some(({ name }) => isSupported(before, name) && !isSupported(after, name));
  if (isLost || namesOf(before).some((name) => !namesOf(after).includes(name) && !isSupported(after, name)))
    return false;
  const known = new Set(features.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  const gained = features.filter(({ name }) => !isSupported(before, name) && isSupported(after, name));
  const strange = namesOf(after).some((name) => !known.has(name) && !namesOf(before).includes(name));
  return !strange && gained.every(({ name }) => QUIET.has(name));
}

function namesOf({ readerFeatures = [], writerFeatures = [] }: Protocol): readonly string[] {
  return [...readerFeatures, ...writerFeatures];
}

/** Properties of the log, its upkeep and the layout of files: nothing that is in a commit depends on them. */
const UPKEEP: readonly RegExp[] = [
  /^(?!delta\.)/,
  /^delta\.autoOptimize\./,
  /^delta\.checkpoint(?:Interval|Policy|RetentionDuration|\.writeStatsAs(?:Json|Struct))$/,
  /^delta\.(?:log|deletedFile|setTransaction|sample)RetentionDuration$/,
  /^delta\.dataSkipping(?:NumIndexedCols|StatsColumns)$/,
  /^delta\.(?:enableExpiredLogCleanup|targetFileSize|tuneFileSizesForRewrites)$/,
  // The time of a commit is put in when it is put.
  /^delta\.(?:enableInCommitTimestamps|inCommitTimestampEnablement(?:Version|Timestamp))$/,
];

/** Properties that concern commits which take rows away or change them. */
const OF_CHANGES: ReadonlySet<string> = new Set(['delta.appendOnly', 'delta.enableChangeDataFeed']);

/** Whether a commit that was made for a table with metadata `before` is also right for one with `after`. */
export function mayPassMetadata(ours: CommitSummary, before: Metadata, after: Metadata): boolean {
  // It would put back what the other changed.
  if (ours.metadata !== undefined) return false;
  const isSameTable =
    before.id === after.id &&
    isSameSchema(before.schemaString, after.schemaString) &&
    before.format.provider === after.format.provider &&
    JSON.stringify(before.partitionColumns) === JSON.stringify(after.partitionColumns);
  const keys = new Set([...Object.keys(before.configuration), ...Object.keys(after.configuration)]);
  const changed = [...keys].filter((key) => before.configuration[key] !== after.configuration[key]);
  return (
    isSameTable &&
    changed.every((key) => UPKEEP.some((form) => form.test(key)) || (OF_CHANGES.has(key) && !ours.changesRows))
  );
}

/** Whether two commits are in each other's way since the other one gave rows their numbers. */
export function hasNumbered(ours: CommitSummary, before: Metadata, after: Metadata): boolean {
  const { metadata: _, ...others } = ours;
  return (
    before.schemaString !== after.schemaString && mayPassMetadata({ ...others, metadata: undefined }, before, after)
  );
}

/**
 * Whether nothing differs but how far columns have counted that number their rows: a commit that numbers some itself changes that too, and does not
 * get here.
 */
function isSameSchema(before: string, after: string): boolean {
  return before === after || withoutCounts(before) === withoutCounts(after);
}
