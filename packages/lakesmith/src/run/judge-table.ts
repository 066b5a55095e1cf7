import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { inputsOf } from '../project/graph.ts';
import type { BoundProject, ProjectTable } from '../project/model.ts';
import type { Evidence } from './audit.ts';
import { auditTable } from './audit.ts';
import type { BoundTable, RunContext } from './context.ts';
import { defineView } from './define-view.ts';
import { withOrigins } from './evidence-origins.ts';
import type { QualityResult } from './journal.ts';
import type { TraceWorld } from './trace.ts';

/** A step that a broken rule or check stopped; the rows that show it come along. */
export class AuditFailure extends LakeError {
  readonly evidence: Evidence;
  readonly quality: readonly QualityResult[];
  constructor(evidence: Evidence, quality: readonly QualityResult[]) {
    super(evidence.kind === 'key' ? 'LS2202' : 'LS2201', evidence.message);
    this.evidence = evidence;
    this.quality = quality;
  }
}

export interface Judged {
  readonly table: Exclude<ProjectTable, { kind: 'source' }>;
  readonly columns: readonly Column[];
  /** undefined: a view, which is read as its SELECT. */
  readonly own: BoundTable | undefined;
  /** What rules found that took rows out. */
  readonly removed: readonly QualityResult[];
  readonly bound: BoundProject;
  /** Every other table, as the run sees it. */
  readonly tables: ReadonlyMap<string, BoundTable>;
}

/** What its key, rules and checks say of a table before anybody can see it; throws what stops it. */
export async function judgeTable(context: RunContext, judged: Judged): Promise<readonly QualityResult[]> {
  const { table, columns, own, removed, bound } = judged;
  const tables = new Map([...judged.tables, ...(own === undefined ? [] : [[table.name, own] as const])]);
  const audit = await auditTable(context, {
    table: table.name,
    // Of a history the key names many versions, one for each time.
    key: table.kind === 'model' && table.history !== undefined ? [...table.key, 'valid_from'] : table.key,
    rules: table.rules,
    checks: table.checks,
    // A check may read what the SELECT reads too.
    auditInputs: inputsOf(table),
    tables,
    columns,
  });
  if (audit.failure === undefined) return audit.quality;
  const world: TraceWorld = {
    project: context.project,
    lake: context.lake,
    open: async (name) => tables.get(name),
    staged: tables,
    view: async (name) => {
      const model = context.project.tables.get(name);
      const found = bound.schemas.get(name);
      return model?.kind === 'model' && model.modelKind === 'view' && found !== undefined
        ? await defineView(context, { model, columns: found, inputs: tables })
        : undefined;
    },
  };
  throw new AuditFailure(
    { ...audit.failure, ...(await withOrigins(world, { table: table.name, key: table.key }, audit.failure)) },
    [...removed, ...audit.quality],
  );
}
