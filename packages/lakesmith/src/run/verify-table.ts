import { countRows, locate } from '@lakesmith/delta';
import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { count } from '../core/quantity.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { Release, ReleasedTable } from '../lake/release.ts';
import { isMadeOf, placeOf } from '../lake/release.ts';
import type { ModelTable, ProjectTable } from '../project/model.ts';
import { readLedger } from '../sources/ledger.ts';
import type { RunContext } from './context.ts';
import { dayIn, nowIso } from './context.ts';
import type { RowDiff } from './diff-table.ts';
import { compareRows } from './diff-table.ts';
import { withMadeRows } from './made-rows.ts';
import { modelSql } from './model-sql.ts';

/** What was found of a released table. */
export interface VerifiedTable {
  readonly table: string;
  readonly version: number;
  readonly rows: number;
  readonly files: number;
  /** What is wrong with its files and its counts. */
  readonly problems: readonly string[];
  readonly again: MadeAgain;
}

/** Whether a table is what making it again from the same versions of its inputs gives. */
type MadeAgain =
  | { readonly state: 'equal' }
  | { readonly state: 'different'; readonly rows: RowDiff }
  | { readonly state: 'unknown'; readonly why: string };

export interface VerifyWork {
  readonly context: Omit<RunContext, 'run'>;
  readonly release: Release;
  readonly table: ProjectTable;
  readonly masked: ReadonlySet<string>;
  /** Look at files and counts alone. */
  readonly quick: boolean;
}

/** Holds a table of a release against its files, its ledger and its model. Writes nothing. */
export async function verifyTable(work: VerifyWork): Promise<VerifiedTable | undefined> {
  const { context, release, table } = work;
  const released = release.tables[table.name];
  if (released === undefined) return undefined;
  const { version } = released;
  const snapshot = await context.lake.open(released.path, version);
  if (snapshot === undefined)
    throw new LakeError('LS3004', `${table.name} is gone from the lake: ${released.path} has no version ${version}.`);
  const rows = countRows(snapshot) ?? 0;
  const problems = [
    ...(await fileProblems(context, released, snapshot)),
    ...(rows === released.rows ? [] : [`the release says ${count(released.rows, 'row')}, the table has ${rows}`]),
    ...ledgerProblems(table, snapshot, rows),
  ];
  const again = await madeAgain(work, released, snapshot);
  return { table: table.name, version, rows, files: snapshot.files.size, problems, again };
}

async function fileProblems(
  { lake }: VerifyWork['context'],
  { path }: ReleasedTable,
  snapshot: Snapshot,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const file of snapshot.files.values()) {
    const place = locate(file.path);
    if (place.kind !== 'inside') continue;
    const found = await lake.store.head(`${path}/${place.path}`);
    if (found === undefined) problems.push(`${place.path} is not there`);
    else if (found.sizeBytes !== file.size)
      problems.push(`${place.path} has ${found.sizeBytes} bytes, and the log says ${file.size}`);
  }
  return problems;
}

/** Every row of a source of files was loaded by an entry of its ledger, and none twice. */
function ledgerProblems(table: ProjectTable, { domains }: Snapshot, rows: number): readonly string[] {
  if (table.kind !== 'source' || table.from.kind !== 'files') return [];
  const loads = readLedger(domains).loads;
  const loaded = [...new Map(loads.flatMap(({ files }) => files.map((file) => [file.path, file]))).values()];
  const counted = table.from.eachFile === 'replaces' ? loaded.slice(-1) : loaded;
  const expected = counted.reduce((sum, file) => sum + file.rows, 0);
  return loaded.length === 0 || expected === rows
    ? []
    : [`${count(expected, 'row')} of ${count(counted.length, 'file')} were loaded, and the table has ${rows}`];
}

async function madeAgain(work: VerifyWork, released: ReleasedTable, snapshot: Snapshot): Promise<MadeAgain> {
  const { context, table, masked, quick } = work;
  if (table.kind !== 'model') return { state: 'unknown', why: 'it is loaded, and not computed' };
  if (quick) return { state: 'unknown', why: 'only files and counts were looked at' };
  const { madeBy, columns } = released;
  if (madeBy?.fingerprint !== table.fingerprint || madeBy.rulesFingerprint !== table.rulesFingerprint)
    return { state: 'unknown', why: 'the model has changed since it was made' };
  if (table.facts.usesNow) return { state: 'unknown', why: 'it reads now(), which was another moment' };
  const { engine, lake, project, signal } = context;
  try {
    const inputs = await inputsThen(work, table, released);
    if (typeof inputs === 'string') return { state: 'unknown', why: inputs };
    const moment = { day: madeBy.day ?? dayIn(project.timezone, context.clock.now()), nowIso: nowIso(context) };
    const before = await bindLakeTable(lake, 'side_before', { path: released.path, snapshot });
    const sql = await modelSql(engine, { model: table, columns, moment });
    const rows = await withMadeRows(context, { model: table, relations: inputs, moment, signal }, (read) =>
      compareRows({
        engine,
        timezone: project.timezone,
        signal,
        columns,
        key: table.history === undefined ? table.key : [...table.key, 'valid_from'],
        masked,
        closely: true,
        relations: [...read, before, { name: 'side_after', kind: 'sql', columns, sql, exact: true }],
      }),
    );
    return rows.added + rows.removed + rows.changed === 0 ? { state: 'equal' } : { state: 'different', rows };
  } catch (error) {
    if (!(error instanceof LakeError) || signal.aborted) throw error;
    return { state: 'unknown', why: `it cannot be made again: ${error.message}` };
  }
}

/** The inputs at the versions that the table was made of; or why they cannot be had. */
async function inputsThen(
  { context: { lake }, release }: VerifyWork,
  model: ModelTable,
  { madeBy }: ReleasedTable,
): Promise<readonly Relation[] | string> {
  const relations: Relation[] = [];
  for (const name of model.inputs) {
    const input = release.tables[name];
    const log = model.history === undefined ? undefined : input?.changes;
    // Which version of the change log was read is only known while the table itself is as it was.
    if (log !== undefined && !isMadeOf(madeBy, name, input)) return `${name} has gone on since`;
    const at = log ?? { path: placeOf(madeBy, name), version: madeBy?.inputs[name] };
    const snapshot = await lake.open(at.path, at.version);
    if (snapshot === undefined) return `version ${at.version ?? '?'} of ${name} is not there any more`;
    relations.push(await bindLakeTable(lake, name, { path: at.path, snapshot }));
  }
  return relations;
}
