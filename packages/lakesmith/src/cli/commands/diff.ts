import { writeFile } from 'node:fs/promises';
import { LakeError } from '../../core/errors.ts';
import { listReleases, namesIn, newestRelease, readRelease } from '../../lake/release.ts';
import type { Release } from '../../lake/release.ts';
import { reachOfReleased } from '../../plan/reach.ts';
import type { ComparedRelease, TableDiff } from '../../run/diff-releases.ts';
import { diffReleases } from '../../run/diff-releases.ts';
import { diffMarkdown, diffText } from '../diff-text.ts';
import { interruptSignal } from '../interrupt.ts';
import { maskedInReleases } from '../masked-columns.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { openWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { requireTable } from '../require-table.ts';

export interface DiffOptions extends CommonOptions {
  readonly table?: readonly string[];
  readonly markdown?: string | true;
  /** Show the values of columns that are tagged as personal. */
  readonly reveal?: boolean;
}

/** What is otherwise between two releases, or what two environments show. */
export async function diff(names: readonly string[], options: DiffOptions): Promise<number> {
  if (names.length > 2)
    throw new LakeError('LS4001', `Two can be compared, not ${names.length}: diff prod dev, diff 11 12.`);
  const settings = options.table === undefined ? {} : { about: reachOfReleased(options.table) };
  const benches = new Map<string | undefined, Workbench>();
  const bench = async (env: string | undefined): Promise<Workbench> => {
    const opened =
      benches.get(env) ?? (await openWorkbench({ ...options, ...(env === undefined ? {} : { env }) }, settings));
    benches.set(env, opened);
    return opened;
  };
  const interrupt = interruptSignal();
  try {
    const last = names.at(-1);
    const { before, after, world } =
      names.length === 2
        ? await pairOf(bench, names, options.env)
        : await beforeAndNow(
            await bench(last !== undefined && isRelease(last) ? options.env : (last ?? options.env)),
            last,
          );
    const known = [...new Set([before, after].flatMap(({ release }) => namesIn(release)))];
    for (const name of options.table ?? []) requireTable(name, known);
    const select = options.table === undefined ? undefined : new Set(options.table);
    const masked = await maskedInReleases(world, options);
    const diffs = await diffReleases({ ...world, signal: interrupt.signal, masked, select }, before, after);
    await tell({ before, after, diffs }, options);
    return 0;
  } finally {
    interrupt.stop();
    for (const opened of benches.values()) await opened.close();
  }
}

type Opened = { readonly before: ComparedRelease; readonly after: ComparedRelease; readonly world: Workbench };

async function pairOf(
  bench: (env: string | undefined) => Promise<Workbench>,
  names: readonly string[],
  env: string | undefined,
): Promise<Opened> {
  const [before, after] = await Promise.all(
    names.map(async (name) => {
      const world = await bench(isRelease(name) ? env : name);
      const release = isRelease(name) ? await readRelease(world.lake.state, Number(name)) : await newestOf(world);
      return { world, side: { name: isRelease(name) ? `release ${name}` : name, lake: world.lake, release } };
    }),
  );
  if (before === undefined || after === undefined) throw new LakeError('LS9001', 'There are not two to compare.');
  return { before: before.side, after: after.side, world: after.world };
}

/** An environment against its base; a release, or the newest, against the one before. */
async function beforeAndNow(world: Workbench, name: string | undefined): Promise<Opened> {
  const { lake } = world;
  const number = name !== undefined && isRelease(name) ? Number(name) : undefined;
  const release = number === undefined ? await newestOf(world) : await readRelease(lake.state, number);
  const after = { name: `release ${release.release}`, lake, release };
  if (lake.base !== undefined && number === undefined) {
    const below = await newestRelease(lake.base);
    const base = world.project.base ?? '';
    if (below !== undefined)
      return {
        before: { name: base, lake: lake.base, release: below },
        after: { ...after, name: world.project.environment },
        world,
      };
  }
  const earlier = (await listReleases(lake.state)).filter((other) => other < release.release).at(-1);
  if (earlier === undefined)
    throw new LakeError('LS3003', `There is no release before release ${release.release} to compare it with.`);
  return {
    before: { name: `release ${earlier}`, lake, release: await readRelease(lake.state, earlier) },
    after,
    world,
  };
}

async function newestOf({ lake, project }: Workbench): Promise<Release> {
  const release = await newestRelease(lake);
  if (release !== undefined) return release;
  throw new LakeError('LS3001', `${project.environment} has no release yet: \`lakesmith run\` makes the first.`);
}

function isRelease(name: string): boolean {
  return /^\d{1,15}$/.test(name);
}

async function tell(
  {
    before,
    after,
    diffs,
  }: { readonly before: ComparedRelease; readonly after: ComparedRelease; readonly diffs: readonly TableDiff[] },
  options: DiffOptions,
): Promise<void> {
  if (typeof options.markdown === 'string')
    await writeFile(options.markdown, `${diffMarkdown(before, after, diffs)}\n`);
  if (options.json === true) {
    const sides = [before, after].map(({ name, release }) => ({ name, release: release.release }));
    printJson({ before: sides[0], after: sides[1], tables: diffs });
  } else print(options.markdown === true ? diffMarkdown(before, after, diffs) : diffText(diffs));
}
