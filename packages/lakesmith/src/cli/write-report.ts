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

const nothing = { filesAdded: 0, filesRemoved: 0, rowsWritten: 0, bytesWritten: 0 };
const noChange = { ...nothing, filesMarked: 0, rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, rowsChanged: 0 };

/** Tells that nothing was to be done. `ofRows`: by a command that tells how many rows it changed. */
export function reportNothing(
  why: string,
  told: {
    readonly json: boolean | undefined;
    readonly version: number;
    readonly startedMs: number;
    readonly ofRows?: true;
  },
): void {
  const { json, version, startedMs, ofRows = false } = told;
  const elapsedMs = Math.round(performance.now() - startedMs);
  if (json === true) printJson({ ok: true, version, ...(ofRows ? noChange : nothing), elapsedMs });
  else print(`${why}; the table stays at version ${version}.`);
}
