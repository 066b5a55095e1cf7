import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import type { DeltaTable } from '../lake/delta-table.ts';
import type { MatchedColumns } from '../lake/input-columns.ts';
import { matchColumns } from '../lake/input-columns.ts';
import type { InputFile } from '../lake/input-file.ts';
import type { SourceRows } from '../lake/row-change.ts';
import { timezone } from '../lake/time-zone.ts';
import { freezeClock } from '../sql/clock.ts';
import { selectFacts } from '../sql/facts.ts';
import { explainRefusal } from './question-error.ts';
import { nowIso } from './table-change.ts';
import { selectTree } from './table-question.ts';

/** What the file is called in a query over it. */
const fileName = 'source';

/** The rows that are merged, and which of their columns are which of the table. */
export interface MergeSource extends Pick<SourceRows, 'relations' | 'numbered' | 'columns'> {
  readonly matched: MatchedColumns;
}

/** The rows of a file, or of one SELECT over it, which is asked once with the clock stopped. */
export async function mergeSource(
  table: DeltaTable,
  snapshot: Snapshot,
  { input, query }: { readonly input: InputFile; readonly query: string | undefined },
): Promise<MergeSource> {
  const ofFile = matchColumns(snapshot, input);
  const columns = input.columns.map(({ name, type }) => ({ name, type: ofFile.types.get(name) ?? type }));
  if (query === undefined)
    return {
      relations: [input.relation('rows', ofFile.types)],
      numbered: input.numbered,
      columns,
      matched: ofFile,
    };
  const sql = await steadyQuery(table, query);
  const made = await columnsOf(table, sql, columns);
  const rows: Relation = { name: 'rows', kind: 'sql', columns: made, sql };
  return {
    relations: [input.relation(fileName, ofFile.types), rows],
    columns: made,
    matched: matchColumns(snapshot, { columns: made }),
  };
}

async function steadyQuery(table: DeltaTable, query: string): Promise<string> {
  const tree = await selectTree(table.engine, query, [fileName]);
  const { usesClock, usesNow } = selectFacts(tree);
  if (!usesClock && !usesNow) return query;
  const now = nowIso(table);
  const [printed = query] = await table.engine.print([freezeClock(tree, { day: now.slice(0, 10), nowIso: now })]);
  return printed.trim().replace(/;$/, '');
}

async function columnsOf({ engine }: DeltaTable, sql: string, ofFile: readonly Column[]): Promise<readonly Column[]> {
  const request = { sql, relations: [{ name: fileName, kind: 'empty', columns: ofFile } as const], timezone };
  const bound = await engine.describe(request);
  if (!bound.ok) throw await explainRefusal(engine, request, new LakeError('LS2101', bound.message));
  const names = bound.columns.map(({ name }) => name.toLowerCase());
  const twice = bound.columns.find(({ name }, i) => names.indexOf(name.toLowerCase()) < i);
  if (twice !== undefined)
    throw new LakeError('LS4001', `The rows of USING have two columns ${twice.name}: give one another name with AS.`);
  return bound.columns;
}
