import type { Lake } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { newestRelease, readRelease } from '../lake/release.ts';
import { ColumnTags } from '../project/column-tags.ts';
import type { BoundProject, ProjectTable, SourceTable } from '../project/model.ts';
import { compilerOf } from '../run/compiler.ts';
import type { QualityTrend } from '../run/quality-trend.ts';
import { qualityTrends } from '../run/quality-trend.ts';
import { openRowsByTable } from '../run/quarantine-list.ts';
import type { Catalogue, OverviewData, RuleLine, TableData, TableLine } from './catalogue.ts';
import { columnLines } from './column-lines.ts';
import type { ShownTable } from './column-lines.ts';
import type { Past } from './past.ts';
import { firstSentence } from './first-sentence.ts';
import { historyOf, lastStepOf, readPast, releaseLines, runLines } from './past.ts';
import { readerLines } from './reader-lines.ts';
import { ruleLines } from './rule-lines.ts';
import { storageFacts } from './storage-facts.ts';

export interface CatalogueSource {
  readonly bound: BoundProject;
  readonly lake: Lake;
  /** Name and version of this program. */
  readonly program: string;
  /** The release to show; undefined: the newest. */
  readonly release: number | undefined;
}

/** A table of the project, of the release, or of both. */
interface Subject extends ShownTable {
  readonly table: ProjectTable | undefined;
}

/**
 * Reads what the catalogue shows: tables as one release has them, with what the project as it is now says of them. Of an older release
 * what ran after it is left out. The same project and lake give the same value.
 */
export async function readCatalogue(source: CatalogueSource): Promise<Catalogue> {
  const { bound, lake } = source;
  const newest = await newestRelease(lake);
  const release = source.release === undefined ? newest : await readRelease(lake.state, source.release);
  const isNewest = release?.release === newest?.release;
  const past = await readPast(lake, release, isNewest);
  const subjects = subjectsOf(bound, release);
  const columns = columnLines(bound, subjects);
  const rules = await readRules(source, subjects, past);
  const quarantined = isNewest ? await openRowsByTable(lake) : new Map<string, number>();
  const indexes = new Map(subjects.map(({ name }, i) => [name, i]));
  const tables: TableData[] = [];
  for (const subject of subjects) tables.push(await tableData(subject, { bound, lake, release, past }));
  const lines = subjects.map((subject, i) =>
    tableLine(subject, {
      release,
      quarantined: quarantined.get(subject.name) ?? 0,
      inputs: tableInputs(subject).flatMap((name) => indexes.get(name) ?? []),
      changed: tables[i]?.history[0]?.release,
      state: tables[i]?.lastStep?.status,
    }),
  );
  const { project } = bound;
  const told = releaseLines(past);
  const overview: OverviewData = {
    project: project.name,
    environment: project.environment,
    program: source.program,
    ...(told[0] === undefined ? {} : { release: told[0] }),
    isNewest,
    releases: told,
    runs: runLines(past),
    tables: lines,
    readers: await readerLines(project, compilerOf(lake.engine), (name) => indexes.get(name)),
    rules: rules.length,
    broken: rules.flatMap(({ table, name, severity, found }) =>
      found === undefined || found.broken === 0 ? [] : [{ table, name, severity, message: found.message }],
    ),
  };
  return { overview, columns, quality: { rules }, tables };
}

function subjectsOf({ project, schemas }: BoundProject, release: Release | undefined): readonly Subject[] {
  const gone = Object.keys(release?.tables ?? {}).filter((name) => !project.tables.has(name));
  return [...project.tables.keys(), ...gone.sort()].map((name) => {
    const table = project.tables.get(name);
    const released = release?.tables[name];
    const columns = released?.columns ?? schemas.get(name) ?? [];
    return { name, table, columns, key: released?.key ?? table?.key ?? [] };
  });
}

