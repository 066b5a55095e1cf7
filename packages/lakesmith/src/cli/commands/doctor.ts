import { statfs } from 'node:fs/promises';
import { writesDeletionVectors } from '@lakesmith/delta';
import { checkFormat, lakeFormat } from '../../lake/format.ts';
import { listCertificates, listErasures } from '../../lake/erasure.ts';
import { filesOf, missingFile } from '../../lake/missing-file.ts';
import { newestRelease } from '../../lake/release.ts';
import { tableInLake } from '../../lake/table-in-lake.ts';
import { largeTable, vectorProperty, vectorWish } from '../../plan/deletion-vectors.ts';
import { commandIn } from '../../project/command-line.ts';
import { reapTemporaries, temporaryLifeMs } from '../../storage/local-temporaries.ts';
import { probeAtomicCreate } from '../../storage/probe.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { count } from '../../core/quantity.ts';
import { renderBytes } from '../render.ts';
import { messageOf } from '../../core/errors.ts';

interface Finding {
  readonly state: 'ok' | '!' | 'bad';
  readonly text: string;
}

/** Says what works on this machine and in this lake, and what does not; exit 1 when something is bad. */
export async function doctor(options: CommonOptions): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const findings = [
      await program(bench),
      await folder(bench),
      await tables(bench),
      ...(await vectors(bench)),
      ...(await drafts(bench)),
      ...(await erasures(bench)),
      ...unset(bench),
    ];
    if (options.json === true) printJson(findings);
    else for (const { state, text } of findings) print(` ${state.padEnd(4)} ${text}`);
    return findings.some((finding) => finding.state === 'bad') ? 1 : 0;
  });
}

async function program({ engine, lake }: Workbench): Promise<Finding> {
  const format = await checkFormat(lake.store);
  const text = `node ${process.versions.node} · ${engine.name} ${engine.version} · lake format ${format?.version ?? 'new'} (this program reads ${lakeFormat}, writes ${lakeFormat})`;
  return { state: 'ok', text };
}

async function folder({ lake, project }: Workbench): Promise<Finding> {
  const path = lake.store.localPath;
  if (path === undefined) return { state: 'ok', text: `${project.lake} is not on this machine` };
  try {
    const probe = await probeAtomicCreate(path);
    const space = await statfs(path);
    const create = probe.ok ? `atomic create works here (${probe.how})` : `no atomic create here: ${probe.why}`;
    return {
      state: probe.ok ? 'ok' : 'bad',
      text: `${project.lake}: ${create}, ${renderBytes(space.bavail * space.bsize)} free`,
    };
  } catch (error) {
    return { state: 'bad', text: `${project.lake}: ${messageOf(error)}` };
  }
}

async function tables({ lake, project }: Workbench): Promise<Finding> {
  const release = await newestRelease(lake);
  if (release === undefined)
    return { state: '!', text: `no release yet: ${commandIn(project, 'run')} makes the first` };
  const unreadable: string[] = [];
  let reader = 1;
  let writer = 1;
  for (const [name, table] of Object.entries(release.tables)) {
    try {
      const snapshot = await lake.open(table.path, table.version);
      if (snapshot === undefined) throw new Error('it is gone');
      const missing = await missingFile(tableInLake(lake, table.path), filesOf(snapshot));
      if (missing !== undefined) throw new Error(`data file ${missing} is gone`);
      reader = Math.max(reader, snapshot.protocol.minReaderVersion);
      writer = Math.max(writer, snapshot.protocol.minWriterVersion);
    } catch (error) {
      unreadable.push(`${name} (${messageOf(error)})`);
    }
  }
  if (unreadable.length > 0) return { state: 'bad', text: `unreadable: ${unreadable.join(', ')}` };
  const total = Object.keys(release.tables).length;
  return {
    state: 'ok',
    text: `release ${release.release}: ${count(total, 'table')}, all files are there, readable by ${reader === 1 ? 'every Delta reader' : `Delta readers of version ${reader}`} (Delta reader ${reader}, writer ${writer})`,
  };
}

/** Which tables have deletion vectors, and which large ones would gain by them. */
async function vectors({ lake, project }: Workbench): Promise<Finding[]> {
  const release = await newestRelease(lake);
  const marked: string[] = [];
  const unmarked: Finding[] = [];
  for (const [name, { path, version, rows }] of Object.entries(release?.tables ?? {})) {
    const snapshot = await lake.open(path, version).catch(() => undefined);
    if (snapshot === undefined) continue;
    if (snapshot.protocol.readerFeatures?.includes('deletionVectors') === true) marked.push(name);
    const table = project.tables.get(name);
    const gains = table !== undefined && rows >= largeTable && vectorWish(table, project.tables) === 'when-large';
    if (!gains || writesDeletionVectors(snapshot)) continue;
    const text = `${name} (${count(rows, 'row')}) has no deletion vectors: to change few rows, whole files are written anew; ${commandIn(project, `run ${name} --full`)} begins with them, \`${vectorProperty}: false\` among its properties keeps it so`;
    unmarked.push({ state: '!', text });
  }
  const readers = 'readers need table features (Spark 3.4, DuckDB, Polars, delta-rs by its query engine)';
  return marked.length === 0
    ? unmarked
    : [{ state: 'ok', text: `deletion vectors: ${marked.join(', ')}; ${readers}` }, ...unmarked];
}

/** Drafts of puts that were killed: those that are surely dead are deleted. */
async function drafts({ lake }: Workbench): Promise<Finding[]> {
  const path = lake.store.localPath;
  if (path === undefined) return [];
  const { deleted, left } = await reapTemporaries(path, temporaryLifeMs);
  if (deleted + left === 0) return [];
  const fate = left === 0 ? 'deleted' : `${deleted} deleted, ${left} too young to be sure or not ours to delete`;
  return [{ state: 'ok', text: `${count(deleted + left, 'draft')} of writes that never finished: ${fate}` }];
}

/** What the lake was told to forget, and still has: a call of `forget` was stopped. */
async function erasures({ lake: { store } }: Workbench): Promise<Finding[]> {
  const done = new Set((await listCertificates(store)).map(({ erasure }) => erasure));
  return (await listErasures(store))
    .filter(({ erasure }) => !done.has(erasure))
    .map(({ erasure, at, subjects }) => {
      const rows = subjects.map(({ table, columns }) => `${table} by ${columns.join(', ')}`).join('; ');
      const text = `erasure ${erasure} of ${at} (rows of ${rows}) was begun and not finished: call forget with the same words again`;
      return { state: 'bad', text };
    });
}

function unset({ project }: Workbench): Finding[] {
  return [...project.connections.values()].flatMap(({ name, scheme, url }): Finding[] => {
    if (scheme === 'none') return [{ state: '!', text: `connection ${name} is none: what needs it is skipped` }];
    if (scheme !== 'sample') return [];
    return [{ state: '!', text: `connection ${name} is ${url}: files of this project, not a database` }];
  });
}
