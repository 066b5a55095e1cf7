import type { Predicate } from '@lakesmith/delta';
import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import type { Measure } from '../../sql/refresh/fold.ts';
import type { DerivedColumns } from '../../sql/refresh/derived-columns.ts';
import type { ProvenFold, RefreshProof } from '../../sql/refresh/proof.ts';
import type { FoldedTable, FoldWay, KnownOfRows } from './fold-changes.ts';
import { foldedParts } from './fold-changes.ts';
import type { KeyedPass, KnownOfKeys } from './keyed.ts';
import { KeyedSql } from './keyed.ts';
import { mentionsOf } from './mention.ts';
import { inputNumber, inputsOfProof, relationNames } from './relations.ts';
import type { RowPart, ScriptPart } from './script.ts';
import { rowScript } from './script.ts';

// Whether a group that loses rows has any left, and a sum that is 0 then any values, the table does not always tell: such groups are made anew
// from all of their rows. Why no counts are kept for it: docs/adr/0015.

/** What the changes come to, and the groups that they concern. */
export function foldChanges(table: FoldedTable, known: KnownOfRows = {}): readonly (ScriptPart | RowPart)[] {
  const { proof, way, columns } = table;
  const parts = foldedParts(table, known).map(({ part }) => part);
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

/** Rows with numbers for names. */
function rowsIn(relation: string, columns: readonly Column[]): string {
  return `select ${columns.map(({ name }, i) => `${quoteName(name)} as c${i}`).join(', ')} from ${relation}`;
}

/** Of each group: what the table has, and came, less what went. `side` is 0 of the table's rows. */
function mergeSql(table: FoldedTable, concerned: string): string {
  const { columns, way } = table;
  const { measures, groups, derived } = way.fold;
  const isDerived = new Set(derived.columns.map(({ column }) => column));
  const isMeasured = new Set(measures.map(({ column }) => column));
  const rows = [
    `select *, 0 as side from (${rowsIn(`(${concerned})`, columns)})`,
    ...foldedParts(table, {}).map(({ side, part }) => {
      const items = columns.map((_, i) => (side === -1 && isMeasured.has(i) ? `-c${i} as c${i}` : `c${i}`));
      return `select ${[...items, `${side} as side`].join(', ')} from (${rowsIn(part.name, columns)})`;
    }),
  ];
  const items = columns.map((_, i) => {
    const measure = measures.find(({ column }) => column === i);
    if (measure !== undefined) return `${valueOf(measure)} as c${i}`;
    return isDerived.has(i) ? `null as c${i}` : `c${i}`;
  });
  const counted = measures.find(({ kind }) => kind === 'rows');
  const by = groups === undefined ? '' : ` group by ${groups.map((i) => `c${i}`).join(', ')}`;
  const left = groups === undefined || counted === undefined ? '' : ` having sum(c${counted.column}) <> 0`;
  const merged = `select ${[...items, `${isOpen(way.fold)} as ${openMark}`].join(', ')} from (${rows.join(' union all ')})${by}${left}`;
  return derived.columns.length === 0 ? merged : withDerived(merged, derived);
}

/** Columns that are computed from others, when these are there. */
function withDerived(merged: string, { parts, columns }: DerivedColumns): string {
  const items = parts.map(({ column, type }, i) => `cast(c${column} as ${type}) as p${i}`);
  const made = columns.map(({ column, sql }) => `${sql} as c${column}`);
  return `select * exclude (${parts.map((_, i) => `p${i}`).join(', ')}) replace (${made.join(', ')}) from (select *, ${items.join(', ')} from (${merged}))`;
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
