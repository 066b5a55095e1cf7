import { readHistory } from '@lakesmith/delta';
import { LakeError } from '../../core/errors.ts';
import { pathOfTable } from '../../lake/lake.ts';
import { newestRelease } from '../../lake/release.ts';
import { listRuns } from '../../run/journal.ts';
import type { RunRecord } from '../../run/journal.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { moment, renderTable, seconds } from '../render.ts';
import { wholeNumber } from '../whole-number.ts';

export async function history(table: string | undefined, options: CommonOptions & { limit: string }): Promise<number> {
  const limit = wholeNumber('--limit', options.limit);
  return await withWorkbench(options, async (bench) => {
    if (table === undefined) await runHistory(bench, limit, options.json === true);
    else await tableHistory(bench, table, limit, options.json === true);
    return 0;
  });
}

async function runHistory({ lake }: Workbench, limit: number, json: boolean): Promise<void> {
  const runs: RunRecord[] = [];
  for await (const record of listRuns(lake.state)) runs.push(record);
  const newest = runs.reverse().slice(0, limit);
  if (json) {
    printJson(newest);
    return;
  }
  print(
    renderTable(
      ['run', 'state', 'release', 'started', 'took', 'tables', 'failed', 'blocked'],
      newest.map((run) => [
        run.run,
        run.state,
        run.release ?? null,
        moment(run.startedMs),
        run.endedMs === undefined ? null : seconds(run.endedMs - run.startedMs),
        run.steps.length,
        run.steps.filter((step) => step.status === 'failed').length,
        run.steps.filter((step) => step.status === 'blocked').length,
      ]),
    ),
  );
}

async function tableHistory({ lake }: Workbench, table: string, limit: number, json: boolean): Promise<void> {
  const release = await newestRelease(lake);
  const released = release?.tables[table];
  const path = released?.path ?? (/^(system|bronze)\./.test(table) ? lake.own(pathOfTable(table)) : undefined);
  if (path === undefined)
    throw new LakeError('LS3003', `${table} does not exist: \`lakesmith tables\` lists those that do.`);
  const versions = await readHistory(lake.io(path), limit);
  if (json) {
    printJson(versions);
    return;
  }
  print(
    renderTable(
      ['version', 'at', 'operation', 'by', 'run'],
      versions.map(({ version, timestampMs, commitInfo }) => [
        version,
        moment(timestampMs),
        commitInfo?.operation ?? '',
        commitInfo?.engineInfo ?? '',
        (commitInfo?.['lakesmith'] as { run?: number } | undefined)?.run ?? null,
      ]),
    ),
  );
}
