import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { StagedTable } from '../lake/staged.ts';
import { bindInputChanges, hasSameColumns } from '../lake/input-changes.ts';
import type { MadeBy } from '../lake/release.ts';
import { placeOf } from '../lake/release.ts';
import type { Relation } from '../engine/engine.ts';
import { balancedRows, rowBalance } from '../lake/row-equality.ts';
import { relationNames } from '../plan/refresh/relations.ts';
import type { BoundTable, RunContext } from './context.ts';
import type { ScratchRows } from './scratch-rows.ts';

/** The rows that an input gained and lost, without those that came and went, as far as somebody looks at them. */
export interface NetChanges {
  /** What the other two are made of; first where all of them are bound. */
  readonly balance: Relation;
  readonly gained: Relation;
  readonly lost: Relation;
  readonly gains: boolean;
  readonly loses: boolean;
}

interface ChangedInput {
  readonly name: string;
  /** Its number among the inputs. */
  readonly number: number;
  readonly table: BoundTable;
  /** Its commit of this run, if there is one. */
  readonly staged: StagedTable | undefined;
  /** Columns that are looked at; of others, the rows have NULL. */
  readonly columns: ReadonlySet<string>;
}

/** What happened to the rows of an input since a table was made of it. LS3004 when that is not known any more. */
export async function netChanges(
  { lake }: RunContext,
  { name, number, table, staged, columns: read }: ChangedInput,
  { made, scratch }: { readonly made: MadeBy; readonly scratch: ScratchRows },
): Promise<NetChanges> {
  const since = made.inputs[name];
  const before = since === undefined ? undefined : await lake.open(table.path, since);
  if (since === undefined || before === undefined || placeOf(made, name) !== table.path)
    throw new LakeError('LS3004', `what ${name} was then is not known any more`);
  if (!hasSameColumns(before, table.snapshot)) throw new LakeError('LS3004', `the columns of ${name} changed`);
  const relations = await bindInputChanges(lake, `__changes${number}`, {
    path: table.path,
    since,
    now: table.snapshot,
    staged: staged?.staged,
  });
  const columns = table.snapshot.schema.fields.map(({ name: column, type }) => ({ name: column, type }));
  const looked = columns.filter((column) => read.has(column.name));
  const balance = await scratch.keep(`__net${number}`, {
    sql: `select * exclude (_lost) from (${netSql(`__changes${number}`, looked)})`,
    relations,
    columns: [...looked, { name: '_more', type: 'long' }],
  });
  const { min, max } = balance.stats['_more'] ?? {};
  const [most, least] = [max, min].map((text) => (text === undefined ? undefined : Number(text)));
  const items = columns.map((column) => (read.has(column.name) ? `o.${quoteName(column.name)}` : 'null')).join(', ');
  const rows = (name_: string, sign: 1 | -1, times: number | undefined): Relation => ({
    name: name_,
    kind: 'sql',
    sql: balancedRows(items, `__net${number}`, { sign, ...(times === undefined ? {} : { most: times }) }),
    columns,
  });
  return {
    balance: balance.relation,
    gained: rows(relationNames.gained(number), 1, most),
    lost: rows(relationNames.lost(number), -1, least === undefined ? undefined : -least),
    gains: balance.rows > 0 && (most === undefined || most > 0),
    loses: balance.rows > 0 && (least === undefined || least < 0),
  };
}

function netSql(changes: string, looked: readonly Column[]): string {
  const names = looked.map(({ name }) => quoteName(name));
  const images = (kinds: string): string =>
    // Rows of which no column matters count all the same.
    `(select ${['1 as _one', ...names].join(', ')} from ${changes} where _change_type in (${kinds}))`;
  return rowBalance(
    looked,
    { relation: images("'insert', 'update_postimage'") },
    { relation: images("'delete', 'update_preimage'") },
  );
}
