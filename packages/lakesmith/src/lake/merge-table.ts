import type { Predicate, Snapshot } from '@lakesmith/delta';
import { planScan, stageRewrite } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { quoteName } from '../core/sql-text.ts';
import type { CellValue, Relation } from '../engine/engine.ts';
import { askRows } from './ask-rows.ts';
import { bindTable } from './bind-table.ts';
import { keepsFeed, writeChanges } from './change-files.ts';
import type { DeltaTable } from './delta-table.ts';
import type { WriteReport } from './table-rows.ts';
import { writeRows } from './table-rows.ts';
import { commitWrite, detailsOfChange } from './write-table.ts';

/** Rows that are merged into a table by a key: those that it has become as they are here, the others are added. */
export interface Merge {
  /** Columns of the table that say which rows are the same. NULL is like no other. */
  readonly key: readonly string[];
  /** The columns that the rows have, by their names in the table. Others stay, and are NULL in rows that are added. */
  readonly columns: readonly string[];
  /** The rows, under the name `source`, and what they are made from. */
  readonly source: readonly Relation[];
  /** A condition in SQL over `source` and `target`: rows of both that meet it go, and rows of the source alone that do are not added. */
  readonly deleteWhen?: string | undefined;
  /** Leave what the table has as it is. */
  readonly insertOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface MergeReport extends WriteReport {
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly rowsDeleted: number;
}

/**
 * Merges rows into a table, in one commit that writes only the files anew which hold a row that changes. LS2202 when several rows
 * of the source have the key of one row of the table. Undefined when nothing changes; then nothing is committed.
 */
export async function mergeRows(table: DeltaTable, base: Snapshot, merge: Merge): Promise<MergeReport | undefined> {
  const predicate = await keyBounds(table, base, merge);
  const read = new Set(planScan(base, predicate).files.map((file) => file.key));
  const rewrite = { ...detailsOfChange(table), operation: 'MERGE', read };
  // What the table does not allow is refused before there are files.
  stageRewrite(base, { ...rewrite, replaced: read, files: [] });
  const { relation: all, scan } = await bindTable(table, 'all_rows', base, { predicate, rowPositions: true });
  const sql = new MergeSql(base, merge);
  const ask = (text: string): Promise<CellValue[][]> =>
    askRows(table, { sql: text, relations: [all, ...merge.source] }, merge.signal);
  const touched = merge.insertOnly === true ? [] : await ask(sql.touched());
  if (touched.some(([, , , matches]) => Number(matches) > 1)) throw await ambiguous(ask, sql, merge);
  const total = (column: number): number => touched.reduce((sum, row) => sum + Number(row[column]), 0);
  const [rowsUpdated, rowsDeleted] = [total(1), total(2)];
  const [[inserted] = []] = await ask(sql.countInserted());
  const rowsInserted = Number(inserted);
  if (rowsUpdated + rowsDeleted + rowsInserted === 0) return undefined;
  const replaced = new Set<string>();
  for (const [file, updated, deleted] of touched) {
    const key = scan.files[Number(file)]?.key;
    if (key !== undefined && Number(updated) + Number(deleted) > 0) replaced.add(key);
  }
  const files = new Map([...base.files].filter(([key]) => replaced.has(key)));
  const { relation: rewritten } = await bindTable(table, 'rewritten', { ...base, files });
  const relations = [rewritten, all, ...merge.source];
  const added = await writeRows(table, base, { sql: sql.rowsAfter(), relations }, merge.signal);
  const changes = keepsFeed(base)
    ? await writeChanges(table, base, { sql: sql.changes(), relations }, merge.signal)
    : [];
  const staged = stageRewrite(base, {
    ...rewrite,
    replaced,
    files: added,
    changes,
    operationParameters: {
      predicate: JSON.stringify([merge.key.map((name) => `target.${name} = source.${name}`).join(' AND ')]),
    },
    operationMetrics: {
      numTargetRowsInserted: String(rowsInserted),
      numTargetRowsUpdated: String(rowsUpdated),
      numTargetRowsDeleted: String(rowsDeleted),
    },
  });
  const report = await commitWrite(table, staged, { operation: 'MERGE', files: added });
  return { ...report, rowsInserted, rowsUpdated, rowsDeleted };
}

/** The statements of a merge: over all rows that may be met, over those of the files that are written anew, and over the source. */
class MergeSql {
  readonly #names: readonly string[];
  readonly #merge: Merge;
  readonly #given: ReadonlySet<string>;
  readonly #same: string;
  readonly #gone: string;
  readonly #differs: string;

