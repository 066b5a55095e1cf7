import { LakeError } from '../../core/errors.ts';
import type { Release } from '../../lake/release.ts';
import type { Pin } from '../../lake/pin.ts';
import { listPins, pinRelease, unpinRelease } from '../../lake/pin.ts';
import { isSameVersion, isSameView, listReleases, namesIn, readRelease } from '../../lake/release.ts';
import { goBack } from '../../run/go-back.ts';
import { commandIn } from '../../project/command-line.ts';
import type { CommonOptions } from '../open.ts';
import { withLake, withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { toldRelease } from '../told-release.ts';
import { count } from '../../core/quantity.ts';
import { moment, renderBytes, renderTable } from '../render.ts';
import { wholeNumber } from '../whole-number.ts';
import { programVersion } from '../version.ts';

export async function releaseList(options: CommonOptions): Promise<number> {
  return await withLake(options, async ({ lake, project }) => {
    const releases = await Promise.all(
      (await listReleases(lake.state)).reverse().map((number) => readRelease(lake.state, number)),
    );
    if (options.json === true) printJson(releases.map(toldRelease));
    else if (releases.length === 0) print(`no release yet: ${commandIn(project, 'run')} makes the first`);
    else
      print(
        renderTable(
          ['release', 'at', 'run', 'cause', 'tables', 'changed'],
          releases.map((release, i) => [...row(release), changed(release, releases[i + 1])]),
        ),
      );
    return 0;
  });
}

function row(release: Release): [number, string, number, string, number] {
  return [release.release, moment(release.at), release.run, release.cause, namesIn(release).length];
}

function changed(release: Release, before: Release | undefined): number {
  return namesIn(release).filter((name) => isChanged(name, release, before)).length;
}

function isChanged(name: string, release: Release, before: Release | undefined): boolean {
  const isSame = isSameVersion(before?.tables[name], release.tables[name]);
  return !isSame || !isSameView(before?.views?.[name], release.views?.[name]);
}

/** What a release names, and what is otherwise than in the one before. */
export async function releaseShow(wanted: string, options: CommonOptions): Promise<number> {
  const number = wholeNumber('release', wanted);
  return await withLake(options, async ({ lake }) => {
    const release = await readRelease(lake.state, number);
    const earlier = (await listReleases(lake.state)).filter((other) => other < number).at(-1);
    const before = earlier === undefined ? undefined : await readRelease(lake.state, earlier);
    const pin = (await listPins(lake.state)).get(number);
    if (options.json === true) {
      printJson({ ...toldRelease(release), pin: pin ?? null });
      return 0;
    }
    print(
      renderTable(
        ['table', 'rows', 'size', 'version', 'path', 'changed'],
        namesIn(release).map((name) => {
          const table = release.tables[name];
          const facts =
            table === undefined
              ? ['', '', 'view', '']
              : [table.rows, renderBytes(table.bytes), table.version, table.path];
          return [name, ...facts, isChanged(name, release, before) ? 'yes' : ''];
        }),
      ),
    );
    const facts = [`release ${number}`, `${release.cause} ${release.run}`, moment(release.at), ...pinText(pin)];
    print(facts.join(' · '));
    return 0;
  });
}

export async function releasePin(wanted: string, options: CommonOptions & { reason?: string }): Promise<number> {
  const number = wholeNumber('release', wanted);
  return await withWorkbench(options, async ({ lake, clock }) => {
    const at = new Date(clock.now()).toISOString();
    await pinRelease(lake.state, { release: number, reason: options.reason ?? '', at });
    if (options.json === true) printJson({ ok: true, release: number, pinned: true });
    else print(`release ${number} is kept until it is unpinned`);
    return 0;
  });
}

export async function releaseUnpin(wanted: string, options: CommonOptions): Promise<number> {
  const number = wholeNumber('release', wanted);
  return await withLake(options, async ({ lake }) => {
    if (!(await listPins(lake.state)).has(number)) throw new LakeError('LS3003', `Release ${number} is not pinned.`);
    await unpinRelease(lake.state, number);
    if (options.json === true) printJson({ ok: true, release: number, pinned: false });
    else print(`release ${number} goes when it is old`);
    return 0;
  });
}

function pinText(pin: Pin | undefined): readonly string[] {
  if (pin === undefined) return [];
  return [pin.reason === '' ? 'pinned' : `pinned: ${pin.reason}`];
}

export async function releaseBack(wanted: string, options: CommonOptions): Promise<number> {
  const to = Number(wanted);
  if (!Number.isInteger(to) || to < 1)
    throw new LakeError('LS4001', `${wanted} is no release: \`lakesmith release list\` shows those that exist.`);
  return await withWorkbench(options, async ({ lake, clock, project }) => {
    const release = await goBack(
      { lake, clock, environment: project.environment, program: `lakesmith ${programVersion()}` },
      to,
    );
    if (options.json === true) printJson({ ok: true, release: release.release, sameAs: to });
    else print(`release ${release.release} ─ ${count(namesIn(release).length, 'table')} as release ${to} had them`);
    return 0;
  });
}
