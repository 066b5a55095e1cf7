import type { Diagnostic } from '../core/errors.ts';
import { LakeError } from '../core/errors.ts';
import type { QueryRequest, Relation } from '../engine/engine.ts';
import type { Lake } from '../lake/lake.ts';
import { pathOfTable } from '../lake/lake.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { bindReleased } from '../lake/bind-view.ts';
import type { Release } from '../lake/release.ts';
import { newestRelease, readRelease } from '../lake/release.ts';
import { nearestName } from '../core/nearest-name.ts';
import { changesOf } from '../run/load-changes.ts';
import { compilerOf } from '../run/compiler.ts';
import { isSingleSelect } from '../sql/gate.ts';
import { speaking } from '../sql/speaking.ts';
import type { Vocabulary } from '../sql/vocabulary.ts';
import { tableReferences } from '../sql/references.ts';
import { placeInQuestion, questionError } from './question-error.ts';

const changesSuffix = changesOf('');

/** A question bound to the tables that it names, each at the version that one release names. */
export interface BoundQuestion {
  readonly request: QueryRequest;
  readonly release: number;
}

export interface Question {
  readonly sql: string;
  /** undefined: the newest. */
  readonly release: number | undefined;
  readonly timezone: string;
  /** Parameters and macros that it may use. */
  readonly words: Vocabulary;
}

/** Binds one SELECT to one release. System tables are no part of releases: they are read as they are now. */
export async function bindQuestion(lake: Lake, question: Question): Promise<BoundQuestion> {
  const release =
    question.release === undefined ? await newestRelease(lake) : await readRelease(lake.state, question.release);
  if (release === undefined) throw new LakeError('LS3001', 'There is no release yet: `lakesmith run` makes the first.');
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
      throw new LakeError(
        'LS4004',
        `${reference.name}() reads from outside the lake: ask reference, bronze, silver, gold and system tables.`,
      );
    }
    const name = reference.schema === '' ? reference.name : `${reference.schema}.${reference.name}`;
    if (relations.has(name)) continue;
    const place = placeInQuestion(question.sql, reference.offset);
    relations.set(name, await bindName(lake, release, { name, place }));
  }
  const [sql = question.sql] = parsed.uses === undefined ? [] : await lake.engine.print([parsed.tree]);
  return {
    request: { sql, relations: [...relations.values()].flat(), timezone: question.timezone },
    release: release.release,
  };
}

/** What a release has under a name: a table, or the changes of one that follows a change log. */
function placeIn(
  lake: Lake,
  release: Release,
  name: string,
): { readonly path: string; readonly version?: number } | undefined {
  const lower = name.toLowerCase();
  const log = lower.endsWith(changesSuffix)
    ? release.tables[lower.slice(0, -changesSuffix.length)]?.changes
    : undefined;
  const found = release.tables[lower] ?? release.tables[name] ?? log;
  if (found !== undefined) return found;
  return name.startsWith('system.') ? { path: lake.own(pathOfTable(name)) } : undefined;
}

async function bindName(lake: Lake, release: Release, { name, place }: Named): Promise<readonly Relation[]> {
  const view = [name.toLowerCase(), name].find((one) => release.views?.[one] !== undefined);
  if (view !== undefined) return (await bindReleased(lake, release, view, name)) ?? [];
  const found = placeIn(lake, release, name);
  const snapshot = found === undefined ? undefined : await lake.open(found.path, found.version);
  if (found !== undefined && snapshot !== undefined)
    return [await bindLakeTable(lake, name, { path: found.path, snapshot })];
  const names = Object.entries(release.tables).flatMap(([table, { changes }]) =>
    changes === undefined ? [table] : [table, `${table}${changesSuffix}`],
  );
  const near = nearestName(name, [...names, ...Object.keys(release.views ?? {})]);
  throw questionError({
    code: 'LS3003',
    message: `Release ${release.release} has no table ${name}`,
    hint: near === undefined ? '`lakesmith tables` lists those that it has' : `Did you mean ${near}?`,
    ...place,
  });
}

interface Named {
  readonly name: string;
  readonly place: Pick<Diagnostic, 'place' | 'excerpt'>;
}
