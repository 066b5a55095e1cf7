import type { Predicate } from '@lakesmith/delta';
import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { ProvenKey, RefreshProof } from '../../sql/refresh/proof.ts';
import type { KeySpan } from './key-spans.ts';
import { anyRowOf, rangeAtLeaf, rangePredicate, rangeSql } from './key-spans.ts';
import { changedLeaves, inputNumber, relationNames, tableOfLeaf } from './relations.ts';

/**
 * Rows of the table by their keys: all that have a key of the pass are taken out, and made again from rows of the inputs that have
 * it too, as these are now. Why that is enough, however many inputs changed: docs/refresh.md.
 */
export interface KeyedPass {
  /** Output columns that together are the key. */
  readonly keys: readonly ProvenKey[];
  /** Changed leaves whose old and new rows say which keys. All of them carry every key. */
  readonly leaves: readonly number[];
  /** How the rows that the SELECT groups are followed, where only these carry the keys: their groups, before and now, are the keys. */
  readonly grouped?: readonly KeyedPass[];
  /** SQL of the values between which the one key lies, the second not with it: all that lie there are keys, whatever changed. */
  readonly between?: { readonly low?: string; readonly high?: string };
}

/** Chooses the keys by which the changes of a leaf are followed, among those that it carries: never none. */
export type ChooseKeys = (carried: readonly ProvenKey[], leaf: number, proof: RefreshProof) => readonly ProvenKey[];

/** Passes that together follow all changes of these tables; or the first leaf that no output column follows. */
export function keyedPasses(
  proof: RefreshProof,
  changed: ReadonlySet<string>,
  choose: ChooseKeys,
):
  | { readonly ok: true; readonly passes: readonly KeyedPass[] }
  | { readonly ok: false; readonly table: string; readonly leaf: number } {
  const group = groupPass(proof, changed, choose);
  const leaves = changedLeaves(proof, changed).filter((leaf) => group?.followed.has(leaf) !== true);
  const found = passesOf(
    proof,
    leaves.map((leaf) => [leaf]),
    choose,
  );
  if (!found.ok) return { ...found, table: tableOfLeaf(proof, found.leaf) };
  return { ok: true, passes: [...(group === undefined ? [] : [group.pass]), ...found.passes] };
}

/** Passes that follow leaves, of which some have to be followed together; or the first leaf of those that no key follows. */
export function passesOf(
  proof: RefreshProof,
  together: readonly (readonly number[])[],
  choose: ChooseKeys,
): { readonly ok: true; readonly passes: readonly KeyedPass[] } | { readonly ok: false; readonly leaf: number } {
  const passes: { keys: readonly ProvenKey[]; leaves: number[] }[] = [];
  for (const leaves of together) {
    const [leaf = -1] = leaves;
    const carried = proof.keys.filter((key) => leaves.every((one) => carries(key, one)));
    if (carried.length === 0) return { ok: false, leaf };
    const keys = choose(carried, leaf, proof);
    const same = passes.find((pass) => sameKeys(pass.keys, keys));
    if (same === undefined) passes.push({ keys, leaves: [...leaves] });
    else same.leaves.push(...leaves);
  }
  return { ok: true, passes };
}

function groupPass(
  proof: RefreshProof,
  changed: ReadonlySet<string>,
  choose: ChooseKeys,
): { readonly pass: KeyedPass; readonly followed: ReadonlySet<number> } | undefined {
  const { grouped } = proof;
  const isCarried = (leaf: number): boolean => proof.keys.some((key) => carries(key, leaf));
  if (grouped === undefined || changedLeaves(proof, changed).every(isCarried)) return undefined;
  const keys = proof.keys.filter((key) => carries(key, grouped.leaf));
  // Of a table that is read elsewhere as well, the groups do not tell all.
  const inside = new Set(
    [...changed].filter((table) => {
      const one = new Set([table]);
      const within = changedLeaves(grouped.proof, one).length;
      return within > 0 && within === changedLeaves(proof, one).length;
    }),
  );
  if ([...changed].some((table) => !inside.has(table) && changedLeaves(grouped.proof, new Set([table])).length > 0))
    return undefined;
  const below = keyedPasses(grouped.proof, inside, choose);
  // Groups of groups of groups are not looked for.
  if (keys.length === 0 || !below.ok || below.passes.some((pass) => pass.grouped !== undefined)) return undefined;
  return {
    pass: { keys: [...choose(keys, grouped.leaf, proof)], leaves: [grouped.leaf], grouped: below.passes },
    followed: new Set(changedLeaves(proof, inside)),
  };
}

