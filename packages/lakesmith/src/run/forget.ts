import { LakeError } from '../core/errors.ts';
import type { Certificate, Erasure } from '../lake/erasure.ts';
import { ensureSalt, putCertificate, putErasure } from '../lake/erasure.ts';
import { rollForward } from '../lake/intent.ts';
import type { Release } from '../lake/release.ts';
import type { RunContext } from './context.ts';
import { nowIso } from './context.ts';
import type { FoundTable } from './forget-find.ts';
import { cleanJournal } from './forget-journal.ts';
import { removeErased } from './forget-remove.ts';
import type { ForgetReport } from './forget-report.ts';
import { knownErasure, lookAt, reportForget, scopeFor, subjectsOf } from './forget-report.ts';
import { eraseFromQuarantine, eraseFromSource, eraseFromSystem } from './forget-rows.ts';
import type { ForgetScope } from './forget-scope.ts';
import { settle } from './forget-settle.ts';
import type { NamedRows } from './forget-subject.ts';
import { verifyErased } from './forget-verify.ts';
import { putRun, startRun } from './journal.ts';
import type { Lease } from './lease.ts';
import { takeLease } from './lease.ts';
import type { RunRequest } from './run.ts';
import { runProject } from './run.ts';

export interface ForgetRequest extends Omit<RunRequest, 'select' | 'exactly' | 'full' | 'cause' | 'approve'> {
  readonly rows: readonly NamedRows[];
  /** Who asked for it, for the certificate. */
  readonly reference?: string;
}

export interface Forgotten {
  readonly report: ForgetReport;
  /** undefined: all was forgotten before, and nothing of it came back. */
  readonly certificate: Certificate | undefined;
  /** Where it lies, below the lake. */
  readonly path: string | undefined;
}

/**
 * Removes rows from the lake for good: from its sources, from all that is made of them, and from every version, release, log and note that
 * may show them. What was begun and not finished is finished by a second call; no load brings the rows back from the moment of the first.
 */
export async function forgetRows(request: ForgetRequest, textOf: (done: Certificate) => string): Promise<Forgotten> {
  const { rows } = request;
  const first = await reportForget(request, rows);
  if (first.before !== undefined && first.tables.every((table) => (table.rows ?? 0) === 0))
    return { report: first, certificate: undefined, path: undefined };
  const begun = await withLease(request, async () => await begin(request));
  const models = new Set(begun.report.scope.names.filter((name) => request.project.tables.get(name)?.kind === 'model'));
  // By parts, rows would stay in files that are only marked, or in those that hold others too.
  await runProject({ ...request, select: models, exactly: true, full: models, cause: 'run' });
  const done = await withLease(request, async (lease) => await finish(request, begun, { lease, textOf }));
  return { report: begun.report, ...done };
}

async function withLease<T>({ lake }: ForgetRequest, act: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = await takeLease(lake.state);
  try {
    await rollForward(lake);
    return await act(lease);
  } finally {
    await lease.release();
  }
}

interface Begun {
  readonly report: ForgetReport;
  readonly erasure: Erasure;
  readonly salt: string;
}

/** Writes down what is to be forgotten, then takes it out of the sources. */
async function begin(request: ForgetRequest): Promise<Begun> {
  const { lake, rows, reference } = request;
  const scope = await scopeFor(request, rows);
  const salt = await ensureSalt(lake.store);
  const report = await lookAt(request, scope, salt);
  const subjects = subjectsOf(scope, salt);
  const known = report.before === undefined ? await knownErasure(lake.store, subjects) : undefined;
  const erasure =
    known ??
    (await putErasure(lake.store, {
      at: nowIso(request),
      ...(reference === undefined ? {} : { reference }),
      subjects,
      found: report.tables.flatMap(({ name, rows: found }) =>
        found === undefined ? [] : [{ table: name, rows: found }],
      ),
    }));
  await withRun(request, async (context) => {
    for (const table of scope.tables)
      if (table.kind === 'source' || table.kind === 'changes') await eraseFromSource(context, { scope, table, salt });
    return { made: undefined };
  });
  return { report, erasure, salt };
}

/** When all is made anew: takes out what else tells of the rows, and every version and file from before. */
async function finish(
  request: ForgetRequest,
  { erasure, salt }: Begun,
  { lease, textOf }: { readonly lease: Lease; readonly textOf: (done: Certificate) => string },
): Promise<Pick<Forgotten, 'certificate' | 'path'>> {
  const { lake, rows, program } = request;
  const scope = await scopeFor(request, rows);
  const { release, removal } = await withRun(request, async (context) => {
    const note = `removed by erasure ${erasure.erasure}`;
    await eraseFromQuarantine(context, scope, salt);
    await eraseFromSystem(context, scope, note);
    await cleanJournal(lake.state, { names: new Set([...scope.names, ...scope.gone]), note, before: context.run });
    await lease.check();
    const settled = await settle(context, scope);
    const { erasure: number } = erasure;
    const { releases } = scope;
    const removed = await removeErased(lake, scope, { erasure: number, releases, check: () => lease.check() });
    return { made: { release: settled, removal: removed }, release: settled };
  });
  const verified = await verifyErased({ ...request, salt }, { scope, release });
  const certificate: Certificate = {
    ...erasure,
    done: nowIso(request),
    program,
    release: release.release,
    tables: tablesOf(scope, erasure),
    ...removal,
    bytes: removal.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    verified,
  };
  return { certificate, path: await putCertificate(lake.store, certificate, textOf(certificate)) };
}

/** What became of each table, and how many rows of it were to be forgotten; null: it does not carry them, and is made of them. */
function tablesOf(scope: ForgetScope, { found }: Erasure): Certificate['tables'] {
  const here = scope.tables.map(({ name, kind }) => ({
    table: name,
    fate: fateOf(kind),
    rows: found.find(({ table }) => table === name)?.rows ?? null,
  }));
  return [...here, ...scope.abandoned.map((path) => ({ table: path, fate: 'removed whole', rows: null }))];
}

/** What becomes of a table. */
export function fateOf(kind: FoundTable['kind']): string {
  if (kind === 'model') return 'made anew';
  return kind === 'system' ? 'cleaned' : 'rows deleted';
}

/** A run of its own in the journal, whatever becomes of it. */
async function withRun<T>(
  request: ForgetRequest,
  act: (context: RunContext) => Promise<{ readonly made: T; readonly release?: Release }>,
): Promise<T> {
  const { lake, project, program } = request;
  const record = await startRun(lake.state, { startedMs: Date.now(), environment: project.environment, program });
  try {
    const { made, release } = await act({ ...request, engine: lake.engine, run: record.run });
    const told = release === undefined ? {} : { release: release.release };
    await putRun(lake.state, { ...record, state: 'done', endedMs: Date.now(), ...told });
    return made;
  } catch (error) {
    const code = error instanceof LakeError ? error.code : 'LS9001';
    await putRun(lake.state, { ...record, state: 'failed', endedMs: Date.now(), error: { code, message: 'forget' } });
    throw error;
  }
}
