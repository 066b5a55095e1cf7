import type { Snapshot } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { quoteNames, quoteText } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { Lake } from '../lake/lake.ts';
import { pathOfTable } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { newestRelease, readRelease } from '../lake/release.ts';
import { quarantineAsOf } from './quarantine-versions.ts';

export const quarantineTable = 'system.quarantine';
/** Its folder: each lake has its own, also an overlay. */
export function quarantinePath(lake: Lake): string {
  return lake.own(pathOfTable(quarantineTable));
}

/** A row that broke a rule: what it was, why, where it came from, and what became of it. */
export const quarantineColumns: readonly Column[] = [
  { name: 'id', type: 'string' },
  { name: 'table_name', type: 'string' },
  { name: 'row_key', type: 'string' },
  { name: 'reasons', type: { type: 'array', elementType: 'string', containsNull: false } },
  { name: 'row', type: 'string' },
  { name: 'input', type: 'string' },
  { name: 'source', type: 'string' },
  { name: 'source_row', type: 'long' },
  { name: 'since_run', type: 'long' },
  { name: 'since', type: 'timestamp' },
  { name: 'status', type: 'string' },
  { name: 'status_run', type: 'long' },
];

/** What a run finds out about a broken row. */
export const freshColumns: readonly Column[] = quarantineColumns.slice(0, 8);

/** Rows of the quarantine as a query. */
export interface QuarantineRows {
  readonly sql: string;
  readonly relations: readonly Relation[];
  /** Tables that an overlay has from its base still; of them the base's rows are its rows. */
  readonly inherited: ReadonlySet<string>;
}

/**
 * The rows of a lake's quarantine. A row is in its table or in quarantine, so an overlay has of the tables that are its base's what the
 * base had put aside when the overlay was made of it. `taking`: of those only the ones that it makes its own.
 */
export async function quarantineRows(lake: Lake, taking?: ReadonlySet<string>): Promise<QuarantineRows> {
  const snapshot = await lake.open(quarantinePath(lake));
  const release = lake.base === undefined ? undefined : await newestRelease(lake);
  return await rowsOf(lake, { snapshot, release, taking, depth: 0 });
}

/** The open rows of a table, as a run found them out. */
export async function openRows(lake: Lake, table: string): Promise<Omit<QuarantineRows, 'inherited'>> {
  const { sql, relations } = await quarantineRows(lake);
  const names = quoteNames(freshColumns.map(({ name }) => name));
  return {
    sql: `select ${names} from (${sql}) where status = 'open' and table_name = ${quoteText(table)}`,
    relations,
  };
}

interface Standing {
  readonly snapshot: Snapshot | undefined;
  /** What the lake shows; undefined where nothing lies below it. */
  readonly release: Release | undefined;
  readonly taking?: ReadonlySet<string> | undefined;
  readonly depth: number;
}

async function rowsOf(lake: Lake, { snapshot, release, taking, depth }: Standing): Promise<QuarantineRows> {
  const name = `quarantine_${depth}`;
  const own: Relation =
    snapshot === undefined
      ? { name, kind: 'empty', columns: quarantineColumns }
      : await bindLakeTable(lake, name, { path: quarantinePath(lake), snapshot });
  const sql = `select ${quoteNames(quarantineColumns.map((column) => column.name))} from ${name}`;
  const inherited = new Set(
    Object.entries(release?.tables ?? {}).flatMap(([table, { path }]) => (lake.owns(path) ? [] : [table])),
  );
  if (lake.base === undefined || release?.base === undefined || inherited.size === 0)
    return { sql, relations: [own], inherited: new Set() };
  const below = await readRelease(lake.base.state, release.base);
  const base = await rowsOf(lake.base, {
    snapshot: await quarantineAsOf(lake.base, quarantinePath(lake.base), below),
    release: below,
    depth: depth + 1,
  });
  const listed = (names: readonly string[]): string => names.map(quoteText).join(', ') || "''";
  const all = [...inherited];
  const wanted = taking === undefined ? all : all.filter((table) => taking.has(table));
  return {
    // What it has itself of a table that is its base's is from before it was made of the base anew.
    sql: `${sql} where table_name not in (${listed(all)})
      union all select * from (${base.sql}) where status = 'open' and table_name in (${listed(wanted)})`,
    relations: [own, ...base.relations],
    inherited: new Set(wanted),
  };
}
