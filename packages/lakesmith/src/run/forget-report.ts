import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { LakeError } from '../core/errors.ts';
import type { Certificate, ErasedSubject, Erasure } from '../lake/erasure.ts';
import { listCertificates, listErasures, readSalt } from '../lake/erasure.ts';
import type { Lake } from '../lake/lake.ts';
import { newestRelease } from '../lake/release.ts';
import type { Project } from '../project/model.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { FoundTable, LandingRows, Namesake } from './forget-find.ts';
import { findLanding, findNamesakes, findRows, isAside, subjectOf } from './forget-find.ts';
import type { ForgetScope } from './forget-scope.ts';
import { scopeOf } from './forget-scope.ts';
import type { NamedRows } from './forget-subject.ts';
import { carriersOf, rootsOf } from './forget-subject.ts';
import { findTexts, textsOf } from './forget-verify.ts';
import { prepareColumns } from './prepare.ts';
import { quarantineTable } from './quarantine.ts';

/** What forgetting some rows comes to. */
export interface ForgetReport {
  readonly scope: ForgetScope;
  readonly tables: readonly FoundTable[];
  /** Tables outside of the scope in which the values stand too. */
  readonly elsewhere: readonly { readonly table: string; readonly rows: number }[];
  /** Other sources with columns of the same names that have such rows: they may be meant, or have other numbers under the name. */
  readonly namesakes: readonly Namesake[];
  readonly landing: readonly LandingRows[];
  /** The erasure that forgot the same before, and is done. */
  readonly before: Certificate | undefined;
}

interface World {
  readonly project: Project;
  readonly lake: Lake;
  readonly clock: Clock;
}

/** Looks what would go. Writes nothing. */
export async function reportForget(world: World, rows: readonly NamedRows[]): Promise<ForgetReport> {
  const salt = (await readSalt(world.lake.store)) ?? newSalt();
  const report = await lookAt(world, await scopeFor(world, rows), salt);
  const { scope, tables, landing } = report;
  // What was begun is finished, whatever is left of it.
  const isBegun = (await knownErasure(world.lake.store, subjectsOf(scope, salt))) !== undefined;
  const isThere =
    tables.some(({ name, rows: found = 0 }) => name !== quarantineTable && found > 0) || landing.length > 0;
  if (!isBegun && !isThere && !(await isAside({ ...world, salt }, scope))) throw neverThere(rows);
  return report;
}

/** A value that is mistyped must not cost the releases of the lake. */
function neverThere(rows: readonly NamedRows[]): LakeError {
  const asked = rows.map(({ table, values }) => {
    const shown = Object.entries(values).map(([column, value]) => `${column}=${value}`);
    return `${table} with ${shown.join(', ')}`;
  });
  const rest = 'files that no release reads go with `lakesmith vacuum --retain 0d`';
  return new LakeError(
    'LS3006',
    `There is no row of ${asked.join(', nor of ')}, now or in a release: nothing is to be forgotten (${rest}).`,
  );
}

/** Where the rows may be, by the names that the user gave. */
export async function scopeFor(world: World, rows: readonly NamedRows[]): Promise<ForgetScope> {
  const { project, lake } = world;
  const bound = await prepareColumns(world, [...project.tables.keys()]);
  const roots = rootsOf(bound, rows);
  return await scopeOf({ project, lake }, { roots, carriers: carriersOf(bound, roots) });
}

/** The same for a scope that is known. */
export async function lookAt(world: World, scope: ForgetScope, salt: string): Promise<ForgetReport> {
  const { lake } = world;
  const release = await newestRelease(lake);
  if (release === undefined) throw new LakeError('LS3001', 'There is no release yet: `lakesmith run` makes the first.');
  const own = new Set(scope.tables.map(({ name }) => name));
  const texts = textsOf(scope.roots);
  const { found } = texts.length === 0 ? { found: [] } : await findTexts(world, texts, release);
  const known = await knownErasure(lake.store, subjectsOf(scope, salt));
  const done = (await listCertificates(lake.store)).find((one) => one.erasure === known?.erasure);
  return {
    scope,
    tables: await findRows({ ...world, salt }, scope),
    elsewhere: found.filter(({ table }) => !own.has(table)),
    namesakes: await findNamesakes({ ...world, salt }, scope, release),
    landing: await findLanding({ ...world, salt }, scope),
    before: done,
  };
}

function newSalt(): string {
  return randomBytes(32).toString('hex');
}

/** What the lake keeps of the rows. */
export function subjectsOf({ roots }: ForgetScope, salt: string): readonly ErasedSubject[] {
  return roots.map((root) => subjectOf(salt, root));
}

/** The newest erasure of the very same rows. */
export async function knownErasure(
  store: ObjectStore,
  subjects: readonly ErasedSubject[],
): Promise<Erasure | undefined> {
  const print = (all: readonly ErasedSubject[]): string =>
    JSON.stringify(all.map(({ table, hash }) => table + hash).sort());
  return (await listErasures(store)).findLast((one) => print(one.subjects) === print(subjects));
}
