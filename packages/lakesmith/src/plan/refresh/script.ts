import type { Column } from '../../core/schema.ts';
import type { GroupedProof, RefreshProof } from '../../sql/refresh/proof.ts';
import type { KeyedPass } from './keyed.ts';
import { KeyedSql } from './keyed.ts';
import type { LinearStep } from './linear.ts';
import { linearInput } from './linear.ts';
import type { BoundMention } from './mention.ts';
import { mentionsOf } from './mention.ts';
import { relationNames } from './relations.ts';
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
  { changes, columns }: { readonly changes: 'gained' | 'lost'; readonly columns: readonly Column[] },
): readonly ScriptPart[] {
  return steps.map((step, i) => ({
    name: `__step${i}`,
    sql: proof.sql,
    columns,
    mentions: mentionsOf(proof, (occurrence) => linearInput(proof, { steps, step, changes }, occurrence)),
  }));
}

export interface KeyedScript {
  /** The keys of each pass, before all rows. */
  readonly keys: readonly ScriptPart[];
  /** When the keys are there: what must have no ties, or all is to be made anew. */
  readonly checks: readonly TieCheck[];
  /** The rows that each pass puts in. */
  readonly rows: readonly ScriptPart[];
  /** The rows of a table that go. */
  readonly concerned: (table: string) => string;
}

export function keyedScript(
  proof: RefreshProof,
  passes: readonly KeyedPass[],
  columns: readonly Column[],
): KeyedScript {
  const sql = new KeyedSql(proof, passes, columns);
  const grouped = passes.map((pass, i) => groupScript(proof.grouped, pass, { sql, number: i }));
  const numbers = [...passes.keys()];
  return {
    keys: numbers.flatMap((pass) => grouped[pass]?.keys ?? [keysOf(sql, pass, relationNames.keys(pass))]),
    checks: [
      ...grouped.flatMap((one) => one?.checks ?? []),
      ...numbers.flatMap((pass) => tieCheck(proof, (occurrence) => sql.input(pass, occurrence)) ?? []),
    ],
    rows: numbers.map((pass) => ({
      name: `__rows${pass}`,
      sql: sql.rows(pass),
      columns,
      mentions: mentionsOf(proof, (occurrence) => sql.input(pass, occurrence)),
    })),
    concerned: (table) => sql.concerned(table),
  };
}

function keysOf(sql: KeyedSql, pass: number, name: string): ScriptPart {
  return { name, sql: sql.keys(pass), columns: sql.keyColumns(pass), mentions: [] };
}

/** The keys of a pass by groups: of the rows that changed before they were grouped, as they were and as they are, the groups. */
function groupScript(
  grouped: GroupedProof | undefined,
  { grouped: below }: KeyedPass,
  { sql, number }: { readonly sql: KeyedSql; readonly number: number },
): Pick<KeyedScript, 'keys' | 'checks'> | undefined {
  if (grouped === undefined || below === undefined) return undefined;
  const { proof, columns } = grouped;
  const rows = new KeyedSql(proof, below, columns, (one) => relationNames.keysBelow(number, one));
  const keyColumns = sql.keyColumns(number);
  const numbers = [...below.keys()];
  const groups = numbers.flatMap((one) =>
    (['old', 'now'] as const).map((state) => ({
      name: relationNames.groups(number, one, state),
      sql: sql.groups(number, rows.rows(one)),
      columns: keyColumns,
      mentions: mentionsOf(proof, (occurrence) => rows.input(one, occurrence, state)),
    })),
  );
  const all = groups.map(({ name }) => `select * from ${name}`).join(' union ');
  return {
    keys: [
      ...numbers.map((one) => keysOf(rows, one, relationNames.keysBelow(number, one))),
      ...groups,
      { name: relationNames.keys(number), sql: all, columns: keyColumns, mentions: [] },
    ],
    checks: numbers.flatMap((one) => tieCheck(proof, (occurrence) => rows.input(one, occurrence)) ?? []),
  };
}
