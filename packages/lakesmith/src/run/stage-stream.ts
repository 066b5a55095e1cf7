import { LakeError } from '../core/errors.ts';
import { count } from '../core/quantity.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { Relation } from '../engine/engine.ts';
import { bindNewRows } from '../lake/new-rows.ts';
import { columnsOf } from '../lake/relation.ts';
import { stageSame } from '../lake/replace-rows.ts';
import type { StagedTable } from '../lake/staged.ts';
import { stageTable } from '../lake/staged.ts';
import { commandIn } from '../project/command-line.ts';
import type { BoundProject, ModelTable, Project, StreamSettings } from '../project/model.ts';
import { compilerOf } from './compiler.ts';
import type { RunContext } from './context.ts';
import { momentOf } from './context.ts';
import { inputOf } from './mentions.ts';
import { modelSql } from './model-sql.ts';
import { proveModel } from './prove-models.ts';
import { readRows } from './read-rows.ts';
import type { ScratchRows } from './scratch-rows.ts';
import { withScratchRows } from './scratch-rows.ts';
import type { ModelWork } from './stage-model.ts';
import { madeBy } from './stage-model.ts';
import { commitGroups } from './stream-joins.ts';
import { rangesBehind, streamPlace } from './stream-place.ts';

export interface StreamWork extends ModelWork {
  readonly stream: StreamSettings;
  readonly bound: BoundProject;
  /** Tables that this run has staged, by name. */
  readonly staged: ReadonlyMap<string, StagedTable>;
}

/** New rows of the table that a stream follows, and what the other inputs are for them. */
interface StreamPart {
  /** Every input under its name. */
  readonly relations: readonly Relation[];
  /** The same where each row says in which of `locations` it lies. */
  readonly placed: readonly Relation[];
  readonly locations: readonly string[];
}

export interface StagedStream {
  readonly staged: StagedTable;
  readonly parts: readonly StreamPart[];
  /** How many rows of the followed table went or changed: what they made stays. */
  readonly lost: number;
}

/**
 * Adds to a stream what its SELECT gives for the rows that are new, and hands it on before what that was made of is gone. LS3012, and
 * nothing is written, when it is not known any more which rows are new.
 */
export async function withStagedStream<T>(
  context: RunContext,
  work: StreamWork,
  act: (staged: StagedStream) => Promise<T>,
): Promise<T> {
  return await withScratchRows(context, async (scratch) => {
    const { parts, lost } = await findParts(context, work, scratch);
    return await act({ staged: await stageParts(context, work, { parts, scratch }), parts, lost });
  });
}

async function stageParts(
  context: RunContext,
  work: StreamWork,
  { parts, scratch }: { readonly parts: readonly StreamPart[]; readonly scratch: ScratchRows },
): Promise<StagedTable> {
  const { model, path, columns } = work;
  const { lake } = context;
  const base = await lake.open(path);
  const made = madeBy(context, work);
  if (base === undefined) throw new LakeError('LS9001', `${model.name} is to go on, and is not there.`);
  const isWider = columnsOf(base).length < columns.length;
  if (parts.length === 0 && !isWider) return stageSame(lake, { table: model.name, path, base, madeBy: made });
  const sql = await inTableColumns(context, work);
  const { timezone } = context.project;
  const rows: Relation[] = [];
  for (const [i, { relations }] of parts.entries())
    rows.push((await scratch.keep(`__part${i}`, { sql, relations, columns })).relation);
  const nothing: Relation = { name: '__none', kind: 'empty', columns };
  const relations = rows.length === 0 ? [nothing] : rows;
  return await stageTable(lake, {
    table: model.name,
    path,
    base,
    mode: 'append',
    query: { sql: relations.map(({ name }) => `select * from ${name}`).join(' union all '), relations, timezone },
    columns,
    storage: model.storage,
    details: () => ({ operation: 'APPEND', madeBy: made }),
    signal: context.signal,
  });
}

/** The SELECT with its columns where the table has them, and null in those that it no longer gives. */
async function inTableColumns(context: RunContext, { model, columns, bound }: StreamWork): Promise<string> {
  const { engine, project } = context;
  const sql = await modelSql(engine, { model, columns, moment: momentOf(context) });
  const inputs = new Map(model.inputs.map((name) => [name, bound.schemas.get(name) ?? []]));
  const found = await compilerOf(engine).bind(sql, inputs, project.timezone);
  if (!found.ok) throw new LakeError('LS2101', found.message);
  const given = new Set(found.columns.map(({ name }) => name.toLowerCase()));
  const items = columns.map(({ name, type }) =>
    given.has(name.toLowerCase())
      ? `_rows.${quoteName(name)}`
      : `cast(null as ${toEngineType(type)}) as ${quoteName(name)}`,
  );
  return `select ${items.join(', ')} from (${sql}\n) as _rows`;
}

