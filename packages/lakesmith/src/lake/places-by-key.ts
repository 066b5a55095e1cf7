import { LakeError } from '../core/errors.ts';
import { quoteName } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import type { DeltaTable } from './delta-table.ts';
import type { RowMarks } from './row-equality.ts';
import type { RowSets } from './row-sets.ts';
import { askRowSets } from './row-sets.ts';

/** The rows that go, made once more as they were: of the table, only where they lie is looked for, by few columns. */
export interface GoneRows {
  /** The relation `gone`, with the table's columns. */
  readonly relation: Relation;
  readonly rows: number;
  /** Columns that tell one row of the table from all others. */
  readonly key: readonly string[];
}

/** Names of what is found: what it is said by, and what stays. */
const goes = 1;
const stays = 2;

/**
 * Where those rows of a table lie that go for good: `balance` has more of them before than after. Fails where the table does not have just the rows
 * that were made as they were: then it is not what its inputs gave, and all of it is to be made anew.
 */
export async function placesByKey(
  table: DeltaTable,
  {
    concerned,
    marks,
    relations,
    gone,
  }: {
    /** SQL of the rows of the table that have keys of what changed, with the places of their marks. */
    readonly concerned: string;
    readonly marks: RowMarks;
    /** What that reads, and `balance`. */
    readonly relations: readonly Relation[];
    readonly gone: GoneRows;
  },
  signal: AbortSignal,
): Promise<RowSets> {
  const names = gone.key.map(quoteName);
  const on = (alias: string): string =>
    names.map((name) => `t.${name} is not distinct from ${alias}.${name}`).join(' and ');
  const key = names.join(', ');
  const { file, position, more, count } = marks;
  const sql = `select case when g.${count} is distinct from 1 then 3 when b.${count} is null then ${stays} else ${goes} end as _clause, t.${file} as __ls_file, t.${position} as __ls_position
    from (select ${key}, ${file}, ${position} from (${concerned})) as t
    left join (select ${key}, count(*) as ${count} from gone group by all) as g on ${on('g')}
    left join (select ${key}, count(*) as ${count} from balance where ${more} < 0 group by all) as b on ${on('b')}`;
  const found = await askRowSets(table, { sql, relations: [...relations, gone.relation] }, signal);
  const known = [...found].filter(([clause]) => clause === goes || clause === stays);
  const rows = known.flatMap(([, files]) => [...files.values()]).reduce((sum, { times }) => sum + times, 0);
  if (known.length < found.size || rows !== gone.rows)
    throw new LakeError('LS9001', 'the table does not have the rows that its inputs gave before');
  return new Map(known.filter(([clause]) => clause === goes));
}
