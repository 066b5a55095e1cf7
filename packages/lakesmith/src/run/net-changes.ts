import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { StagedTable } from '../lake/staged.ts';
import { bindInputChanges, hasSameColumns } from '../lake/input-changes.ts';
import type { MadeBy } from '../lake/release.ts';
import { placeOf } from '../lake/release.ts';
import { rowsUnlike } from '../lake/row-equality.ts';
import { relationNames } from '../plan/refresh/relations.ts';
import type { BoundTable, RunContext } from './context.ts';
import type { KeptRows, ScratchRows } from './scratch-rows.ts';

/** The rows that an input gained and lost, without those that came and went, as far as somebody looks at them. */
export interface NetChanges {
  readonly gained: KeptRows;
  readonly lost: KeptRows;
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
  const columns = table.snapshot.schema.fields;
  const net = netSql(`__changes${number}`, columns, read);
  return {
    gained: await scratch.keep(relationNames.gained(number), { sql: net.gained, relations, columns }),
    lost: await scratch.keep(relationNames.lost(number), { sql: net.lost, relations, columns }),
  };
}

function netSql(
  changes: string,
  columns: readonly Column[],
  read: ReadonlySet<string>,
): { readonly gained: string; readonly lost: string } {
  const looked = columns.filter(({ name }) => read.has(name));
  const names = looked.map(({ name }) => quoteName(name));
  const shown = columns.map(({ name }) => (read.has(name) ? `o.${quoteName(name)}` : 'null'));
  const images = (kinds: string): string =>
    // Rows of which no column matters count all the same.
    `(select ${['1 as _one', ...names].join(', ')} from ${changes} where _change_type in (${kinds}))`;
  const [came, went] = [images("'insert', 'update_postimage'"), images("'delete', 'update_preimage'")];
  const without = (one: string, other: string): string =>
    `select ${shown.join(', ')} from ${rowsUnlike(looked, one, other)}`;
  return { gained: without(came, went), lost: without(went, came) };
}
