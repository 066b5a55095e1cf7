import { resolve } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import { count } from '../../core/quantity.ts';
import type { EnvironmentEntry } from '../../lake/environment.ts';
import { ensureEnvironment, listEnvironments, refreshEnvironment } from '../../lake/environment.ts';
import { overlayFolder, overlayLake } from '../../lake/lake.ts';
import type { Release } from '../../lake/release.ts';
import { listReleases, namesIn, readRelease } from '../../lake/release.ts';
import { explainPlan } from '../../plan/explain.ts';
import { planJson } from '../../plan/plan-json.ts';
import { nodeProjectFiles } from '../../project/files.ts';
import { dayIn } from '../../run/context.ts';
import { dropEnvironment } from '../../run/drop-environment.ts';
import { takeLease } from '../../run/lease.ts';
import { prepare } from '../../run/prepare.ts';
import { checkPromotion, readPromotion } from '../../run/promote.ts';
import { folderStore } from '../../storage/folder.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { CommonOptions } from '../open.ts';
import { declaredIn, lakesOnDisk, withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { moment, renderTable } from '../render.ts';
import { runOn } from '../run-opened.ts';

export type EnvironmentOptions = Pick<CommonOptions, 'project' | 'json'>;

export async function environmentCreate(
  name: string,
  options: EnvironmentOptions & { from?: string },
): Promise<number> {
  const declared = await declaredIn(nodeProjectFiles(resolve(options.project)), name);
  if (declared !== undefined && (declared.base === undefined || (options.from ?? declared.base) !== declared.base))
    throw new LakeError(
      'LS4001',
      declared.base === undefined
        ? `${name} has a lake of its own: \`lakesmith run --env ${name}\` makes it.`
        : `lakesmith.yml bases ${name} on ${declared.base}: leave --from out, or change \`base\` there.`,
    );
  const base = declared?.base ?? options.from ?? 'local';
  return await withWorkbench({ ...options, env: base }, async (bench) => {
    const overlay = overlayLake(bench.lake, name);
    const { known, newest } = await ensureEnvironment(overlay, { name, base }, bench.clock.now());
    if (known !== undefined && known.base !== base)
      throw new LakeError('LS4001', `${name} is there already, and stands on ${known.base}, not on ${base}.`);
    const release = known?.release ?? newest.base;
    if (options.json === true) printJson({ ok: true, environment: name, base, release, created: known === undefined });
    else if (known === undefined)
      print(`${name} ─ ${count(namesIn(newest).length, 'table')} of ${base} release ${release ?? 0}`);
    else print(`${name} is there already ─ it stands on ${base} release ${release ?? 0}; nothing was changed`);
    return 0;
  });
}

export async function environmentRefresh(name: string, options: EnvironmentOptions): Promise<number> {
  const { entry } = await findEnvironment(name, options);
  return await withWorkbench({ ...options, env: entry.base }, async (bench) => {
    const overlay = overlayLake(bench.lake, name);
    const lease = await takeLease(overlay.state);
    try {
      const release = await refreshEnvironment(overlay, entry, bench.clock.now());
      if (options.json === true) printJson({ ok: true, environment: name, base: entry.base, release: release.base });
      else print(`${name} ─ ${entry.base} release ${release.base ?? 0} (was ${entry.release})`);
      return 0;
    } finally {
      await lease.release();
    }
  });
}

export async function environmentDrop(name: string, options: EnvironmentOptions): Promise<number> {
  const { store } = await findEnvironment(name, options);
  await dropEnvironment(store, name);
  if (options.json === true) printJson({ ok: true, environment: name });
  else print(`${name} is gone`);
  return 0;
}

export async function environmentPromote(
  name: string,
  options: EnvironmentOptions & { dryRun?: boolean },
): Promise<number> {
  const { entry } = await findEnvironment(name, options);
  return await withWorkbench({ ...options, env: entry.base }, async (bench) => {
    const { lake, project, clock } = bench;
    const overlay = overlayLake(lake, name);
    const promotion = await readPromotion(overlay, entry);
    const world = { lake, overlay, project, today: dayIn(project.timezone, clock.now()) };
    const wanted = { select: promotion.tables, load: false, apply: true };
    const prepared = await prepare({ ...bench, ...wanted });
    await checkPromotion(world, promotion, prepared);
    if (promotion.tables.size === 0 && prepared.plan.dropped.length === 0) {
      if (options.json === true) printJson({ ok: true, environment: name, changed: false });
      else print(`nothing to promote: every table of ${name} is ${entry.base}'s own`);
      return 0;
    }
    if (options.dryRun === true) {
      if (options.json === true) printJson(planJson(prepared.plan));
      else print(explainPlan(prepared.plan, prepared.bound, `\`lakesmith env promote ${name}\``));
      return 0;
    }
    const approve = async (now: typeof prepared): Promise<void> => await checkPromotion(world, promotion, now);
    return await runOn(bench, [], options, { cause: 'run', more: { ...wanted, approve } });
  });
}

export async function environmentList(options: EnvironmentOptions): Promise<number> {
  const listed: Listed[] = [];
  for (const [environment, store] of await lakesOnDisk(nodeProjectFiles(resolve(options.project)))) {
    listed.push({ name: environment, base: null, ...(await about(store, undefined)) });
    for (const entry of await listEnvironments(store)) {
      const stands = await baseOf(store, entry);
      const { own, ...rest } = await about(folderStore(store, overlayFolder(entry.name)), entry.name);
      listed.push({ name: entry.name, base: { environment: entry.base, ...stands }, own, ...rest });
    }
  }
  if (options.json === true) {
    printJson(listed);
    return 0;
  }
  const rows = listed.map(({ name, base, release, own, tables, at }) => [
    name,
    base === null
      ? ''
      : `${base.environment} release ${base.release}${base.behind === 0 ? '' : `, ${base.behind} behind`}`,
    release === 0 ? 'none' : release,
    base === null ? tables : `${own} of ${tables}`,
    at === undefined ? '' : moment(at),
  ]);
  print(renderTable(['environment', 'stands on', 'release', 'own tables', 'since'], rows));
  return 0;
}

interface Listed {
  readonly name: string;
  readonly base: { readonly environment: string; readonly release: number; readonly behind: number } | null;
  /** Its newest; 0: none. */
  readonly release: number;
  readonly own: number;
  readonly tables: number;
  readonly at: string | undefined;
}

async function about(
  state: ObjectStore,
  environment: string | undefined,
): Promise<Pick<Listed, 'release' | 'own' | 'tables' | 'at'>> {
  const newest = await newestIn(state);
  const tables = Object.values({ ...newest?.tables, ...newest?.views });
  const own = tables.filter(
    ({ path }) => environment === undefined || path.startsWith(`${overlayFolder(environment)}/`),
  );
  return { release: newest?.release ?? 0, own: own.length, tables: tables.length, at: newest?.at };
}

async function newestIn(state: ObjectStore): Promise<Release | undefined> {
  const newest = (await listReleases(state)).at(-1);
  return newest === undefined ? undefined : await readRelease(state, newest);
}

async function baseOf(store: ObjectStore, entry: EnvironmentEntry): Promise<{ release: number; behind: number }> {
  const isOverlay = (await listEnvironments(store)).some(({ name }) => name === entry.base);
  const releases = await listReleases(isOverlay ? folderStore(store, overlayFolder(entry.base)) : store);
  return { release: entry.release, behind: releases.filter((number) => number > entry.release).length };
}

/** An overlay of any lake of the project. */
async function findEnvironment(
  name: string,
  options: EnvironmentOptions,
): Promise<{ readonly entry: EnvironmentEntry; readonly store: ObjectStore }> {
  const files = nodeProjectFiles(resolve(options.project));
  const names: string[] = [];
  const lakes = await lakesOnDisk(files);
  for (const store of lakes.values()) {
    for (const entry of await listEnvironments(store)) {
      if (entry.name === name) return { entry, store };
      names.push(entry.name);
    }
  }
  if (lakes.has(name))
    throw new LakeError('LS3304', `${name} has the lake itself: only environments over another one can be changed so.`);
  const near = nearestName(name, names);
  const next = near === undefined ? '`lakesmith env list` shows those that there are.' : `Did you mean ${near}?`;
  throw new LakeError('LS1007', `There is no environment ${name}. ${next}`);
}
