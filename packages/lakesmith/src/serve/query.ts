import { LakeError } from '../core/errors.ts';
import type { QueryRequest, Relation } from '../engine/engine.ts';
import type { Lake } from '../lake/lake.ts';
import { bindSnapshot } from '../lake/relation.ts';
import type { Release } from '../lake/release.ts';
import { newestRelease, readRelease } from '../lake/release.ts';
import { nearestName } from '../core/nearest-name.ts';
import { isSingleSelect } from '../sql/gate.ts';
import { tableReferences } from '../sql/references.ts';

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
}

/** Binds one SELECT to one release. System tables are no part of releases: they are read as they are now. */
export async function bindQuestion(lake: Lake, question: Question): Promise<BoundQuestion> {
  const release =
    question.release === undefined ? await newestRelease(lake.store) : await readRelease(lake.store, question.release);
  if (release === undefined) throw new LakeError('LS3001', 'There is no release yet: `lakesmith run` makes the first.');
  const [parsed] = await lake.engine.parse([question.sql]);
  if (parsed?.ok !== true) {
    throw new LakeError('LS2101', `The query cannot be parsed: ${parsed?.message ?? 'it is empty'}`, {
      context: { offset: parsed?.offset ?? 0 },
    });
  }
  if (!isSingleSelect(parsed.tree))
    throw new LakeError('LS4004', 'Only one SELECT can be asked here: tables are changed by models and runs.');
  const relations = new Map<string, Relation>();
  for (const reference of tableReferences(parsed.tree)) {
    if (reference.kind === 'function') {
      throw new LakeError(
        'LS4004',
        `${reference.name}() reads from outside the lake: ask reference, bronze, silver, gold and system tables.`,
      );
    }
    const name = reference.schema === '' ? reference.name : `${reference.schema}.${reference.name}`;
    if (!relations.has(name)) relations.set(name, await bindName(lake, release, name));
  }
  return {
    request: { sql: question.sql, relations: [...relations.values()], timezone: question.timezone },
    release: release.release,
  };
}

async function bindName(lake: Lake, release: Release, name: string): Promise<Relation> {
  const released = release.tables[name.toLowerCase()] ?? release.tables[name];
  const path = released?.path ?? (name.startsWith('system.') ? name.replace('.', '/') : undefined);
  const snapshot = path === undefined ? undefined : await lake.open(path, released?.version);
  if (path !== undefined && snapshot !== undefined) return bindSnapshot(lake, name, { path, snapshot });
  const near = nearestName(name, Object.keys(release.tables));
  throw new LakeError(
    'LS3003',
    `Release ${release.release} has no table ${name}${near === undefined ? ': `lakesmith tables` lists those that it has.' : `; did you mean ${near}?`}`,
  );
}