/** The tables whose changes a pass follows. */
function followedTables(proof: RefreshProof, { leaves, grouped: below }: KeyedPass): readonly string[] {
  const { grouped } = proof;
  if (below === undefined || grouped === undefined) return leaves.map((leaf) => tableOfLeaf(proof, leaf));
  return below.flatMap((pass) => followedTables(grouped.proof, pass));
}

function sameKeys(a: readonly ProvenKey[], b: readonly ProvenKey[]): boolean {
  return a.length === b.length && a.every((key) => b.includes(key));
}

function carries(key: ProvenKey, leaf: number): boolean {
  return sqlAt(key, leaf) !== undefined;
}

function sqlAt({ at }: ProvenKey, leaf: number): string | undefined {
  return at.find(([one]) => one === leaf)?.[1];
}

/** What is known of the keys when they are there. */
export interface KnownOfKeys {
  /** By pass, what each of its keys lies between: rows that are nowhere near need not be looked at. */
  readonly spans?: readonly (readonly KeySpan[])[];
  /** By table, the columns that it has. */
  readonly inputs?: ReadonlyMap<string, readonly Column[]>;
  /** What the keys of a pass are called; absent: as `relationNames` says. */
  readonly keysName?: (pass: number) => string;
}

/** The state of the inputs from which rows are made. */
export type InputState = 'now' | 'old';

/** The SQL of one keyed refresh. Columns of keys are called k0, k1, …; those of rows c0, c1, … */
export class KeyedSql {
  readonly #proof: RefreshProof;
  readonly #passes: readonly KeyedPass[];
  readonly #columns: readonly Column[];
  readonly #changed: ReadonlySet<string>;
  readonly #keysName: (pass: number) => string;
  readonly #spans: readonly (readonly KeySpan[])[];
  readonly #inputs: ReadonlyMap<string, readonly Column[]>;

  /** `columns`: what the table's columns are, whatever the SELECT makes of them. */
  constructor(proof: RefreshProof, passes: readonly KeyedPass[], columns: readonly Column[], known: KnownOfKeys = {}) {
    this.#proof = proof;
    this.#passes = passes;
    this.#columns = columns;
    this.#changed = new Set(passes.flatMap((pass) => followedTables(proof, pass)));
    this.#keysName = known.keysName ?? relationNames.keys;
    this.#spans = known.spans ?? [];
    this.#inputs = known.inputs ?? new Map();
  }

