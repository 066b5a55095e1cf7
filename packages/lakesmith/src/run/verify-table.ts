import { countRows, locate } from '@lakesmith/delta';
import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { count } from '../core/quantity.ts';
import type { Lake } from '../lake/lake.ts';
import type { ReleasedTable } from '../lake/release.ts';
import type { ProjectTable } from '../project/model.ts';
import { readLedger } from '../sources/ledger.ts';
import type { ForeignCommit } from './foreign-commits.ts';
import { foreignCommits } from './foreign-commits.ts';
import type { MadeAgain, VerifyWork } from './made-again.ts';
import { madeAgain } from './made-again.ts';

/** What was found of a released table. */
export interface VerifiedTable {
  readonly table: string;
  readonly version: number;
  readonly rows: number;
  readonly files: number;
  /** What is wrong with its files and its counts. */
  readonly problems: readonly string[];
  readonly again: MadeAgain;
  /** Where something is wrong, the versions up to this one that no run made, the newest first. */
  readonly foreign: readonly ForeignCommit[];
}

export function isWrong({ problems, again }: Pick<VerifiedTable, 'problems' | 'again'>): boolean {
  return problems.length > 0 || again.state === 'different';
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
  const again = await madeAgain(work, released, { path: released.path, snapshot });
  const foreign = isWrong({ problems, again }) ? await foreignUpTo(context.lake, released) : [];
  return { table: table.name, version, rows, files: snapshot.files.size, problems, again, foreign };
}

async function foreignUpTo(lake: Lake, { path, version }: ReleasedTable): Promise<readonly ForeignCommit[]> {
  const head = (await lake.open(path))?.version ?? version;
  return await foreignCommits(lake, path, { head, to: version });
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
