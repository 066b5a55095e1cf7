import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { StagedTable } from '../lake/staged.ts';
import { takesNew } from '../plan/judged.ts';
import type { PlanStep } from '../plan/plan.ts';
import { inputsOf } from '../project/graph.ts';
import type { BoundProject, ProjectTable } from '../project/model.ts';
import { fileColumn, positionColumn } from '../sql/origin.ts';
import type { AuditWork, Evidence } from './audit.ts';
import { auditTable } from './audit.ts';
import type { BoundTable, RunContext } from './context.ts';
import { defineView } from './define-view.ts';
import { withOrigins, withPlaces } from './evidence-origins.ts';
import type { QualityResult, StepRecord } from './journal.ts';
import { warningsIn } from './step-record.ts';
import type { TraceWorld } from './trace.ts';
import { isOwnColumn } from '../project/own-columns.ts';

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

/** A table as a step would leave it. */
export interface JudgedStep {
  readonly step: PlanStep;
  readonly table: ProjectTable;
  readonly columns: readonly Column[];
  /** What was written of it; undefined: a view, which is read as its SELECT. */
  readonly staged: StagedTable | undefined;
  /** What rules took out of it before. */
  readonly removed: readonly QualityResult[];
  /** Every other table as the run sees it. */
  readonly tables: ReadonlyMap<string, BoundTable>;
}

/** What its key, rules and checks say of a table before anybody can see it; throws what stops it. */
export async function judgeStep(
  context: RunContext,
  bound: BoundProject,
  work: JudgedStep,
): Promise<Pick<StepRecord, 'quality' | 'warnings' | 'judged'>> {
  const { step, table, columns, staged, removed } = work;
  const own = staged === undefined ? undefined : { path: staged.path, snapshot: staged.snapshot };
  const tables = new Map([...work.tables, ...(own === undefined ? [] : [[table.name, own] as const])]);
  const audit = await auditTable(context, {
    table: table.name,
    key: keyOf(table),
    rules: table.rules,
    checks: table.checks,
    // A check may read what the SELECT reads too.
    auditInputs: inputsOf(table),
    tables,
    columns,
    judged: step.judged ?? [],
    isLoad: takesNew(table),
    shown: shownOf(table, columns),
    added: await addedRowsOf(context, work),
  });
  if (audit.failure === undefined)
    return {
      quality: [...removed, ...audit.quality],
      // What was taken out is no warning: it is told by itself.
      warnings: warningsIn(audit.quality),
      ...(isProof(table, audit.quality) && staged !== undefined ? { judged: standingOf(context, work, staged) } : {}),
    };
  const { placesIn, ...failure } = audit.failure;
  const shown =
    placesIn === undefined
      ? await withOrigins(worldOf(context, bound, tables), { table: table.name, key: table.key }, failure)
      : await withPlaces(context.project, placesIn, failure);
  throw new AuditFailure({ ...failure, ...shown }, [...removed, ...audit.quality]);
}

/** Of a history the key names many versions, one for each time; in bronze a key stands as often as it came. */
function keyOf(table: ProjectTable): readonly string[] {
  if (table.kind === 'source') return [];
  return table.kind === 'model' && table.history !== undefined ? [...table.key, 'valid_from'] : table.key;
}

function shownOf(table: ProjectTable, columns: readonly Column[]): AuditWork['shown'] {
  if (table.kind !== 'source') return { columns: table.key, places: [] };
  const names = columns.map(({ name }) => name).filter((name) => !isOwnColumn(name));
  return { columns: table.key.length === 0 ? names : table.key, places: ['_source', fileColumn, positionColumn] };
}

/** The rows that a step adds, where something is judged by them alone. */
async function addedRowsOf({ lake }: RunContext, { step, table, staged }: JudgedStep): Promise<BoundTable | undefined> {
  const isAsked = step.judged?.some(({ cost }) => cost === 'new rows' || cost === 'changed keys') === true;
  if (!isAsked || staged === undefined) return undefined;
  const { path, snapshot, staged: commit } = staged;
  // What somebody else added since the plan was made is judged by nobody else.
  if (table.kind !== 'source' && commit.readVersion !== step.readVersion) return undefined;
  const base = commit.readVersion < 0 ? undefined : await lake.open(path, commit.readVersion);
  const files = new Map([...snapshot.files].filter(([key]) => base?.files.has(key) !== true));
  return { path, snapshot: { ...snapshot, files } };
}

/** Whether what was found is of use to a later run: loads are judged by themselves. */
function isProof({ kind }: ProjectTable, quality: readonly QualityResult[]): boolean {
  return kind !== 'source' && quality.length > 0;
}

/** By what was judged: enough to know later that nothing of it has changed. */
function standingOf(
  { project }: RunContext,
  { table, tables }: JudgedStep,
  { staged }: StagedTable,
): NonNullable<StepRecord['judged']> {
  const named = table.checks.flatMap((check) => (check.kind === 'references' ? [check.table] : []));
  const versions = named.flatMap((name) => {
    const found = tables.get(name);
    return found === undefined ? [] : [[name, { path: found.path, version: found.snapshot.version }] as const];
  });
  return { commit: staged.txnId, timezone: project.timezone, versions: Object.fromEntries(versions) };
}

function worldOf(context: RunContext, { schemas }: BoundProject, tables: ReadonlyMap<string, BoundTable>): TraceWorld {
  return {
    project: context.project,
    lake: context.lake,
    open: async (name) => tables.get(name),
    staged: tables,
    view: async (name) => {
      const model = context.project.tables.get(name);
      const found = schemas.get(name);
      return model?.kind === 'model' && model.modelKind === 'view' && found !== undefined
        ? await defineView(context, { model, columns: found, inputs: tables })
        : undefined;
    },
  };
}
