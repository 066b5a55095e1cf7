import type { Finding, Json, ScanFile, Snapshot } from '@lakesmith/delta';
import { parseJson, storedPath } from '@lakesmith/delta';
import { messageOf } from '../core/errors.ts';
import type { DataType } from '../core/schema.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import { bindFiles } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { timezone } from './time-zone.ts';

/** A column with one value per row, by its path in the schema. */
interface Leaf {
  readonly path: readonly string[];
  readonly type: DataType;
  /** As the statistics call it. */
  readonly stored: readonly string[];
}

/** Statistics that say something else than the rows of their file. All rows count, deleted ones too. */
export async function checkStatistics(
  table: DeltaTable,
  snapshot: Snapshot,
  files: readonly ScanFile[],
): Promise<readonly Finding[]> {
  const leaves = leavesOf(snapshot);
  const findings: Finding[] = [];
  for (const file of files) {
    try {
      findings.push(...(await checkFile(table, snapshot, { file, leaves })));
    } catch (error) {
      findings.push({ rule: 'file-unreadable', severity: 'error', path: file.path, message: messageOf(error) });
    }
  }
  return findings;
}

async function checkFile(
  table: DeltaTable,
  snapshot: Snapshot,
  { file, leaves }: { readonly file: ScanFile; readonly leaves: readonly Leaf[] },
): Promise<readonly Finding[]> {
  const stats = statsOf(file.add.stats);
  const relation = bindFiles(table, 't', snapshot, [{ file }]);
  const tests = leaves.flatMap((leaf) => testsOf(leaf, stats, file));
  const counts = `count(*) as ${quoteName('rows')}`;
  const items = [counts, ...tests.map((test, i) => `${test.lies} as ${quoteName(`test ${i}`)}`)];
  const { batches } = await table.engine.query({
    sql: `select ${items.join(', ')} from t`,
    relations: [relation],
    timezone,
  });
  const findings: Finding[] = [];
  for await (const { columns } of batches) {
    const rows = Number(columns[0]?.[0]);
    if (file.rows !== undefined && rows !== file.rows) {
      const message = `The file has ${rows} rows where its statistics say ${file.rows}.`;
      findings.push({ rule: 'statistics-count', severity: 'error', path: file.path, message });
    }
    for (const [i, test] of tests.entries()) {
      if (columns[i + 1]?.[0] === true)
        findings.push({ rule: test.rule, severity: 'error', path: file.path, message: test.message });
    }
  }
  return findings;
}

interface Test {
  readonly rule: string;
  readonly message: string;
  /** SQL that is true when the statistic lies. */
  readonly lies: string;
}

function testsOf(leaf: Leaf, stats: Json, file: ScanFile): readonly Test[] {
  const [head = '', ...fields] = leaf.path;
  const value = fields.reduce((of, name) => `struct_extract(${of}, ${quoteText(name)})`, quoteName(head));
  const shown = leaf.path.join('.');
  const tests: Test[] = [];
  const nulls = at(stats, ['nullCount', ...leaf.stored]);
  // After rows were deleted, the count of nulls means something only when it is none or all.
  const isMeant = file.add.deletionVector === undefined || nulls === 0 || nulls === file.rows;
  if (typeof nulls === 'number' && isMeant) {
    // Writers disagree on how rows count whose struct is null, but not on those that have a value.
    const lies = `count(*) - count(${value}) ${leaf.path.length === 1 ? '<>' : '<'} ${nulls}`;
    tests.push({
      rule: 'statistics-nulls',
      message: `Column ${shown} has not ${nulls} nulls, as its statistics say.`,
      lies,
    });
  }
  for (const [key, aggregate, sign] of [
    ['minValues', 'min', '<'],
    ['maxValues', 'max', '>'],
  ] as const) {
    const bound = boundSql(at(stats, [key, ...leaf.stored]), leaf.type, key === 'maxValues');
    if (bound === undefined) continue;
    const message = `Column ${shown} has values beyond the ${aggregate} that its statistics say.`;
    // NaN is greater than every number, and writers leave it out.
    const noNan = leaf.type === 'double' || leaf.type === 'float' ? ` filter (where not isnan(${value}))` : '';
    tests.push({
      rule: 'statistics-bounds',
      message,
      lies: `coalesce(${aggregate}(${value})${noNan} ${sign} ${bound}, false)`,
    });
  }
  return tests;
}

/** A bound as SQL; times are cut to milliseconds in statistics, so the upper one is a millisecond later. */
function boundSql(bound: Json | undefined, type: DataType, isUpper: boolean): string | undefined {
  if (bound === undefined || bound === null || typeof bound === 'boolean' || typeof bound === 'object')
    return undefined;
  const text = quoteText(String(bound));
  const cast = `try_cast(${text} as ${toEngineType(type)})`;
  if (!isUpper || (type !== 'timestamp' && type !== 'timestamp_ntz')) return cast;
  return `(${cast} + interval 1 millisecond)`;
}

const comparable = /^(?:string|byte|short|integer|long|float|double|date|timestamp|timestamp_ntz|decimal.*)$/;

function leavesOf(snapshot: Snapshot): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (path: readonly string[], type: DataType): void => {
    if (typeof type !== 'string') {
      if (type.type === 'struct') for (const field of type.fields) visit([...path, field.name], field.type);
      return;
    }
    const stored = storedPath(snapshot, path);
    const isPartition = snapshot.metadata.partitionColumns.includes(path[0] ?? '');
    if (stored !== undefined && !isPartition && comparable.test(type)) leaves.push({ path, type, stored: stored.path });
  };
  for (const field of snapshot.schema.fields) visit([field.name], field.type);
  return leaves;
}

function statsOf(text: string | undefined): Json {
  try {
    return text === undefined || text === '' ? null : parseJson(text);
  } catch {
    // That they are no JSON is told by the check of the log.
    return null;
  }
}

function at(tree: Json, path: readonly string[]): Json | undefined {
  let here: Json | undefined = tree;
  for (const name of path) {
    const next: Json | undefined = isObject(here) && Object.hasOwn(here, name) ? here[name] : undefined;
    here = next;
  }
  return here;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
