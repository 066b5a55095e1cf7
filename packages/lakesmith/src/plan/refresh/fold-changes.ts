import type { Column } from '../../core/schema.ts';
import type { ProvenFold, RefreshProof } from '../../sql/refresh/proof.ts';
import type { KeySpan } from './key-spans.ts';
import type { ChooseKeys, InputState, KeyedPass } from './keyed.ts';
import { KeyedSql, passesOf } from './keyed.ts';
import type { LinearStep } from './linear.ts';
import { leavesOf, sumsOver } from './linear.ts';
import { mentionsOf } from './mention.ts';
import { relationNames } from './relations.ts';
import type { RowPart, ScriptPart } from './script.ts';
import { linearScript, wantedRows } from './script.ts';
import type { TieCheck } from './ties.ts';
import { tieCheck } from './ties.ts';

/**
 * Groups by what comes to them and what goes from them. Where what is grouped is a sum over a mention, that is the SELECT over the rows that its
 * table gained, and over those that it lost. Else keys say which of the rows that are grouped may be others than before: the SELECT over the
 * inputs' rows with these keys as they were goes, and the same as they are comes. Rows of other keys that come along are in both.
 */
export interface FoldWay {
  readonly fold: ProvenFold;
  /** One mention changes after the other: first these, then those of the passes. */
  readonly steps: readonly LinearStep[];
  readonly passes: readonly KeyedPass[];
}

/** The way that follows all changes of these tables; undefined where neither sums nor keys follow one of them. */
export function foldWay(proof: RefreshProof, changed: ReadonlySet<string>, choose: ChooseKeys): FoldWay | undefined {
  const { fold } = proof;
  if (!fold.ok) return undefined;
  const { steps, others } = sumsOver({ ...proof, linear: fold.linear }, changed);
  const found = passesOf(
    rowsProof(proof, fold),
    others.map((occurrence) => leavesOf(proof, occurrence)),
    choose,
  );
  if (!found.ok) return undefined;
  const { passes } = found;
  const way = { fold, steps, passes };
  if (!follows(way, true)) return undefined;
  // Rows may be equal in an order while one mention has changed and the other has not, though neither before nor after.
  if (passes.length > 1 && proof.obstacles.some(({ kind }) => kind === 'ties')) return undefined;
  return way;
}

/** Whether rows may go: the smallest of those that are left, the smallest of all does not tell. */
export function takesAway({ fold }: FoldWay): boolean {
  return !fold.measures.some(({ kind }) => kind === 'min' || kind === 'max');
}

/** Whether it follows what changed: with passes, rows go and come again also where inputs only gained rows. */
export function follows(way: FoldWay, isAdded: boolean): boolean {
  return takesAway(way) || (isAdded && way.passes.length === 0);
}

/** Whether changes are just added and taken away, so that rows which both came and went do no harm. */
export function isSummed({ linear, fold }: { readonly linear?: unknown; readonly fold?: FoldWay }): boolean {
  return linear === undefined && fold !== undefined && takesAway(fold) && fold.passes.length === 0;
}

export interface FoldedTable {
  readonly proof: RefreshProof;
  readonly way: FoldWay;
  /** The contract. */
  readonly columns: readonly Column[];
  /** Rows only came. */
  readonly isAdded: boolean;
}

/** What is known of the keys of the passes when they are there. */
export interface KnownOfRows {
  readonly spans?: readonly (readonly KeySpan[])[];
  /** By table, the columns that it has. */
  readonly inputs?: ReadonlyMap<string, readonly Column[]>;
}

/** What comes to groups, or goes from them. */
interface FoldedPart {
  readonly side: 1 | -1;
  readonly part: ScriptPart | RowPart;
}

/** The keys of each pass. */
export function foldKeys({ proof, way }: FoldedTable): readonly ScriptPart[] {
  const sql = rowsSql(proof, way, {});
  return way.passes.map((_, pass) => ({
    name: keysName(pass),
    sql: sql.keys(pass),
    columns: sql.keyColumns(pass),
    mentions: [],
  }));
}

/** What the changes come to, when the keys are there. */
export function foldedParts({ proof, way, columns, isAdded }: FoldedTable, known: KnownOfRows): readonly FoldedPart[] {
  const { steps } = way;
  const places = placesOf(proof, way);
  const later = new Set(places.keys());
  const summed = (changes: 'gained' | 'lost'): readonly FoldedPart[] =>
    linearScript(proof, steps, { changes, columns, later }).map((part) => ({
      side: changes === 'gained' ? 1 : -1,
      part,
    }));
  const sql = rowsSql(proof, way, known);
  const compared = (pass: number, state: InputState): FoldedPart => ({
    side: state === 'now' ? 1 : -1,
    part: {
      name: `__${state}_pass${pass}`,
      sql: proof.sql,
      columns,
      mentions: mentionsOf(proof, (occurrence) =>
        sql.input(pass, occurrence, stateIn(places, pass, occurrence, state)),
      ),
      wanted: wantedRows(proof, sql, pass),
    },
  });
  return [
    ...summed('gained'),
    ...(isAdded ? [] : summed('lost')),
    ...way.passes.flatMap((_, pass) => [compared(pass, 'now'), compared(pass, 'old')]),
  ];
}

/** What must have no ties among the rows of the keys. */
export function foldChecks({ proof, way }: FoldedTable, known: KnownOfRows): readonly TieCheck[] {
  const sql = rowsSql(proof, way, known);
  return way.passes.flatMap((_, pass) => tieCheck(proof, (occurrence) => sql.input(pass, occurrence)) ?? []);
}

/** By mention, the pass in which it changes. */
function placesOf(proof: RefreshProof, { passes }: FoldWay): ReadonlyMap<number, number> {
  return new Map(
    passes.flatMap(({ leaves }, pass) =>
      leaves.map((leaf): [number, number] => [proof.leaves[leaf]?.occurrence ?? -1, pass]),
    ),
  );
}

/** As what a mention is bound in a pass: those of passes before it have changed. */
function stateIn(places: ReadonlyMap<number, number>, pass: number, occurrence: number, state: InputState): InputState {
  const place = places.get(occurrence) ?? -1;
  if (place === pass) return state;
  return place < pass ? 'now' : 'old';
}

const keysName = (pass: number): string => relationNames.keysBelow(0, pass);

function rowsSql(proof: RefreshProof, { fold, passes }: FoldWay, known: KnownOfRows): KeyedSql {
  return new KeyedSql(rowsProof(proof, fold), passes, fold.rows.columns, { ...known, keysName });
}

/** As if the rows that are grouped were the table, of which the keys are all that it has. */
function rowsProof(proof: RefreshProof, { rows, linear }: ProvenFold): RefreshProof {
  return { ...proof, keys: rows.keys, linear };
}
