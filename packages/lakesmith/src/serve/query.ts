import type { Diagnostic } from '../core/errors.ts';
import { LakeError } from '../core/errors.ts';
import type { Engine, QueryRequest, Relation } from '../engine/engine.ts';
import type { Lake } from '../lake/lake.ts';
import { pathOfTable } from '../lake/lake.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { OpenTable } from '../lake/bind-view.ts';
import { bindView } from '../lake/bind-view.ts';
import type { KeptCommit } from '../lake/kept-run.ts';
import { filesOf, openKept } from '../lake/kept-run.ts';
import type { ReleasedView } from '../lake/release.ts';
import { inputsOfView } from '../lake/release.ts';
import { nearestName } from '../core/nearest-name.ts';
import { changesOf } from '../run/load-changes.ts';
import { compilerOf } from '../run/compiler.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import { freezeClock } from '../sql/clock.ts';
import type { SqlParse } from '../sql/compiler.ts';
import { selectFacts } from '../sql/facts.ts';
import { isSingleSelect } from '../sql/gate.ts';
import { speaking } from '../sql/speaking.ts';
import type { Vocabulary } from '../sql/vocabulary.ts';
import { tableReferences } from '../sql/references.ts';
import { placeInQuestion, questionError } from './question-error.ts';
import type { Shown } from './shown.ts';

const changesSuffix = changesOf('');

export interface Question {
  readonly sql: string;
  readonly timezone: string;
  /** Parameters and macros that it may use. */
  readonly words: Vocabulary;
  /** Where the project's clock stands; undefined: it goes. */
  readonly moment: FrozenMoment | undefined;
}

/** Binds one SELECT to the tables that it names. System tables are no part of releases: they are read as they are now. */
export async function bindQuestion(lake: Lake, shown: Shown, question: Question): Promise<QueryRequest> {
  const { steps } = question.words;
  // A view is what the release says, and not the project.
  const words = { ...question.words, steps: new Map([...steps].filter(([, { isView }]) => !isView)) };
  const [parsed] = await speaking(compilerOf(lake.engine), words).parse([question.sql]);
  if (parsed?.ok !== true) {
    const message = `The query cannot be parsed: ${parsed?.message ?? 'it is empty'}`;
    const found =
      parsed?.word === undefined ? { code: 'LS2101' as const, message } : { ...parsed.word, message: parsed.message };
    throw questionError({ ...found, ...placeInQuestion(question.sql, parsed?.offset ?? 0) });
  }
  if (!isSingleSelect(parsed.tree))
    throw new LakeError('LS4004', 'Only one SELECT can be asked here: tables are changed by models and runs.');
  const relations = new Map<string, readonly Relation[]>();
  for (const reference of tableReferences(parsed.tree)) {
    if (reference.kind === 'function') {
      if (!reference.readsOutside) continue;
      throw new LakeError(
        'LS4004',
        `${reference.name}() reads from outside the lake: ask reference, bronze, silver, gold and system tables.`,
      );
    }
    const name = reference.schema === '' ? reference.name : `${reference.schema}.${reference.name}`;
    if (relations.has(name)) continue;
    const place = placeInQuestion(question.sql, reference.offset);
    relations.set(name, await bindName(lake, shown, { name, place }));
  }
  const sql = await plainText(lake.engine, question, parsed);
  return { sql, relations: [...relations.values()].flat(), timezone: question.timezone };
}

/** The question without words of the project, at the moment where its clock stands: its own text when it has neither. */
async function plainText(
  engine: Engine,
  { sql, moment }: Question,
  { tree, uses }: Extract<SqlParse, { readonly ok: true }>,
): Promise<string> {
  const { usesClock, usesNow } = selectFacts(tree);
  const stopped = moment !== undefined && (usesClock || usesNow) ? freezeClock(tree, moment) : tree;
  if (uses === undefined && stopped === tree) return sql;
  const [text = sql] = await engine.print([stopped]);
  return text;
}

interface Place {
  readonly path: string;
  readonly version?: number;
}

/** What is shown under a name: a table, or the changes of one that follows a change log. */
function placeIn(lake: Lake, { tables }: Shown, name: string): Place | undefined {
  const lower = name.toLowerCase();
  const log = lower.endsWith(changesSuffix) ? tables[lower.slice(0, -changesSuffix.length)]?.changes : undefined;
  const found = tables[lower] ?? tables[name] ?? log;
  if (found !== undefined) return found;
  return name.startsWith('system.') ? { path: lake.own(pathOfTable(name)) } : undefined;
}

async function bindName(lake: Lake, shown: Shown, { name, place }: Named): Promise<readonly Relation[]> {
  const lower = name.toLowerCase();
  const commit = shown.staged.get(lower) ?? shown.staged.get(name);
  if (commit !== undefined) return [await bindLakeTable(lake, name, await openStaged(lake, shown, commit))];
  const view = shown.views[lower] ?? shown.views[name];
  if (view !== undefined) return await bindView(lake, name, view, await stagedInputs(lake, shown, view));
  const found = placeIn(lake, shown, name);
  const snapshot = found === undefined ? undefined : await lake.open(found.path, found.version);
  if (found !== undefined && snapshot !== undefined)
    return [await bindLakeTable(lake, name, { path: found.path, snapshot })];
  const names = Object.entries(shown.tables).flatMap(([table, { changes }]) =>
    changes === undefined ? [table] : [table, `${table}${changesSuffix}`],
  );
  const near = nearestName(name, [...names, ...shown.staged.keys(), ...Object.keys(shown.views)]);
  throw questionError({
    code: 'LS3003',
    message: `${shown.name} has no table ${name}`,
    hint: near === undefined ? '`lakesmith tables` lists those that the newest release has' : `Did you mean ${near}?`,
    ...place,
  });
}

/** The tables of a view that only a run has seen; it reads all others as they were committed. */
async function stagedInputs(lake: Lake, shown: Shown, view: ReleasedView): Promise<ReadonlyMap<string, OpenTable>> {
  const open = new Map<string, OpenTable>();
  for (const { name, path, version } of inputsOfView(view)) {
    const commit = shown.staged.get(name);
    if (commit?.path === path && commit.staged.readVersion + 1 === version)
      open.set(name, await openStaged(lake, shown, commit));
  }
  return open;
}

/** LS3010 when files of it were deleted. */
async function openStaged(lake: Lake, { name }: Shown, commit: KeptCommit): Promise<OpenTable> {
  const snapshot = await openKept(lake, commit);
  let isWhole = snapshot !== undefined;
  for (const file of filesOf(lake, commit)) isWhole &&= (await lake.store.head(file)) !== undefined;
  if (snapshot !== undefined && isWhole) return { path: commit.path, snapshot };
  throw new LakeError(
    'LS3010',
    `${name} made ${commit.table} and did not release it, and files of it were deleted since: run again to make it anew.`,
  );
}

interface Named {
  readonly name: string;
  readonly place: Pick<Diagnostic, 'place' | 'excerpt'>;
}
