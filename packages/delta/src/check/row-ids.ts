import { isSupported } from '../features.ts';
import { ROW_TRACKING_DOMAIN, keepsRowIds, rowIdHighWaterMark } from '../mapping/row-tracking.ts';
import { recordCountOf } from '../scan/stats-text.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Findings } from './finding.ts';

/** Checks that every row of the newest version has an id, where the table gives ids, and that no two have the same. */
export function checkRowIds(snapshot: Snapshot, findings: Findings): void {
  if (!isSupported(snapshot.protocol, 'rowTracking')) return;
  const { version } = snapshot;
  const mark = rowIdHighWaterMark(snapshot.domains.get(ROW_TRACKING_DOMAIN));
  const runs: { readonly path: string; readonly first: bigint; readonly last: bigint }[] = [];
  for (const { path, stats, baseRowId, defaultRowCommitVersion } of snapshot.files.values()) {
    const tell = (rule: string, message: string): void =>
      findings.add({ rule, severity: 'error', version, path, message });
    if (baseRowId === undefined || defaultRowCommitVersion === undefined) {
      const what = baseRowId === undefined ? 'baseRowId' : 'defaultRowCommitVersion';
      if (keepsRowIds(snapshot)) tell('row-id-missing', `The file ${path} has no ${what}, and its rows need one.`);
    } else if (defaultRowCommitVersion > version) {
      tell('row-version', `The file ${path} has rows of version ${defaultRowCommitVersion}, which is not there yet.`);
    }
    if (baseRowId === undefined) continue;
    const first = BigInt(baseRowId);
    const last = first + BigInt(recordCountOf(stats) ?? 0) - 1n;
    if (last > mark)
      tell('row-id-mark', `The file ${path} has row ids up to ${last}, and the table says that it gave ${mark + 1n}.`);
    if (last >= first) runs.push({ path, first, last });
  }
  runs.sort((a, b) => (a.first < b.first ? -1 : 1));
  let before = runs[0];
  for (const run of runs.slice(1)) {
    if (before !== undefined && run.first <= before.last) {
      const message = `Rows of the file ${run.path} have the same ids as rows of ${before.path}.`;
      findings.add({ rule: 'row-id-twice', severity: 'error', version, path: run.path, message });
    }
    if (before === undefined || run.last > before.last) before = run;
  }
}
