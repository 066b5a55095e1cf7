import { LakeError } from '../../core/errors.ts';
import type { Release } from '../../lake/release.ts';
import { listReleases, readRelease } from '../../lake/release.ts';
import { goBack } from '../../run/go-back.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { count } from '../../core/quantity.ts';
import { moment, renderTable } from '../render.ts';
import { programVersion } from '../version.ts';

export async function releaseList(options: CommonOptions): Promise<number> {
  return await withWorkbench(options, async ({ lake }) => {
    const releases = await Promise.all(
      (await listReleases(lake.store)).reverse().map((number) => readRelease(lake.store, number)),
    );
    if (options.json === true) printJson(releases);
    else if (releases.length === 0) print('no release yet: `lakesmith run` makes the first');
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
  return [release.release, moment(release.at), release.run, release.cause, Object.keys(release.tables).length];
}

function changed(release: Release, before: Release | undefined): number {
  return Object.entries(release.tables).filter(([name, table]) => before?.tables[name]?.version !== table.version)
    .length;
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
    else
      print(
        `release ${release.release} ─ ${count(Object.keys(release.tables).length, 'table')} as release ${to} had them`,
      );
    return 0;
  });
}
