import type { Predicate } from '@lakesmith/delta';
import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import type { Measure } from '../../sql/refresh/fold.ts';
import type { ProvenFold, RefreshProof } from '../../sql/refresh/proof.ts';
import type { KeyedPass, KnownOfKeys } from './keyed.ts';
import { KeyedSql } from './keyed.ts';
import type { LinearStep } from './linear.ts';
import { linearSteps } from './linear.ts';
import { mentionsOf } from './mention.ts';
import { inputNumber, inputsOfProof, relationNames } from './relations.ts';
import type { RowPart, ScriptPart } from './script.ts';
import { linearScript, rowScript } from './script.ts';

/**
 * Groups by what comes to them and what goes from them: the SELECT over the rows that the inputs gained is added to the table, and the SELECT over
 * those that they lost is taken away. Whether a group that loses rows has any left, and a sum that is 0 then any values, the table does not
 * always tell: such groups are made anew from all of their rows. Why no counts are kept for it: docs/adr/0015.
 */
export interface FoldWay {
  readonly fold: ProvenFold;
  readonly steps: readonly LinearStep[];
}

/** The way that follows all changes of these tables; undefined where what is grouped is no sum over one of them. */
export function foldWay(proof: RefreshProof, changed: ReadonlySet<string>): FoldWay | undefined {
  const { fold } = proof;
  if (!fold.ok) return undefined;
  const found = linearSteps({ ...proof, linear: fold.linear }, changed);
  return found.ok ? { fold, steps: found.steps } : undefined;
}

/** Whether rows may go: the smallest of those that are left, the smallest of all does not tell. */
export function takesAway({ fold }: FoldWay): boolean {
  return !fold.measures.some(({ kind }) => kind === 'min' || kind === 'max');
}

/** Whether changes are just added and taken away, so that rows which both came and went do no harm. */
export function isSummed({ linear, fold }: { readonly linear?: unknown; readonly fold?: FoldWay }): boolean {
  return linear === undefined && fold !== undefined && takesAway(fold);
}

interface FoldedTable {
  readonly proof: RefreshProof;
  readonly way: FoldWay;
  /** The contract. */
  readonly columns: readonly Column[];
  /** Rows only came. */
  readonly isAdded: boolean;
}

/** What the changes come to, and the groups that they concern. */
export function foldChanges({ proof, way, columns, isAdded }: FoldedTable): readonly ScriptPart[] {
  const parts = changesOf({ proof, way, columns, isAdded }).flatMap((one) => one.parts);
  const { groups } = way.fold;
  if (groups === undefined) return parts;
  const items = groups.map((column, i) => `c${column} as k${i}`).join(', ');
  const sql = `select distinct ${items} from (${parts.map(({ name }) => rowsIn(name, columns)).join(' union all ')})`;
  const keys = new KeyedSql(proof, [passOf(proof, way)], columns).keyColumns(0);
  return [...parts, { name: relationNames.keys(0), sql, columns: keys, mentions: [] }];
}

/** What is done once it is known what changes. */
export interface FoldScript {
  /** The rows of a table that go. */
  readonly concerned: (table: string) => string;
  /** What all of these meet; undefined: any may go. */
  readonly wantedOfTarget: Predicate | undefined;
  /** The groups with what came and without what went. Reads `relationNames.target`. */
  readonly merged: ScriptPart;
  /** The groups of which that does not tell what they are. */
  readonly open: ScriptPart;
  /** These made anew. */
  readonly again: RowPart;
  /** The rows that come, but for those. */
  readonly fresh: string;
}

/** The column of merged groups that says of which that does not tell what they are. */
export const openMark = '__open';

export function foldScript(table: FoldedTable, known: Pick<KnownOfKeys, 'spans' | 'inputs'>): FoldScript {
  const { proof, way, columns } = table;
  const pass = passOf(proof, way);
  const isOne = way.fold.groups === undefined;
  const concernedRows = rowScript(proof, [pass], { columns, ...known });
  const concerned = (name: string): string => (isOne ? `select t.* from ${name} as t` : concernedRows.concerned(name));
  const all: RowPart = {
    name: againName,
    sql: `select r.* from (${proof.sql}) as r where exists (from ${openName})`,
    columns,
    mentions: mentionsOf(proof, (at) => `select * from ${relationNames.now(inputNumber(proof, at))}`),
    wanted: new Map(inputsOfProof(proof).map((input) => [input, { predicate: undefined }])),
  };
  const [some] = rowScript(proof, [pass], { columns, ...known, keysName: () => openName }).rows;
  const names = columns.map(({ name }, i) => `c${i} as ${quoteName(name)}`).join(', ');
  const keys = (way.fold.groups ?? []).map((column, i) => `c${column} as k${i}`);
  return {
    concerned,
    wantedOfTarget: isOne ? undefined : concernedRows.wantedOfTarget,
    merged: {
      name: mergedName,
      sql: mergeSql(table, concerned(relationNames.target)),
      columns: [...columns.map((column, i) => ({ ...column, name: `c${i}` })), { name: openMark, type: 'boolean' }],
      mentions: [],
    },
    open: {
      name: openName,
      sql: `select ${isOne ? '1 as k0' : keys.join(', ')} from ${mergedName} where ${openMark}`,
      columns: isOne ? [{ name: 'k0', type: 'integer' }] : new KeyedSql(proof, [pass], columns).keyColumns(0),
      mentions: [],
    },
    again: isOne || some === undefined ? all : { ...some, name: againName },
    fresh: `select ${names} from ${mergedName} where not ${openMark}`,
  };
}

