import type { Lake } from '../lake/lake.ts';
import { LakeError } from '../core/errors.ts';
import { ownTables } from '../lake/environment.ts';
import type { Release, ReleasedTable, ReleasedView } from '../lake/release.ts';
import { findIn, isMadeOf, isSameVersion, newestRelease, readRelease } from '../lake/release.ts';
import type { Project, ProjectTable, SourceTable } from '../project/model.ts';
import { readLedger } from '../sources/ledger.ts';
import type { Prepared } from './prepare.ts';

/** What an overlay has made that its base has not, to be made there too. */
export interface Promotion {
  readonly name: string;
  readonly base: string;
  /** The overlay's newest release. */
  readonly release: Release;
  /** Tables that are the overlay's own in it. */
  readonly tables: ReadonlySet<string>;
}

export async function readPromotion(
  overlay: Lake,
  { name, base }: { readonly name: string; readonly base: string },
): Promise<Promotion> {
  const release = await newestRelease(overlay);
  if (release === undefined || release.release === 0)
    throw new LakeError('LS3304', `${name} has no release yet: \`lakesmith run --env ${name}\` makes the first.`);
  return { name, base, release, tables: new Set(ownTables(overlay, release)) };
}

/**
 * Throws unless doing what was prepared in the base makes there what the overlay shows. Models are deterministic, so that it is
 * enough that definitions, inputs and days are the same.
 */
export async function checkPromotion(
  world: { readonly lake: Lake; readonly overlay: Lake; readonly project: Project; readonly today: string },
  promotion: Promotion,
  prepared: Prepared,
): Promise<void> {
  const { lake, project } = world;
  const { name, base } = promotion;
  const after = prepared.sighting.release;
  const before =
    promotion.release.base === undefined ? undefined : await readRelease(lake.state, promotion.release.base);
  for (const step of prepared.plan.steps) {
    const isSame = step.action === 'skip' || step.action === 'alter';
    if (isSame || promotion.tables.has(step.table)) continue;
    // A view that both define alike is only judged again.
    const [definition, view] = [project.tables.get(step.table), promotion.release.views?.[step.table]];
    if (definition?.kind === 'model' && view !== undefined && redefined(definition, view, world.today) === undefined)
      continue;
    throw refused(promotion, `${step.table} would be made in ${base} and is not ${name}'s own (${step.reason})`);
  }
  const lost = prepared.plan.dropped.find((table) => before === undefined || findIn(before, table) === undefined);
  if (lost !== undefined) throw refused(promotion, `${lost} came to ${base} since, and the project does not know it`);
  for (const table of promotion.tables) {
    const definition = project.tables.get(table);
    const made = findIn(promotion.release, table);
    if (definition === undefined || made === undefined) throw refused(promotion, `the project no longer has ${table}`);
    const why =
      definition.kind === 'source'
        ? await differentLoads(world, { definition, made: promotion.release.tables[table], prepared })
        : (redefined(definition, made, world.today) ??
          differentInputs(world.overlay, { made, shown: promotion.release, after, base }) ??
          changedBelow({ table, definition, before, after, base }));
    if (why !== undefined) throw refused(promotion, why);
  }
}

function refused({ name, base }: Promotion, why: string): LakeError {
  return new LakeError(
    'LS3304',
    `${name} cannot be promoted as it is: ${why}. \`lakesmith env refresh ${name}\` and \`lakesmith run --env ${name}\` make it anew on what ${base} has now.`,
    { context: { environment: name, base } },
  );
}

/** The overlay was made by another project, or on another day, than this one. */
function redefined(
  definition: Exclude<ProjectTable, SourceTable>,
  { madeBy }: ReleasedTable | ReleasedView,
  today: string,
): string | undefined {
  const rules = definition.kind === 'reference' ? definition.contentHash : definition.rulesFingerprint;
  if (madeBy?.fingerprint !== definition.fingerprint || madeBy.rulesFingerprint !== rules)
    return `${definition.name} is defined otherwise now than when it was made`;
  const usesClock = definition.kind === 'model' && definition.facts.usesClock;
  return usesClock && madeBy.day !== today ? `${definition.name} was made on another day` : undefined;
}

interface Inputs {
  readonly made: ReleasedTable | ReleasedView;
  /** The overlay's release. */
  readonly shown: Release;
  /** The base's newest. */
  readonly after: Release | undefined;
  readonly base: string;
}

function differentInputs(overlay: Lake, { made, shown, after, base }: Inputs): string | undefined {
  for (const input of Object.keys(made.madeBy?.inputs ?? {})) {
    const read = shown.tables[input];
    if (!isMadeOf(made.madeBy, input, read)) return `${input} changed in it after a table was made of it`;
    if (read !== undefined && !overlay.owns(read.path) && !isSameVersion(read, after?.tables[input]))
      return `${base} has another version of ${input} by now`;
  }
  return undefined;
}

/** Somebody else changed the definition in the base since. */
function changedBelow({
  table,
  definition,
  before,
  after,
  base,
}: {
  readonly table: string;
  readonly definition: Exclude<ProjectTable, SourceTable>;
  readonly before: Release | undefined;
  readonly after: Release | undefined;
  readonly base: string;
}): string | undefined {
  const madeIn = (release: Release | undefined): string | undefined =>
    release === undefined ? undefined : findIn(release, table)?.madeBy?.fingerprint;
  const [then, now] = [madeIn(before), madeIn(after)];
  return then === now || now === definition.fingerprint
    ? undefined
    : `${base} has had another ${table} made since release ${before?.release ?? 0}`;
}

/** A source that the overlay loaded itself must bring the base the same. */
async function differentLoads(
  { lake, overlay }: { readonly lake: Lake; readonly overlay: Lake },
  {
    definition,
    made,
    prepared,
  }: { readonly definition: SourceTable; readonly made: ReleasedTable | undefined; readonly prepared: Prepared },
): Promise<string | undefined> {
  const loaded = made === undefined ? undefined : await overlay.open(made.path, made.version);
  const shown = readLedger(loaded?.domains ?? new Map());
  const sight = prepared.sighting.sources.get(definition.name);
  const released = prepared.sighting.release?.tables[definition.name];
  const known =
    released === undefined
      ? undefined
      : readLedger((await lake.open(released.path, released.version))?.domains ?? new Map());
  const files = [...(known?.files.values() ?? []), ...(sight?.pending ?? [])];
  const changes = (known?.changes ?? 0) + (sight?.changes ?? 0);
  const same = printOf(files) === printOf([...shown.files.values()]) && changes === shown.changes;
  return same ? undefined : `its ${definition.name} holds other files than the base would load`;
}

function printOf(
  files: readonly { readonly path: string; readonly sizeBytes: number; readonly modifiedMs: number }[],
): string {
  const lines = files.map(({ path, sizeBytes, modifiedMs }) => JSON.stringify([path, sizeBytes, modifiedMs]));
  return lines.sort().join('\n');
}
