import { count } from '../core/quantity.ts';
import type { ChangeReport } from '../lake/rewrite-table.ts';
import type { WriteReport } from '../lake/table-rows.ts';
import { print, printJson } from './output.ts';
import { renderBytes } from './render.ts';

/** Tells what an action on a table did. */
export function reportWrite(
  report: WriteReport & Partial<ChangeReport>,
  { json, startedMs }: { readonly json: boolean | undefined; readonly startedMs: number },
): void {
  const elapsedMs = Math.round(performance.now() - startedMs);
  if (json === true) {
    printJson({ ok: true, ...report, elapsedMs });
    return;
  }
  const { version, operation, filesAdded, filesRemoved, filesMarked = 0, rowsWritten, bytesWritten } = report;
  const changes = { inserted: report.rowsInserted, updated: report.rowsUpdated, deleted: report.rowsDeleted };
  const facts = [
    `version ${version}`,
    operation.toLowerCase(),
    ...Object.entries(changes).flatMap(([what, rows = 0]) => (rows === 0 ? [] : [`${count(rows, 'row')} ${what}`])),
    ...(rowsWritten === 0 ? [] : [`${count(rowsWritten, 'row')} written`]),
    ...(filesAdded === 0 ? [] : [`${count(filesAdded, 'file')} added`, renderBytes(bytesWritten)]),
    ...(filesRemoved === 0 ? [] : [`${count(filesRemoved, 'file')} removed`]),
    ...(filesMarked === 0 ? [] : [`${count(filesMarked, 'file')} marked`]),
    `${elapsedMs} ms`,
  ];
  print(facts.join(' · '));
}

/** Tells that nothing was to be done. */
export function reportNothing(
  why: string,
  { json, version }: { readonly json: boolean | undefined; readonly version: number },
): void {
  if (json === true) printJson({ ok: true, version, filesAdded: 0, filesRemoved: 0, rowsWritten: 0, bytesWritten: 0 });
  else print(`${why}; the table stays at version ${version}.`);
}