const mergedName = '__folded';
const openName = '__open';
const againName = '__again';

/** Groups by their columns, whichever rows of the inputs they are made of. */
function passOf({ keys }: RefreshProof, { fold }: FoldWay): KeyedPass {
  const known = (column: number): KeyedPass['keys'][number] =>
    keys.find((key) => key.column === column) ?? { column, at: [], plain: [] };
  return { keys: (fold.groups ?? []).map(known), leaves: [] };
}

function changesOf({ proof, way, columns, isAdded }: FoldedTable): readonly {
  readonly side: 1 | -1;
  readonly parts: readonly ScriptPart[];
}[] {
  const of = (changes: 'gained' | 'lost'): readonly ScriptPart[] =>
    linearScript(proof, way.steps, { changes, columns });
  return [{ side: 1, parts: of('gained') }, ...(isAdded ? [] : [{ side: -1 as const, parts: of('lost') }])];
}

/** Rows with numbers for names. */
function rowsIn(relation: string, columns: readonly Column[]): string {
  return `select ${columns.map(({ name }, i) => `${quoteName(name)} as c${i}`).join(', ')} from ${relation}`;
}

/** Of each group: what the table has, and came, less what went. `side` is 0 of the table's rows. */
function mergeSql(table: FoldedTable, concerned: string): string {
  const { columns, way } = table;
  const { measures, groups } = way.fold;
  const isMeasured = new Set(measures.map(({ column }) => column));
  const rows = [
    `select *, 0 as side from (${rowsIn(`(${concerned})`, columns)})`,
    ...changesOf(table).flatMap(({ side, parts }) =>
      parts.map(({ name }) => {
        const items = columns.map((_, i) => (side === -1 && isMeasured.has(i) ? `-c${i} as c${i}` : `c${i}`));
        return `select ${[...items, `${side} as side`].join(', ')} from (${rowsIn(name, columns)})`;
      }),
    ),
  ];
  const items = columns.map((_, i) => {
    const measure = measures.find(({ column }) => column === i);
    return measure === undefined ? `c${i}` : `${valueOf(measure)} as c${i}`;
  });
  const counted = measures.find(({ kind }) => kind === 'rows');
  const by = groups === undefined ? '' : ` group by ${groups.map((i) => `c${i}`).join(', ')}`;
  const left = groups === undefined || counted === undefined ? '' : ` having sum(c${counted.column}) <> 0`;
  return `select ${[...items, `${isOpen(way.fold)} as ${openMark}`].join(', ')} from (${rows.join(' union all ')})${by}${left}`;
}

function valueOf({ column, kind }: Measure): string {
  const sum = `sum(c${column})`;
  switch (kind) {
    case 'min':
    case 'max':
      return `${kind}(c${column})`;
    case 'sum':
      return sum;
    case 'total':
      return `coalesce(${sum}, 0)`;
    case 'rows':
    case 'count':
      // Nothing can be there less often than never: then the table is not what it is taken for.
      return `if(${sum} < 0, error('a group has lost more rows than it had'), ${sum})`;
  }
}

/** Whether what is left may be NULL or no row at all: the sums are exact, so that those that are not 0 are sums of something. */
function isOpen({ groups, measures }: ProvenFold): string {
  const sums = measures.flatMap(({ column, kind }) =>
    kind === 'sum' ? [`(sum(c${column}) = 0 and count(c${column}) filter (side < 0) > 0)`] : [],
  );
  const isCounted = groups === undefined || measures.some(({ kind }) => kind === 'rows');
  const something = measures.flatMap(({ column, kind }) =>
    kind === 'min' || kind === 'max' ? [] : [`coalesce(sum(c${column}) <> 0, false)`],
  );
  const isEmpty = `count(*) filter (side < 0) > 0${something.map((one) => ` and not ${one}`).join('')}`;
  const all = [...sums, ...(isCounted ? [] : [`(${isEmpty})`])];
  return all.length === 0 ? 'false' : all.join(' or ');
}