async function findParts(
  context: RunContext,
  work: StreamWork,
  scratch: ScratchRows,
): Promise<{ readonly parts: readonly StreamPart[]; readonly lost: number }> {
  const { lake } = context;
  const { model, path, stream } = work;
  const { follows } = stream;
  const base = await lake.open(path);
  if (base === undefined) throw new LakeError('LS9001', `${model.name} is to go on, and is not there.`);
  try {
    const place = await streamPlace(lake, { path, base, follows });
    const table = inputOf(work.inputs, follows);
    const ranges = await rangesBehind(lake, place, { table, staged: work.staged.get(follows) });
    const identity = { key: keyOf(follows, work), columns: await columnsRead(context, work) };
    const parts: StreamPart[] = [];
    let lost = 0;
    for (const [number, range] of ranges.entries()) {
      const name = `__new${number}`;
      const rows = await bindNewRows(lake, `__changes${number}`, { ...range, identity });
      const columns = columnsOf(range.now);
      const marks = ['_commit_version', '__ls_file', '__ls_position'].map((mark) => ({
        name: mark,
        type: 'long' as const,
      }));
      const kept = await scratch.keep(name, {
        sql: rows.sql,
        relations: rows.relations,
        columns: [...columns, ...marks],
      });
      lost += rows.lost === undefined ? 0 : await askNumber(context, rows.lost, rows.relations);
      if (kept.rows === 0) continue;
      const staged = work.staged.get(follows)?.path === range.path ? range.now.version : undefined;
      for (const { versions, others } of await commitGroups(context, work, { commits: rows.commits, staged })) {
        const only = ` from ${name} where _commit_version in (${versions.join(', ')})`;
        if ((await askNumber(context, `select count(*)${only}`, [kept.relation])) === 0) continue;
        const names = quoteNames(columns.map((column) => column.name));
        const driven: Relation = { name: follows, kind: 'sql', columns, sql: `select ${names}${only}` };
        const placed: Relation = {
          ...driven,
          columns: [...columns, ...marks.slice(1)],
          sql: `select ${names}, __ls_file, __ls_position${only}`,
        };
        const beside = [kept.relation, ...others];
        parts.push({ relations: [...beside, driven], placed: [...beside, placed], locations: rows.locations });
      }
    }
    return { parts, lost };
  } catch (error) {
    throw context.signal.aborted ? error : lostPlace(error, context.project, { name: model.name, follows });
  }
}

/** What a table that is not known any more as it was then means for the stream. */
function lostPlace(
  error: unknown,
  project: Project,
  { name, follows }: { readonly name: string; readonly follows: string },
): unknown {
  const codes: readonly string[] = ['LS3003', 'LS3004', 'LS3009', 'LS3012'];
  if (!(error instanceof LakeError) || !codes.includes(error.code)) return error;
  const why = error.message.replace(/\.$/, '');
  return new LakeError(
    'LS3012',
    `${name} cannot go on where it was in ${follows}: ${why}. It stays as it is. ${commandIn(project, `run ${name} --full`)} makes it anew from what ${follows} has now: rows whose input is gone go with it.`,
    { context: { table: name, input: follows }, cause: error },
  );
}

/** What tells a row of the followed table from all others; in a source of files, a key stands as often as it came. */
function keyOf(follows: string, { bound }: StreamWork): readonly string[] {
  const table = bound.project.tables.get(follows);
  const isUnique =
    table?.kind === 'source'
      ? table.from.kind === 'connection'
      : table?.kind === 'model' && table.modelKind === 'table';
  return isUnique && table !== undefined ? table.key : [];
}

/** The columns of the followed table that the SELECT looks at: rows that differ in others are the same to it. */
async function columnsRead(context: RunContext, { model, stream, bound }: StreamWork): Promise<ReadonlySet<string>> {
  const moment = momentOf(context);
  const result = await proveModel(model, { bound, engine: context.engine, moment });
  const all = (bound.schemas.get(stream.follows) ?? []).map(({ name }) => name);
  if (!result.ok) return new Set(all);
  const { leaves, occurrences } = result.proof;
  return new Set(
    leaves.flatMap(({ occurrence, columns }) => (occurrences[occurrence] === stream.follows ? columns : [])),
  );
}

async function askNumber(context: RunContext, sql: string, relations: readonly Relation[]): Promise<number> {
  const { rows } = await readRows(
    context.engine,
    { sql, relations, timezone: context.project.timezone },
    context.signal,
  );
  return Number(rows[0]?.[0] ?? 0);
}

/** '3 rows of bronze.x went or changed: what they made stays'; '' for none. */
export function lostText(lost: number, { stream }: Pick<ModelTable, 'stream'>): string {
  return lost === 0 ? '' : `${count(lost, 'row')} of ${stream?.follows ?? ''} went or changed: what they made stays`;
}
