import { count } from '../core/quantity.ts';
import { ownTables } from '../lake/environment.ts';
import { newestRelease } from '../lake/release.ts';
import type { RunRecord } from '../run/journal.ts';
import type { ListedRow } from './commands/quarantine.ts';
import { listedJson, listedRows, nameRow } from './commands/quarantine.ts';
import type { RunOptions } from './commands/run.ts';
import { interruptSignal } from './interrupt.ts';
import type { Workbench } from './open.ts';
import { print, printJson } from './output.ts';
import { originText } from '../run/trace.ts';
import { renderTable } from './render.ts';
import { performRun } from './run-opened.ts';
import { temporaryName, withTemporaryEnvironment } from './temporary-environment.ts';

/** What a replay would do. */
interface Preview {
  /** Rows in quarantine that no rule refuses any more. */
  readonly lands: readonly ListedRow[];
  /** Those that stay there. */
  readonly refused: readonly ListedRow[];
  /** Rows that would come there and were not. */
  readonly fresh: readonly ListedRow[];
  readonly failed: readonly { readonly table: string; readonly message: string }[];
}

/** Tells what a replay would do, from one in an environment that is gone after it: nothing of this one changes. */
export async function previewReplay(bench: Workbench, words: readonly string[], options: RunOptions): Promise<number> {
  const waiting = await listedRows(bench, undefined, {});
  const interrupt = interruptSignal();
  try {
    const place = { name: temporaryName(bench, 'replay'), keep: false };
    const preview = await withTemporaryEnvironment(bench, place, async (trial) => {
      const ear = { signal: interrupt.signal, emit: () => undefined };
      const load = await loadsItself(bench);
      const { record } = await performRun(trial, words, options, { cause: 'replay', more: { load }, ...ear });
      return previewOf(record, waiting, await listedRows(trial, undefined, {}));
    });
    if (options.json === true) printJson(asJson(preview));
    else tell(preview);
    return preview.failed.length === 0 ? 0 : 1;
  } finally {
    interrupt.stop();
  }
}

/** A replay also looks at sources that the environment has loaded itself. */
async function loadsItself({ lake, project }: Workbench): Promise<boolean> {
  const own = ownTables(lake, await newestRelease(lake));
  return own.some((table) => project.tables.get(table)?.kind === 'source');
}

function previewOf(record: RunRecord | undefined, waiting: readonly ListedRow[], after: readonly ListedRow[]): Preview {
  const steps = record?.steps ?? [];
  // Without a release nothing would be put anywhere.
  const made = new Set(
    steps.flatMap(({ status, table }) => (status === 'done' && record?.release !== undefined ? [table] : [])),
  );
  const there = new Map(after.map((one) => [one.row.id, one]));
  const known = new Set(waiting.map(({ row }) => row.id));
  const asked = waiting.filter(({ row }) => steps.some(({ table }) => table === row.table));
  return {
    lands: asked.filter(({ row }) => made.has(row.table) && !there.has(row.id)),
    refused: asked
      .filter(({ row }) => !made.has(row.table) || there.has(row.id))
      .map((one) => there.get(one.row.id) ?? one),
    fresh: after.filter(({ row }) => made.has(row.table) && !known.has(row.id)),
    failed: steps.flatMap(({ table, status, error }) =>
      status === 'failed' ? [{ table, message: error?.message ?? '' }] : [],
    ),
  };
}

function asJson({ lands, refused, fresh, failed }: Preview): unknown {
  const lists = { lands: lands.map(listedJson), refused: refused.map(listedJson), fresh: fresh.map(listedJson) };
  return { ok: failed.length === 0, dryRun: true, ...lists, failed };
}

function tell({ lands, refused, fresh, failed }: Preview): void {
  tellRows('would land', lands, false);
  tellRows('would stay in quarantine', refused, true);
  tellRows('would come to it', fresh, true);
  for (const { table, message } of failed) print(`${table} would fail: ${message}`);
  const facts = [`${count(lands.length, 'row')} would land`, `${refused.length} would stay`];
  print(
    `${[...facts, ...(fresh.length === 0 ? [] : [`${fresh.length} would come`])].join(', ')} · nothing was changed`,
  );
}

function tellRows(title: string, rows: readonly ListedRow[], withReasons: boolean): void {
  if (rows.length === 0) return;
  const cells = rows.map(({ row, hidden, origin }) => [
    row.table,
    nameRow(row, hidden),
    ...(withReasons ? [row.reasons.join(', ')] : []),
    origin === undefined ? '' : originText(origin),
  ]);
  print(`${title}:`);
  print(renderTable(['table', 'row', ...(withReasons ? ['reasons'] : []), 'from'], cells));
}
