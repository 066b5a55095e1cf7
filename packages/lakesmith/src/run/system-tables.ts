import type { Column } from '../core/schema.ts';
import type { Scalar } from '../engine/engine.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import { pathOfTable } from '../lake/lake.ts';
import { commitTable } from '../lake/commit.ts';
import { stageTable } from '../lake/staged.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { RunContext } from './context.ts';
import type { RunRecord } from './journal.ts';
import { listRuns } from './journal.ts';
import { listVerifications } from './verifications.ts';

interface SystemTable {
  readonly name: string;
  readonly columns: readonly Column[];
  /** The rows of each record after one, with the number of the record, in order. */
  rowsAfter(store: ObjectStore, after: number, loadedBy: (run: number) => Loaded): AsyncIterable<RowsOfRecord>;
}

interface RowsOfRecord {
  readonly record: number;
  readonly rows: readonly (readonly Scalar[])[];
}

/** Files that a run loaded, by table. */
type Loaded = ReadonlyMap<string, readonly LoadedFile[]>;

function ofRuns(
  rowsOf: (record: RunRecord, loaded: Loaded) => readonly (readonly Scalar[])[],
): SystemTable['rowsAfter'] {
  return async function* (store, after, loadedBy) {
    for await (const run of listRuns(store, after)) yield { record: run.run, rows: rowsOf(run, loadedBy(run.run)) };
  };
}

const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

/** What is known of runs and verifications, as tables: the file of each gives its rows, once. */
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
    rowsAfter: ofRuns((run) => [
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
    ]),
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
    rowsAfter: ofRuns((run) =>
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
    ),
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
    rowsAfter: ofRuns((run) =>
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
    rowsAfter: ofRuns((run, loaded) => {
      const told = run.steps.filter((step) => step.loaded.length > 0).map((step) => [step.table, step.loaded] as const);
      return [...new Map([...loaded, ...told])].flatMap(([table, files]) =>
        files.map((file) => [run.run, table, file.path, file.sizeBytes, iso(file.modifiedMs), file.rows]),
      );
    }),
  },
  {
    name: 'system.verified',
    columns: [
      { name: 'verification', type: 'long' },
      { name: 'verified_at', type: 'timestamp' },
      { name: 'release', type: 'long' },
      { name: 'table_name', type: 'string' },
      { name: 'version', type: 'long' },
      { name: 'how', type: 'string' },
      { name: 'result', type: 'string' },
      { name: 'rows_different', type: 'long' },
      { name: 'problems', type: 'long' },
      { name: 'keys', type: 'long' },
      { name: 'of_keys', type: 'long' },
      { name: 'keys_of_inputs', type: 'long' },
      { name: 'of_keys_of_inputs', type: 'long' },
      { name: 'seed', type: 'long' },
    ],
    rowsAfter: async function* (store, after) {
      for await (const { verification, at, release, tables } of listVerifications(store, after))
        yield {
          record: verification,
          rows: tables.map((one) => [
            verification,
            at,
            release,
            one.table,
            one.version,
            one.how,
            one.result,
            one.rows,
            one.problems,
            one.keys ?? null,
            one.of ?? null,
            one.keysOfInputs ?? null,
            one.ofInputs ?? null,
            one.seed ?? null,
          ]),
        };
    },
  },
];

/** Their names. */
export const systemTableNames: readonly string[] = systemTables.map(({ name }) => name);

const appId = 'lakesmith:journal';

/** Brings every run and verification that is not there yet into the system tables. Only for the holder of the lease. */
export async function foldJournal(context: RunContext, loadedBy: (run: number) => Loaded): Promise<void> {
  for (const table of systemTables) {
    const path = context.lake.own(pathOfTable(table.name));
    const base = await context.lake.open(path);
    const folded = Number(base?.txns.get(appId)?.version ?? 0);
    const rows: (readonly Scalar[])[] = [];
    let last = folded;
    for await (const { record, rows: some } of table.rowsAfter(context.lake.state, folded, loadedBy)) {
      rows.push(...some);
      last = record;
    }
    // A table without rows is there to be asked.
    if (base !== undefined && (last === folded || rows.length === 0)) continue;
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
