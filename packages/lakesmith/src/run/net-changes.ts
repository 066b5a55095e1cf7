import type { ChangedFile } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { StagedTable } from '../lake/staged.ts';
import { bindInputChanges, hasSameColumns, roughRows } from '../lake/input-changes.ts';
import type { MadeBy } from '../lake/release.ts';
import { placeOf } from '../lake/release.ts';
import type { Relation } from '../engine/engine.ts';
import { balancedRows, rowBalance, rowMarks } from '../lake/row-equality.ts';
import { relationNames } from '../plan/refresh/relations.ts';
import type { BoundTable, RunContext } from './context.ts';
import type { ScratchRows } from './scratch-rows.ts';

/** The rows that an input gained and lost. */
export interface InputChanges {
  /** What the other two are made of; before them where they are bound. */
  readonly source: readonly Relation[];
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

/** What the log tells of an input since a table was made of it. No row was looked at yet. */
export interface ToldChanges {
  readonly input: ChangedInput;
  readonly relations: readonly Relation[];
  /** About how many rows came and went, without those of files that were written anew: these may be the same. */
  readonly rows: number;
  /** Files were written anew. */
  readonly isRewritten: boolean;
  /** Files were added, and that was all: nothing can have come and gone. */
  readonly isGrown: boolean;
}

/** Undefined when nothing changed. LS3004 when it is not known any more. */
export async function toldChanges(
  { lake }: RunContext,
  input: ChangedInput,
  made: MadeBy,
): Promise<ToldChanges | undefined> {
  const { name, number, table, staged } = input;
  const since = made.inputs[name];
  const before = since === undefined ? undefined : await lake.open(table.path, since);
  if (since === undefined || before === undefined || placeOf(made, name) !== table.path)
    throw new LakeError('LS3004', `what ${name} was then is not known any more`);
  if (!hasSameColumns(before, table.snapshot)) throw new LakeError('LS3004', `the columns of ${name} changed`);
  const range = { path: table.path, since, now: table.snapshot, staged: staged?.staged };
  const { relations, plan } = await bindInputChanges(lake, changesName(number), range);
  const files = plan.versions.flatMap((version) => version.files);
  if (files.length === 0) return undefined;
  const has = (wanted: ChangedFile['kind']): boolean => files.some(({ kind }) => kind === wanted);
  const isRewritten = has('delete') && has('insert');
  const sure = isRewritten ? files.filter(({ kind }) => kind === 'cdc') : files;
  const isGrown = !has('cdc') && !has('delete');
  return { input, relations, rows: roughRows(sure, table.snapshot), isGrown, isRewritten };
}

/**
 * What happened to the rows of an input. `net`: without those that came and went, as far as somebody looks at them; they do no harm where both are
 * only summed up.
 */
export async function inputChanges(
  { input, relations, isGrown }: ToldChanges,
  { net, scratch }: { readonly net: boolean; readonly scratch: ScratchRows },
): Promise<InputChanges> {
  const { number, table, columns: read } = input;
  const all = changesName(number);
  const columns = table.snapshot.schema.fields.map(({ name: column, type }) => ({ name: column, type }));
  const items = columns.map((column) => (read.has(column.name) ? `o.${quoteName(column.name)}` : 'null')).join(', ');
  const rows = (relation: string, sql: string): Relation => ({ name: relation, kind: 'sql', sql, columns });
  const [gained, lost] = [relationNames.gained(number), relationNames.lost(number)];
  if (!net || isGrown) {
    const of = (kinds: string): string => `select ${items} from ${all} as o where _change_type in (${kinds})`;
    return {
      source: relations,
      gained: rows(gained, of(came)),
      lost: rows(lost, of(went)),
      gains: true,
      loses: !isGrown,
    };
  }
  const looked = columns.filter((column) => read.has(column.name));
  const marks = rowMarks(looked);
  const netName = `__net${number}`;
  const balance = await scratch.keep(netName, {
    sql: `select * exclude (${marks.lost}) from (${netSql(all, looked)})`,
    relations,
    columns: [...looked, { name: marks.more, type: 'long' }],
  });
  const { min, max } = balance.stats[marks.more] ?? {};
  const [most, least] = [max, min].map((text) => (text === undefined ? undefined : Number(text)));
  const fewer = least === undefined ? {} : { most: -least };
  return {
    source: [balance.relation],
    gained: rows(gained, balancedRows(items, netName, { marks, sign: 1, ...(most === undefined ? {} : { most }) })),
    lost: rows(lost, balancedRows(items, netName, { marks, sign: -1, ...fewer })),
    gains: balance.rows > 0 && (most === undefined || most > 0),
    loses: balance.rows > 0 && (least === undefined || least < 0),
  };
}

const changesName = (number: number): string => `__changes${number}`;

const came = "'insert', 'update_postimage'";
const went = "'delete', 'update_preimage'";

function netSql(changes: string, looked: readonly Column[]): string {
  const names = looked.map(({ name }) => quoteName(name));
  const images = (kinds: string): string =>
    // Rows of which no column matters count all the same.
    `(select ${names.length === 0 ? '1 as _one' : names.join(', ')} from ${changes} where _change_type in (${kinds}))`;
  return rowBalance(looked, { relation: images(came) }, { relation: images(went) });
}