  /** The columns of a pass's keys: in the types of the table, in which its rows are found. */
  keyColumns(pass: number): readonly Column[] {
    if (this.#passes[pass]?.between !== undefined) {
      const type = this.#columns[this.#keysOf(pass)[0]?.column ?? -1]?.type ?? 'string';
      return ['low', 'high'].map((name) => ({ name, type }));
    }
    return this.#keysOf(pass).map((key, i) => ({
      name: `k${i}`,
      type: this.#columns[key.column]?.type ?? 'string',
    }));
  }

  /** The keys of a pass: over old and new rows, since a row that moved leaves the one and comes to the other. */
  keys(pass: number): string {
    const between = this.#passes[pass]?.between;
    if (between !== undefined) return `select ${between.low ?? 'null'} as low, ${between.high ?? 'null'} as high`;
    const leaves = this.#passes[pass]?.leaves ?? [];
    const images = leaves.flatMap((leaf) => {
      const input = inputNumber(this.#proof, this.#proof.leaves[leaf]?.occurrence ?? -1);
      const items = this.#keysOf(pass).map((key, i) => `${this.#typed(sqlAt(key, leaf) ?? 'null', key)} as k${i}`);
      return [relationNames.gained(input), relationNames.lost(input)].map(
        (relation) => `select ${items.join(', ')} from ${relation} as t`,
      );
    });
    return `select distinct * from (${[...new Set(images)].join(' union all ')})`;
  }

  /** The keys of a pass by groups: those of the rows that it groups, of which these are some. */
  groups(pass: number, rows: string): string {
    const leaf = this.#proof.grouped?.leaf ?? -1;
    const items = this.#keysOf(pass).map((key, i) => `${this.#typed(sqlAt(key, leaf) ?? 'null', key)} as k${i}`);
    return `select distinct ${items.join(', ')} from (${rows}) as t`;
  }

  /** What a mention of a table is bound to in a pass: the rows of the input that have one of the keys, where it carries some. */
  input(pass: number, occurrence: number, state: InputState = 'now'): string {
    const number = inputNumber(this.#proof, occurrence);
    if (this.#isKnownByKey(pass, occurrence))
      return `select * from ${(state === 'now' ? relationNames.gained : relationNames.lost)(number)}`;
    const isOld = state === 'old' && this.#changed.has(this.#proof.occurrences[occurrence] ?? '');
    const all = (isOld ? relationNames.old : relationNames.now)(number);
    const leaves = this.#proof.leaves.flatMap((leaf, i) => (leaf.occurrence === occurrence ? [i] : []));
    const conditions = leaves.map((leaf) =>
      this.#keysOf(pass).flatMap((key, i) => {
        const sql = sqlAt(key, leaf);
        return sql === undefined ? [] : [this.#meets(pass, i, { value: this.#typed(sql, key), keys: 's' })];
      }),
    );
    // A mention that is read in several ways needs the rows of all of them.
    if (conditions.length === 0 || conditions.some((parts) => parts.length === 0)) return `select * from ${all}`;
    const [only, ...others] = conditions;
    const keys = this.#keysName(pass);
    if (only !== undefined && others.length === 0) {
      const ranges = leaves.flatMap((leaf) => this.#rangesAt(pass, leaf)).map((range) => rangeSql(range, 't'));
      const near = ranges.length === 0 ? '' : ` where ${ranges.join(' and ')}`;
      return `select t.* from ${all} as t semi join ${keys} as s on ${only.join(' and ')}${near}`;
    }
    const any = conditions.map((parts) => `exists (select 1 from ${keys} as s where ${parts.join(' and ')})`);
    return `select t.* from ${all} as t where ${any.join(' or ')}`;
  }

  /** Whether a pass looks at an input as it is now at all. */
  reads(pass: number, input: string): boolean {
    return this.#proof.occurrences.some((name, one) => name === input && !this.#isKnownByKey(pass, one));
  }

  /** What rows of an input meet that a pass looks at; undefined when any may be. */
  wanted(pass: number, input: string): Predicate | undefined {
    const operands: Predicate[] = [];
    for (const [leaf, { occurrence }] of this.#proof.leaves.entries()) {
      if (this.#proof.occurrences[occurrence] !== input || this.#isKnownByKey(pass, occurrence)) continue;
      const ranges = this.#rangesAt(pass, leaf);
      if (ranges.length === 0) return undefined;
      operands.push({ kind: 'and', operands: ranges.map(rangePredicate) });
    }
    return operands.length === 0 ? undefined : { kind: 'or', operands };
  }

  /** What rows of the table meet that have a key of some pass; undefined when any may be. */
  wantedOfTarget(): Predicate | undefined {
    return anyRowOf(
      this.#passes.map((_, pass) =>
        this.#keysOf(pass).map(({ column }, i) => ({ column: this.#columns[column], span: this.#spans[pass]?.[i] })),
      ),
    );
  }

  #rangesAt(pass: number, leaf: number): readonly NonNullable<ReturnType<typeof rangeAtLeaf>>[] {
    const columns = this.#inputs.get(this.#proof.occurrences[this.#proof.leaves[leaf]?.occurrence ?? -1] ?? '') ?? [];
    return this.#keysOf(pass).flatMap((key, i) => {
      const made = this.#columns[key.column]?.type ?? 'string';
      return rangeAtLeaf(key, leaf, { span: this.#spans[pass]?.[i], columns, made }) ?? [];
    });
  }

  /** Whether a value is one of the keys. */
  #meets(pass: number, key: number, { value, keys }: { readonly value: string; readonly keys: string }): string {
    const between = this.#passes[pass]?.between;
    if (between === undefined) return `${value} ${this.#equals(pass, key)} ${keys}.k${key}`;
    const bounds = [
      ...(between.low === undefined ? [] : [`${value} >= ${keys}.low`]),
      ...(between.high === undefined ? [] : [`${value} < ${keys}.high`]),
    ];
    return `(${bounds.join(' and ')})`;
  }

  /** Where no key is NULL, the engine finds by the plain form which parts of files to read. */
  #equals(pass: number, key: number): string {
    return this.#spans[pass]?.[key]?.nulls === false ? '=' : 'is not distinct from';
  }

  /**
   * Whether the rows of a mention that have keys of the pass are just those that its table gained: where the pass follows changes of this mention
   * alone, and its keys tell one row of the table from all others. Then the table is not read at all.
   */
  #isKnownByKey(pass: number, occurrence: number): boolean {
    const [leaf, ...others] = this.#passes[pass]?.leaves ?? [];
    const mine = this.#proof.leaves.flatMap((one, i) => (one.occurrence === occurrence ? [i] : []));
    if (leaf === undefined || others.length > 0 || mine.length !== 1 || mine[0] !== leaf) return false;
    const known = this.#keysOf(pass).flatMap(({ plain }) => plain.find(([one]) => one === leaf)?.[1] ?? []);
    return this.#proof.leaves[leaf]?.unique.some((set) => set.every((name) => known.includes(name))) === true;
  }

  /** The rows that a pass puts in. Keys of passes before it are theirs. */
  rows(pass: number): string {
    const names = this.#columns.map((_, i) => `c${i}`);
    const made = (key: ProvenKey): string => this.#typed(`r.c${key.column}`, key);
    const earlier = Array.from({ length: pass }, (_, i) => this.#join('anti', i, made));
    return `select r.* from (${this.#proof.sql}) as r(${names.join(', ')}) ${this.#join('semi', pass, made)} ${earlier.join(' ')}`;
  }

  /** The rows of the table that have a key of some pass, each once; `table` has the table's rows. */
  concerned(table: string): string {
    const column = (key: ProvenKey): string => `t.${quoteName(this.#columns[key.column]?.name ?? '')}`;
    const passes = this.#passes.map((_, pass) => {
      const earlier = Array.from({ length: pass }, (_, i) => this.#join('anti', i, column));
      return `select t.* from ${table} as t ${this.#join('semi', pass, column)} ${earlier.join(' ')}`;
    });
    return passes.join(' union all ');
  }

  #join(kind: 'semi' | 'anti', pass: number, value: (key: ProvenKey) => string): string {
    const on = this.#keysOf(pass).map((key, i) => this.#meets(pass, i, { value: value(key), keys: `s${pass}` }));
    return `${kind} join ${this.#keysName(pass)} as s${pass} on ${on.join(' and ')}`;
  }

  /** In the type that the table has, since values that differ in the SELECT may be the same there. */
  #typed(sql: string, key: ProvenKey): string {
    return `cast(${sql} as ${toEngineType(this.#columns[key.column]?.type ?? 'string')})`;
  }

  #keysOf(pass: number): readonly ProvenKey[] {
    return this.#passes[pass]?.keys ?? [];
  }
}