  constructor({ schema }: Snapshot, merge: Merge) {
    const { key, columns, deleteWhen } = merge;
    this.#names = schema.fields.map((field) => field.name);
    this.#merge = merge;
    this.#given = new Set(columns);
    this.#same = key.map((name) => `target.${quoteName(name)} = source.${quoteName(name)}`).join(' and ');
    this.#gone = deleteWhen === undefined ? 'false' : `coalesce((${deleteWhen}\n), false)`;
    const tests = columns
      .filter((name) => !key.includes(name))
      .map((name) => {
        const old = `target.${quoteName(name)}`;
        return `${old} is distinct from case when true then source.${quoteName(name)} else ${old} end`;
      });
    this.#differs = tests.length === 0 ? 'false' : `(${tests.join(' or ')})`;
  }

  /** By file: rows that are updated, rows that are deleted, and the most rows of the source that one row of the table meets. */
  touched(): string {
    return `select _file, count(*) filter (not gone and differs), count(*) filter (gone), max(matches)
      from (select target._file, target._position, count(*) as matches, bool_or(${this.#gone}) as gone,
        bool_or(${this.#differs}) as differs from all_rows as target join source on ${this.#same} group by all) group by _file`;
  }

  /** Keys that several rows of the source have and a row of the table too. */
  ambiguousKeys(): string {
    const keys = this.#merge.key.map((name) => `target.${quoteName(name)}`).join(', ');
    return `select distinct ${keys} from all_rows as target join source on ${this.#same}
      group by target._file, target._position, ${keys} having count(*) > 1 limit 5`;
  }

  countInserted(): string {
    return `select count(*) ${this.#fresh()}`;
  }

  /** The rows of the files that are written anew, and those that are added. */
  rowsAfter(): string {
    const kept = this.#names.map((name) => {
      const old = `target.${quoteName(name)}`;
      if (!this.#given.has(name) || this.#merge.key.includes(name)) return old;
      return `case when source._met then source.${quoteName(name)} else ${old} end`;
    });
    const joined = `rewritten as target left join (select *, true as _met from source) as source on ${this.#same}`;
    return `select ${kept.join(', ')} from ${joined} where not (coalesce(source._met, false) and ${this.#gone})
      union all ${this.#inserted()}`;
  }

  /** What the change feed tells. */
  changes(): string {
    const before = this.#names.map((name) => `target.${quoteName(name)}`).join(', ');
    const after = this.#names.map((name) => `${this.#given.has(name) ? 'source' : 'target'}.${quoteName(name)}`);
    const joined = `rewritten as target join source on ${this.#same}`;
    const updated = `from ${joined} where not ${this.#gone} and ${this.#differs}`;
    return [
      `select ${before}, 'delete' from ${joined} where ${this.#gone}`,
      `select ${before}, 'update_preimage' ${updated}`,
      `select ${after.join(', ')}, 'update_postimage' ${updated}`,
      this.#inserted(", 'insert'"),
    ].join(' union all ');
  }

  #inserted(more = ''): string {
    const items = this.#names.map((name) => (this.#given.has(name) ? `source.${quoteName(name)}` : 'null'));
    return `select ${items.join(', ')}${more} ${this.#fresh()}`;
  }

  #fresh(): string {
    return `from source left join all_rows as target on ${this.#same} where target._file is null and not ${this.#gone}`;
  }
}

/** What the least and the greatest key of the rows tell of the table's files. */
async function keyBounds(table: DeltaTable, { schema }: Snapshot, merge: Merge): Promise<Predicate | undefined> {
  const keys = merge.key.filter((name) => {
    const type = schema.fields.find((field) => field.name === name)?.type;
    return type === 'long' || type === 'integer' || type === 'short' || type === 'byte' || type === 'string';
  });
  if (keys.length === 0) return undefined;
  const items = keys.flatMap((name) => [`min(${quoteName(name)})`, `max(${quoteName(name)})`]);
  const [bounds = []] = await askRows(
    table,
    { sql: `select ${items.join(', ')} from source`, relations: merge.source },
    merge.signal,
  );
  const operands = keys.flatMap((name, i): Predicate[] => {
    const [low, high] = [bounds[2 * i], bounds[2 * i + 1]].map((value) =>
      typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number' ? value : undefined,
    );
    if (low === undefined || high === undefined) return [];
    return [
      { kind: 'compare', column: [name], operator: '>=', value: low },
      { kind: 'compare', column: [name], operator: '<=', value: high },
    ];
  });
  return operands.length === 0 ? undefined : { kind: 'and', operands };
}

async function ambiguous(
  ask: (text: string) => Promise<CellValue[][]>,
  sql: MergeSql,
  { key }: Merge,
): Promise<LakeError> {
  const rows = await ask(sql.ambiguousKeys());
  const keys = rows.map((row) => row.map(String).join(', ')).join('; ');
  return new LakeError(
    'LS2202',
    `Nothing was merged: several rows have the same ${key.join(', ')} as one row of the table (${keys}), and it is not known which one counts. Leave one of each.`,
    { context: { keys } },
  );
}
