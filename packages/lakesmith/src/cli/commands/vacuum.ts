import { LakeError } from '../../core/errors.ts';
import { count } from '../../core/quantity.ts';
import type { Lake } from '../../lake/lake.ts';
import type { LakeVacuumOptions } from '../../run/vacuum-lake.ts';
import { vacuumLake } from '../../run/vacuum-lake.ts';
import { parseDuration } from '../duration.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { renderBytes } from '../render.ts';

export interface VacuumOptions extends CommonOptions {
  readonly retain?: string;
  readonly keepReleases?: string;
  readonly dryRun?: boolean;
}

/** Deletes what no release of the lake, nor of an environment over it, needs any more. */
export async function vacuum(options: VacuumOptions): Promise<number> {
  const dryRun = options.dryRun === true;
  const keepReleases = options.keepReleases === undefined ? {} : { keepReleases: parseKept(options.keepReleases) };
  const retain = options.retain === undefined ? {} : { retainMs: parseDuration('--retain', options.retain) };
  return await withWorkbench(options, async ({ lake }) => {
    const report = await vacuumLake(groundOf(lake), { ...retain, ...keepReleases, dryRun, nowMs: Date.now() });
    if (options.json === true) {
      printJson({ ok: true, dryRun, ...report });
      return 0;
    }
    for (const path of dryRun ? report.files : []) print(path);
    for (const name of report.busy) print(`! a run of ${name} is at work: its own tables were left alone`);
    const releases = report.releases.length === 0 ? [] : [count(report.releases.length, 'release')];
    const what = [...releases, count(report.files.length, 'file')].join(' and ');
    print(`${what} ${dryRun ? 'would go' : 'deleted'} · ${renderBytes(report.bytes)}`);
    return 0;
  });
}

/** The lake under all overlays. */
function groundOf(lake: Lake): Lake {
  return lake.base === undefined ? lake : groundOf(lake.base);
}

function parseKept(text: string): NonNullable<LakeVacuumOptions['keepReleases']> {
  if (/^[1-9]\d{0,8}$/.test(text)) return { newest: Number(text) };
  if (/^\d+\s*[smhdw]$/.test(text)) return { youngerThanMs: parseDuration('--keep-releases', text) };
  throw new LakeError('LS4001', `--keep-releases takes how many, such as 20, or how old, such as 30d; not ${text}.`);
}