async function readRules(
  { bound, lake }: CatalogueSource,
  subjects: readonly Subject[],
  past: Past,
): Promise<readonly RuleLine[]> {
  const trends = new Map<string, QualityTrend[]>();
  const judged = subjects.flatMap(({ table }) => table ?? []);
  for (const trend of await qualityTrends(lake, judged, past.lastRun))
    trends.set(trend.table, [...(trends.get(trend.table) ?? []), trend]);
  const tags = new ColumnTags(bound);
  return subjects.flatMap(({ name, table }, at) =>
    table === undefined ? [] : ruleLines(table, trends.get(name) ?? [], { at, masked: tags.masked(name) }),
  );
}

function tableLine(
  { name, table, columns }: Subject,
  facts: {
    readonly release: Release | undefined;
    readonly quarantined: number;
    readonly inputs: readonly number[];
    readonly changed: number | undefined;
    readonly state: string | undefined;
  },
): TableLine {
  const released = facts.release?.tables[name];
  return {
    name,
    layer: table?.layer ?? name.split('.', 1)[0] ?? '',
    file: fileName(name),
    kind: kindOf(table),
    about: firstSentence(table?.description ?? '').first,
    ...(table?.owner === undefined ? {} : { owner: table.owner }),
    tags: table?.tags ?? [],
    columns: columns.length,
    ...(released === undefined ? {} : { rows: released.rows, bytes: released.bytes }),
    ...(facts.changed === undefined ? {} : { release: facts.changed }),
    state: stateOf(facts.state, released !== undefined),
    inputs: facts.inputs,
    quarantined: facts.quarantined,
  };
}

function stateOf(status: string | undefined, isReleased: boolean): TableLine['state'] {
  if (status === 'failed' || status === 'blocked' || status === 'held') return status;
  return isReleased ? 'done' : 'never';
}

function kindOf(table: ProjectTable | undefined): TableLine['kind'] {
  if (table === undefined) return 'gone';
  if (table.kind !== 'model') return table.kind;
  return table.modelKind === 'history' ? 'history' : 'table';
}

/** What its rows are made from; tables that only its rules read are none. */
function tableInputs({ table }: Subject): readonly string[] {
  return table?.kind === 'model' ? table.inputs : [];
}

async function tableData(
  { name, table }: Subject,
  world: {
    readonly bound: BoundProject;
    readonly lake: Lake;
    readonly release: Release | undefined;
    readonly past: Past;
  },
): Promise<TableData> {
  const { project } = world.bound;
  const released = world.release?.tables[name];
  const storage = released === undefined ? undefined : await storageFacts(world.lake, released);
  const lastStep = lastStepOf(world.past, name);
  const shape = table?.kind === 'model' ? table.facts.shape : '';
  return {
    description: table?.description ?? '',
    ...(table?.kind === 'source' ? { origin: originText(table, project.connections) } : {}),
    ...(shape === '' ? {} : { shape }),
    files: table === undefined ? [] : filesOf(table, project.texts),
    history: historyOf(world.past, name),
    ...(lastStep === undefined ? {} : { lastStep }),
    ...(storage === undefined ? {} : { storage }),
  };
}

/** Of a connection only its name and what kind it is: its address may say more than everybody should know. */
function originText({ from }: SourceTable, connections: BoundProject['project']['connections']): string {
  if (from.kind === 'files') return `${from.format} files: ${from.pattern}`;
  const scheme = connections.get(from.connection)?.scheme ?? 'none';
  return `table ${from.remoteTable} of connection ${from.connection} (${scheme})`;
}

/** The files that define a table, as they are written. A CSV of a reference table is data, and stays out. */
function filesOf({ name, file }: ProjectTable, texts: ReadonlyMap<string, string>): TableData['files'] {
  const stem = name.replace('.', '/');
  return [...new Set([file, `${stem}.sql`, `${stem}.yml`, `${stem}.yaml`])].flatMap((path) => {
    const text = texts.get(path);
    const language = path.endsWith('.sql') ? 'sql' : /\.ya?ml$/.test(path) ? 'yaml' : undefined;
    return text === undefined || language === undefined ? [] : [{ file: path, language, text }];
  });
}

/** Names are of letters that every file system takes; what a release has besides is written in other words. */
function fileName(table: string): string {
  return `${table.replaceAll(/[^a-z0-9_.]/g, (letter) => `-${(letter.codePointAt(0) ?? 0).toString(16)}-`)}.js`;
}
