import { plainStorage } from '../core/storage-settings.ts';
import { pathOfTable } from '../lake/lake.ts';
import type { BoundProject, ModelTable, ProjectTable, ReferenceTable, SourceTable } from '../project/model.ts';
import type { Observation, SourceState, TableState } from './observation.ts';
import type { Plan } from './plan.ts';

// Projects and worlds drawn in a few words, for tests of planning.

const shared = {
  description: undefined,
  key: [],
  namedColumns: [],
  tags: [],
  storage: plainStorage,
  columnNotes: new Map(),
  auditInputs: [],
  auditViews: [],
} as const;

export const columns = [{ name: 'id', type: 'long' }] as const;

export function source(word: string, over: Partial<SourceTable> = {}): SourceTable {
  const from = {
    kind: 'files',
    pattern: `landing/${word}/*.json`,
    format: 'json',
    header: true,
    delimiter: undefined,
    eachFile: 'adds',
  } as const;
  return {
    ...shared,
    kind: 'source',
    name: `bronze.${word}`,
    layer: 'bronze',
    file: `bronze/${word}.yml`,
    fingerprint: 's1',
    source: word,
    types: new Map(),
    typePlaces: new Map(),
    newColumns: 'add',
    from,
    rules: [],
    checks: [],
    ...over,
  };
}

export function connectionSource(word: string, follow: 'changes' | 'full'): SourceTable {
  return source(word, { source: 'shop', from: { kind: 'connection', connection: 'shop', remoteTable: word, follow } });
}

export function reference(word: string, over: Partial<ReferenceTable> = {}): ReferenceTable {
  return {
    ...shared,
    kind: 'reference',
    name: `reference.${word}`,
    layer: 'reference',
    file: `reference/${word}.csv`,
    fingerprint: 'r1',
    types: new Map(),
    csv: `reference/${word}.csv`,
    contentHash: 'c1',
    rowCount: 9,
    rules: [],
    checks: [],
    ...over,
  };
}

export function model(name: string, inputs: readonly string[], over: Partial<ModelTable> = {}): ModelTable {
  const layer = name.startsWith('gold.') ? 'gold' : 'silver';
  const facts = {
    usesClock: false,
    usesNow: false,
    rowWise: { proven: false, why: 'it joins tables' },
    shape: '',
  } as const;
  return {
    ...shared,
    kind: 'model',
    name,
    layer,
    file: `${name.replace('.', '/')}.sql`,
    fingerprint: 'm1',
    modelKind: 'table',
    stream: undefined,
    history: undefined,
    sql: '',
    tree: () => ({}),
    parts: { model: 'm1' },
    sqlStart: { line: 1, column: 1 },
    reads: inputs,
    rows: undefined,
    inputs,
    rules: [],
    checks: [],
    rulesFingerprint: 'u1',
    removingFingerprint: 'r1',
    refresh: 'auto',
    onRebuild: undefined,
    renamedFrom: new Map(),
    facts,
    ...over,
  };
}

export const rowWise: ModelTable['facts'] = { usesClock: false, usesNow: false, rowWise: { proven: true }, shape: '' };

export function project(tables: readonly ProjectTable[], over: Partial<BoundProject['project']> = {}): BoundProject {
  const schemas = new Map(tables.map((table) => [table.name, columns] as const));
  return {
    schemas,
    project: {
      name: 'shop',
      folder: '/project',
      environment: 'local',
      overlays: [],
      base: undefined,
      lake: './lake',
      timezone: 'UTC',
      clockMs: undefined,
      onRebuild: 'rebuild',
      release: 'each',
      connections: new Map([['shop', { name: 'shop', url: 'sample://shop', scheme: 'sample' }]]),
      tables: new Map(tables.map((table) => [table.name, table])),
      steps: [],
      words: { parameters: new Map(), macros: new Map(), steps: new Map() },
      imports: [],
      texts: new Map(),
      unread: new Set(),
      extras: { tests: [], jobs: 0, dashboards: 0, alerts: 0, publications: [], readers: [] },
      ...over,
    },
  };
}

export const noSource: SourceState = { pending: [], overwritten: [], changes: 0, fresh: false };

export function pendingFiles(amount: number, bytesEach = 100): SourceState {
  const pending = Array.from({ length: amount }, (_, index) => ({
    path: `f${index}.json`,
    sizeBytes: bytesEach,
    modifiedMs: 0,
  }));
  return { ...noSource, pending };
}

/** An empty lake in front of sources that hold one file each. */
export function newWorld(bound: BoundProject): Observation {
  const sources = [...bound.project.tables.values()].flatMap((table) => {
    if (table.kind === 'model') return [];
    const files = table.kind === 'source' && table.from.kind === 'files';
    return [[table.name, { ...(files ? pendingFiles(1) : noSource), fresh: true }] as const];
  });
  return {
    release: 0,
    released: new Set(),
    nowMs: 0,
    today: '2026-03-10',
    under: '1.0.0 UTC',
    tables: new Map(),
    views: new Map(),
    sources: new Map(sources),
  };
}

/** The world after a run did what the plan says. */
export function applied(bound: BoundProject, world: Observation, plan: Plan): Observation {
  const tables = new Map(world.tables);
  const sources = new Map(world.sources);
  for (const step of plan.steps) {
    const table = bound.project.tables.get(step.table);
    if (table === undefined || !['load', 'incremental', 'full'].includes(step.action)) continue;
    tables.set(step.table, {
      path: pathOfTable(step.table),
      version: step.readVersion + 1,
      columns: bound.schemas.get(step.table) ?? [],
      rows: 10,
      bytes: 1000,
      files: 1,
      foreign: false,
      madeBy: madeBy(table, tables, world.today),
    });
    if (table.kind !== 'model') sources.set(step.table, noSource);
  }
  return { ...world, release: world.release + 1, released: new Set(tables.keys()), tables, sources };
}

function madeBy(table: ProjectTable, tables: ReadonlyMap<string, TableState>, today: string): TableState['madeBy'] {
  if (table.kind === 'source') return undefined;
  const inputs = table.kind === 'model' ? table.inputs : [];
  return {
    run: 1,
    fingerprint: table.fingerprint,
    rulesFingerprint: table.kind === 'model' ? table.rulesFingerprint : '',
    under: '1.0.0 UTC',
    ...(table.kind === 'model'
      ? {
          removingFingerprint: table.removingFingerprint,
          ...(table.stream === undefined ? {} : { stream: { follows: table.stream.follows, id: 'i' } }),
        }
      : {}),
    inputs: Object.fromEntries(inputs.map((input) => [input, tables.get(input)?.version ?? -1])),
    day: table.kind === 'model' && table.facts.usesClock ? today : undefined,
  };
}

/** The world after everything of the project was run once. */
export function settledWorld(
  bound: BoundProject,
  makePlan: (bound: BoundProject, world: Observation) => Plan,
): Observation {
  const world = newWorld(bound);
  return applied(bound, world, makePlan(bound, world));
}
