import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { pathOfTable } from '../lake/lake.ts';
import { columnsOf } from '../lake/relation.ts';
import type { ReleasedView } from '../lake/release.ts';
import type { ModelTable } from '../project/model.ts';
import type { BoundTable, RunContext } from './context.ts';
import { momentOf } from './context.ts';
import { modelSql } from './model-sql.ts';
import { madeBy } from './stage-model.ts';
import { whyNotOver } from './view-fit.ts';

/** A view as a release has it. LS2101 when the tables, as they are in this run, do not fit it. */
export async function defineView(
  context: RunContext,
  {
    model,
    columns,
    inputs,
  }: {
    readonly model: ModelTable;
    readonly columns: readonly Column[];
    /** The tables that it reads, at the versions of this run. */
    readonly inputs: ReadonlyMap<string, BoundTable>;
  },
): Promise<ReleasedView> {
  const view: ReleasedView = {
    path: context.lake.own(pathOfTable(model.name)),
    sql: await modelSql(context.engine, { model, columns, moment: momentOf(context) }),
    columns,
    key: model.key,
    madeBy: madeBy(context, { model, inputs }),
  };
  const columnsIn = (table: string): readonly Column[] | undefined => {
    const found = inputs.get(table);
    return found === undefined ? undefined : columnsOf(found.snapshot);
  };
  const why = await whyNotOver(view, columnsIn, { engine: context.engine, timezone: context.project.timezone });
  if (why === undefined) return view;
  throw new LakeError('LS2101', `${model.name} does not fit the tables that it reads: ${why}. Make these too.`);
}
