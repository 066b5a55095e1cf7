import type { Column } from '../core/schema.ts';
import type { Scalar } from '../engine/engine.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import { pathOfTable } from '../lake/lake.ts';
import { commitTable } from '../lake/commit.ts';
import { stageTable } from '../lake/staged.ts';
import type { RunContext } from './context.ts';
import type { RunRecord } from './journal.ts';
import { listRuns } from './journal.ts';

interface SystemTable {
  readonly name: string;
  readonly columns: readonly Column[];
  rowsOf(record: RunRecord, loaded: Loaded): readonly (readonly Scalar[])[];
}

/** Files that a run loaded, by table. */
type Loaded = ReadonlyMap<string, readonly LoadedFile[]>;

const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

/** What is known of runs, as tables: each run's file of the journal gives its rows, once. */
const systemTables: readonly SystemTable[] = [
  {
    name: 'system.runs',
    columns: [
      { name: 'run', type: 'long' },
      { name: 'state', type: 'string' },
      { name: 'environment', type: 'string' },
      { name: 'started_at', type: 'timestamp' },
      { name: 'ended_at', type: 'timestamp' },
      { name: 'release', type: 'long' },
      { name: 'steps', type: 'long' },
      { name: 'failed', type: 'long' },
      { name: 'error_code', type: 'string' },
      { name: 'error', type: 'string' },
      { name: 'program', type: 'string' },
    ],
    rowsOf: (run) => [
      [
        run.run,
        // A run that still says so while another one holds the lease has died.
        run.state === 'running' ? 'interrupted' : run.state,
        run.environment,
        iso(run.startedMs),
        iso(run.endedMs),
        run.release ?? null,
        run.steps.length,
        run.steps.filter((step) => step.status === 'failed').length,
        run.error?.code ?? null,
        run.error?.message ?? null,
        run.program,
      ],
    ],
  },
  {
    name: 'system.steps',
    columns: [
      { name: 'run', type: 'long' },
      { name: 'table_name', type: 'string' },
      { name: 'action', type: 'string' },
      { name: 'strategy', type: 'string' },
      { name: 'reason', type: 'string' },
      { name: 'status', type: 'string' },
      { name: 'rows', type: 'long' },
      { name: 'rows_added', type: 'long' },
      { name: 'quarantined', type: 'long' },
      { name: 'version', type: 'long' },
      { name: 'elapsed_ms', type: 'double' },
      { name: 'error_code', type: 'string' },
      { name: 'error', type: 'string' },
      { name: 'blocked_by', type: 'string' },
    ],
    rowsOf: (run) =>
      run.steps.map((step) => [
        run.run,
        step.table,
        step.action,
        step.strategy,
        step.reason,
        step.status,
        step.rows,
        step.rowsAdded,
        step.quarantined,
        step.version ?? null,
        step.elapsedMs,
        step.error?.code ?? null,
        step.error?.message ?? null,
        step.blockedBy ?? null,
      ]),
  },
  {
    name: 'system.quality',
    columns: [
      { name: 'run', type: 'long' },
      { name: 'table_name', type: 'string' },
      { name: 'name', type: 'string' },
      { name: 'kind', type: 'string' },
      { name: 'severity', type: 'string' },
      { name: 'broken', type: 'long' },
      { name: 'rows', type: 'long' },
      { name: 'message', type: 'string' },
      { name: 'value', type: 'double' },
    ],
    rowsOf: (run) =>
      run.steps.flatMap((step) =>
        step.quality.map((result) => [
          run.run,
          step.table,
          result.name,
          result.kind,
          result.severity,
          result.broken,
          result.rows,
          result.message === '' ? null : result.message,
          result.value ?? null,
        ]),
      ),
  },
  {
    name: 'system.ingested',
    columns: [
      { name: 'run', type: 'long' },
      { name: 'table_name', type: 'string' },
      { name: 'path', type: 'string' },
      { name: 'size_bytes', type: 'long' },
      { name: 'modified_at', type: 'timestamp' },
      { name: 'rows', type: 'long' },
    ],
    rowsOf: (run, loaded) => {
      const told = run.steps.filter((step) => step.loaded.length > 0).map((step) => [step.table, step.loaded] as const);
      return [...new Map([...loaded, ...told])].flatMap(([table, files]) =>
        files.map((file) => [run.run, table, file.path, file.sizeBytes, iso(file.modifiedMs), file.rows]),
      );
    },
  },
];

/** Their names. */
export const systemTableNames: readonly string[] = systemTables.map(({ name }) => name);

const appId = 'lakesmith:journal';

/** Brings every run of the journal that is not there yet into the system tables. Only for the holder of the lease. */
export async function foldJournal(context: RunContext, loadedBy: (run: number) => Loaded): Promise<void> {
  for (const table of systemTables) {
    const path = context.lake.own(pathOfTable(table.name));
    const base = await context.lake.open(path);
    const folded = Number(base?.txns.get(appId)?.version ?? 0);
    const rows: (readonly Scalar[])[] = [];
    let last = folded;
    for await (const record of listRuns(context.lake.state, folded)) {
      rows.push(...table.rowsOf(record, loadedBy(record.run)));
      last = record.run;
    }
    if (last === folded || (rows.length === 0 && base !== undefined)) continue;
    const staged = await stageTable(context.lake, {
      table: table.name,
      path,
      base,
      mode: 'append',
      query: {
        sql: 'select * from journal',
        relations: [{ name: 'journal', kind: 'rows', columns: table.columns, rows }],
        timezone: 'UTC',
      },
      columns: table.columns,
      details: () => ({
        operation: 'JOURNAL',
        madeBy: { run: context.run, fingerprint: '', rulesFingerprint: '', inputs: {}, day: undefined },
        txns: [{ appId, version: last }],
      }),
      signal: context.signal,
    });
    await commitTable(context.lake, staged, context.run);
  }
}
