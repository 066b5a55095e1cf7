import { join } from 'node:path';
import { LakeError } from '../core/errors.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import type { Engine, Relation } from '../engine/engine.ts';
import type { ModelTable, Project } from '../project/model.ts';
import { madeRows } from '../project/script-models.ts';
import type { InputRows } from '../script/make-rows.ts';
import { makeRows } from '../script/make-rows.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import { withTemporaryFolder } from '../storage/temporary-folder.ts';
import { temporaryPlace } from './temporary-place.ts';

interface RowsWork {
  readonly model: ModelTable;
  /** Of its inputs. */
  readonly relations: readonly Relation[];
  readonly moment: FrozenMoment;
  readonly signal?: AbortSignal;
}

interface RowsWorld {
  readonly project: Pick<Project, 'folder' | 'timezone'>;
  readonly engine: Engine;
}

/**
 * Does something with what the SQL of a model reads: its inputs, or the rows that its TypeScript makes of them. These are made once,
 * lie in a file as long as they are needed, and go with it.
 */
export async function withMadeRows<T>(
  world: RowsWorld,
  work: RowsWork,
  act: (relations: readonly Relation[]) => Promise<T>,
): Promise<T> {
  if (work.model.rows === undefined) return await act(work.relations);
  return await withTemporaryFolder(temporaryPlace(world.project), 'rows', async (folder) =>
    act([await made(world, work, join(folder, 'rows.ndjson'))]),
  );
}

async function made(
  { project, engine }: RowsWorld,
  { model, relations, moment, signal }: RowsWork,
  file: string,
): Promise<Relation> {
  if (model.rows === undefined) throw new LakeError('LS9001', `${model.name} is not made by TypeScript.`);
  const { program, columns } = model.rows;
  const { timezone } = project;
  await makeRows({
    table: model.name,
    program,
    folder: project.folder,
    columns,
    inputs: new Map(relations.map((relation) => [relation.name, readingOf(engine, relation, timezone, signal)])),
    file,
    timezone,
    moment: { today: moment.day, now: moment.nowIso },
    ...(signal === undefined ? {} : { signal }),
  });
  const written = columns.map(({ name, type }) => ({ name, type: type === 'binary' ? ('string' as const) : type }));
  return {
    name: madeRows,
    kind: 'text-files',
    format: { type: 'ndjson' },
    columns: written,
    files: [{ location: file, label: `rows of ${model.name}` }],
  };
}

function readingOf(engine: Engine, relation: Relation, timezone: string, signal: AbortSignal | undefined): InputRows {
  const columns = relation.columns.map(({ name }) => name);
  const table = relation.name.split('.').map(quoteName).join('.');
  const sql = `select ${quoteNames(columns)} from ${table}`;
  return {
    columns,
    open: async function* () {
      const options = signal === undefined ? {} : { signal };
      yield* (await engine.query({ sql, relations: [relation], timezone }, options)).batches;
    },
  };
}
