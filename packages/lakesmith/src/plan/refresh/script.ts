import type { Predicate } from '@lakesmith/delta';
import type { Column } from '../../core/schema.ts';
import type { RefreshProof } from '../../sql/refresh/proof.ts';
import type { InputState, KeyedPass, KnownOfKeys } from './keyed.ts';
import { KeyedSql } from './keyed.ts';
import type { LinearStep } from './linear.ts';
import { linearInput } from './linear.ts';
import type { BoundMention } from './mention.ts';
import { mentionsOf } from './mention.ts';
import { inputsOfProof, relationNames } from './relations.ts';
import type { TieCheck } from './ties.ts';
import { tieCheck } from './ties.ts';

/** Rows that a refresh makes on its way, under a name by which later parts read them. */
export interface ScriptPart {
  readonly name: string;
  readonly sql: string;
  readonly columns: readonly Column[];
  /** What the mentions of tables in the SQL are bound to while it is asked. */
  readonly mentions: readonly BoundMention[];
}

/** Parts whose rows together are what the changes add. */
export function linearScript(
  proof: RefreshProof,
  steps: readonly LinearStep[],
  {
    changes,
    columns,
    later = new Set(),
  }: {
    readonly changes: 'gained' | 'lost';
    readonly columns: readonly Column[];
    /** Mentions of changed tables that are followed otherwise, after this. */
    readonly later?: ReadonlySet<number>;
  },
): readonly ScriptPart[] {
  return steps.map((step, i) => ({
    name: `__${changes}_step${i}`,
    sql: proof.sql,
    columns,
    mentions: mentionsOf(proof, (occurrence) => linearInput(proof, { steps, step, changes, later }, occurrence)),
  }));
}

/** The rows that a pass puts in. */
export interface RowPart extends ScriptPart {
  /** Inputs that are looked at as they are now, and what rows of them meet that are; undefined: any may be. */
  readonly wanted: ReadonlyMap<string, { readonly predicate: Predicate | undefined }>;
}

/** What is done once the keys are there. */
export interface RowScript {
  /** What must have no ties, or all is to be made anew. */
  readonly checks: readonly TieCheck[];
  readonly rows: readonly RowPart[];
  /** Those that stand in their place, made once more as they were then. */
  readonly before: readonly RowPart[];
  /** The rows of a table that go. */
  readonly concerned: (table: string) => string;
  /** What all of these meet; undefined: any may go. */
  readonly wantedOfTarget: Predicate | undefined;
}

/** The keys of each pass, and what they are made from. */
export function keyScript(
  proof: RefreshProof,
  passes: readonly KeyedPass[],
  columns: readonly Column[],
): readonly ScriptPart[] {
  const sql = new KeyedSql(proof, passes, columns);
  return passes.flatMap((pass, number) => {
    const below = rowsBelow(proof, pass, number);
    return below === undefined ? [keysOf(sql, number, relationNames.keys(number))] : groupKeys(sql, number, below);
  });
}

/** The rows of each pass, when its keys are there. */
export function rowScript(
  proof: RefreshProof,
  passes: readonly KeyedPass[],
  { columns, ...known }: KnownOfKeys & { readonly columns: readonly Column[] },
): RowScript {
  const sql = new KeyedSql(proof, passes, columns, known);
  const numbers = [...passes.keys()];
  const partOf = (pass: number, state: InputState): RowPart => ({
    name: `${state === 'now' ? '__rows' : '__before'}${pass}`,
    sql: sql.rows(pass),
    columns,
    mentions: mentionsOf(proof, (occurrence) => sql.input(pass, occurrence, state)),
    wanted: wantedRows(proof, sql, pass),
  });
  return {
    checks: [
      ...passes.flatMap((pass, number) => {
        const below = rowsBelow(proof, pass, number);
        if (below === undefined) return [];
        const check = (one: number): TieCheck | undefined =>
          tieCheck(below.proof, (occurrence) => below.sql.input(one, occurrence));
        return below.passes.flatMap((one) => check(one) ?? []);
      }),
      ...numbers.flatMap((pass) => tieCheck(proof, (occurrence) => sql.input(pass, occurrence)) ?? []),
    ],
    rows: numbers.map((pass) => partOf(pass, 'now')),
    before: numbers.map((pass) => partOf(pass, 'old')),
    concerned: (table) => sql.concerned(table),
    wantedOfTarget: sql.wantedOfTarget(),
  };
}

/** What a pass looks at of the inputs that it reads. */
export function wantedRows(proof: RefreshProof, sql: KeyedSql, pass: number): RowPart['wanted'] {
  return new Map(
    inputsOfProof(proof).flatMap((input): [string, { predicate: Predicate | undefined }][] =>
      sql.reads(pass, input) ? [[input, { predicate: sql.wanted(pass, input) }]] : [],
    ),
  );
}

function keysOf(sql: KeyedSql, pass: number, name: string): ScriptPart {
  return { name, sql: sql.keys(pass), columns: sql.keyColumns(pass), mentions: [] };
}

/** The rows that a pass by groups groups. */
interface RowsBelow {
  readonly proof: RefreshProof;
  readonly sql: KeyedSql;
  readonly passes: readonly number[];
}

function rowsBelow({ grouped }: RefreshProof, { grouped: below }: KeyedPass, number: number): RowsBelow | undefined {
  if (grouped === undefined || below === undefined) return undefined;
  const keysName = (one: number): string => relationNames.keysBelow(number, one);
  const sql = new KeyedSql(grouped.proof, below, grouped.columns, { keysName });
  return { proof: grouped.proof, sql, passes: [...below.keys()] };
}

/** The keys of a pass by groups: of the rows that changed before they were grouped, as they were and as they are, the groups. */
function groupKeys(sql: KeyedSql, number: number, below: RowsBelow): readonly ScriptPart[] {
  const columns = sql.keyColumns(number);
  const groups = below.passes.flatMap((one) =>
    (['old', 'now'] as const).map((state) => ({
      name: relationNames.groups(number, one, state),
      sql: sql.groups(number, below.sql.rows(one)),
      columns,
      mentions: mentionsOf(below.proof, (occurrence) => below.sql.input(one, occurrence, state)),
    })),
  );
  const all = groups.map(({ name }) => `select * from ${name}`).join(' union ');
  return [
    ...below.passes.map((one) => keysOf(below.sql, one, relationNames.keysBelow(number, one))),
    ...groups,
    { name: relationNames.keys(number), sql: all, columns, mentions: [] },
  ];
}
