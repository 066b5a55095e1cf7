import type { Relation } from '../../engine/engine.ts';
import type { StoryInput, StoryState, TextRow } from '../../plan/laws/story.ts';
import { netRows } from '../../plan/laws/story.ts';
import { takenWay, waysOf } from '../../plan/refresh/choice.ts';
import { bagScript } from '../../plan/refresh/bag.ts';
import { foldKeys } from '../../plan/refresh/fold-changes.ts';
import { foldChanges, foldScript } from '../../plan/refresh/fold.ts';
import { inputsOfProof, relationNames } from '../../plan/refresh/relations.ts';
import type { ScriptPart } from '../../plan/refresh/script.ts';
import { keyScript, linearScript, rowScript } from '../../plan/refresh/script.ts';
import type { RefreshProof } from '../../sql/refresh/proof.ts';
import { asGiven } from '../given-rows.ts';
import type { LawWorld } from './law-world.ts';

/** A table brought up to its inputs: the relations by which that is done, one after the other, and the one that has its rows then. */
export interface KeptUp {
  readonly way: 'same' | 'append' | 'bag' | 'fold' | 'keyed' | 'full';
  readonly relations: readonly Relation[];
  readonly table: string;
}

interface KeepWork {
  readonly proof: RefreshProof | undefined;
  readonly before: StoryState;
  readonly state: StoryState;
  /** Has the table's rows now. */
  readonly table: string;
  /** What its rows then are called. */
  readonly next: string;
}

/** Every input of a model, with its rows. */
export function inputRows({ material, bound, model, moment }: LawWorld, state: StoryState): readonly Relation[] {
  return material.inputs.map((input) =>
    asGiven(rowsOf(input, input.name, state.get(input.name) ?? []), { bound, model, nowIso: moment.nowIso }),
  );
}

/** Brings a table up to what its inputs are now, by the way that a run would take if it had the choice. */
export function keepUp(world: LawWorld, work: KeepWork): KeptUp {
  return byRow(world, work) ?? byProof(world, work);
}

/** Where each row gives its rows by itself, new rows are all that is read. */
function byRow({ model, material, sql, columns }: LawWorld, work: KeepWork): KeptUp | undefined {
  const [input, ...others] = material.inputs;
  if (input === undefined || others.length > 0 || model.modelKind !== 'table' || !model.facts.rowWise.proven)
    return undefined;
  const { gained, lost } = netOf(input, work, new Set(input.columns.keys()));
  if (lost.length > 0) return undefined;
  if (gained.length === 0) return { way: 'same', relations: [], table: work.table };
  const added: ScriptPart = { name: '__step0', sql, columns, mentions: [] };
  const relations = [rowsOf(input, input.name, gained), kept(added)];
  return replaced({ columns, relations, added: [added] }, 'append', work);
}

function byProof(world: LawWorld, work: KeepWork): KeptUp {
  const { model, columns, material } = world;
  const full: KeptUp = { way: 'full', relations: [], table: work.table };
  const { proof } = work;
  if (proof === undefined) return full;
  const inputs = new Map(material.inputs.map((input) => [input.name.toLowerCase(), input]));
  const relations: Relation[] = [];
  const old: Relation[] = [];
  const changed = new Set<string>();
  let isAdded = true;
  for (const [number, name] of inputsOfProof(proof).entries()) {
    const input = inputs.get(name);
    if (input === undefined) return full;
    const now = work.state.get(input.name) ?? [];
    relations.push(rowsOf(input, relationNames.now(number), now));
    const { gained, lost } = netOf(input, work, lookedAt(proof, name, input));
    if (gained.length + lost.length === 0) continue;
    changed.add(name);
    isAdded &&= lost.length === 0;
    old.push(rowsOf(input, relationNames.old(number), work.before.get(input.name) ?? []));
    relations.push(
      rowsOf(input, relationNames.gained(number), gained),
      rowsOf(input, relationNames.lost(number), lost),
    );
  }
  if (changed.size === 0) return { way: 'same', relations: [], table: work.table };
  const way = takenWay(waysOf(proof, changed, { model, columns }), isAdded);
  if (way === undefined) return full;
  const bound = (part: ScriptPart): readonly Relation[] => [
    ...part.mentions.map(({ name, table, sql }): Relation => {
      const mentioned = inputs.get(table)?.columns ?? [];
      return { name, kind: 'sql', sql, columns: mentioned };
    }),
    kept(part),
  ];
  if (way.kind === 'append') {
    const added = linearScript(proof, way.steps, { changes: 'gained', columns });
    return replaced({ columns, relations: [...relations, ...old, ...added.flatMap(bound)], added }, 'append', work);
  }
  if (way.kind === 'bag') {
    const { gained, lost, concerned, fresh } = bagScript(proof, way.steps, columns);
    const rest: ScriptPart = { name: '__rest', sql: fresh(work.table), columns, mentions: [] };
    const made = [...gained, ...lost, rest].flatMap(bound);
    return replaced(
      { columns, relations: [...relations, ...old, ...made], added: [rest], gone: concerned(work.table) },
      'bag',
      work,
    );
  }
  if (way.kind === 'fold') {
    const table = { proof, way: way.way, columns, isAdded };
    const { merged, open, again, fresh, concerned } = foldScript(table, {});
    const rest: ScriptPart = { name: '__rest', sql: fresh, columns, mentions: [] };
    const target: Relation = { name: relationNames.target, kind: 'sql', sql: `from ${work.table}`, columns };
    const made = [target, ...[...foldKeys(table), ...foldChanges(table), merged, open, again, rest].flatMap(bound)];
    const added = [again, rest];
    return replaced(
      { columns, relations: [...relations, ...old, ...made], added, gone: concerned(work.table) },
      'fold',
      work,
    );
  }
  const keys = keyScript(proof, way.passes, columns);
  const { rows, concerned } = rowScript(proof, way.passes, { columns });
  const made = [...relations, ...old, ...[...keys, ...rows].flatMap(bound)];
  return replaced({ columns, relations: made, added: rows, gone: concerned(work.table) }, 'keyed', work);
}

interface Replaced {
  readonly columns: ScriptPart['columns'];
  readonly relations: readonly Relation[];
  readonly added: readonly ScriptPart[];
  /** The rows that go. */
  readonly gone?: string;
}

function replaced(
  { columns, relations, added, gone }: Replaced,
  way: KeptUp['way'],
  { table, next }: KeepWork,
): KeptUp {
  const rest = gone === undefined ? `select * from ${table}` : `(select * from ${table} except all (${gone}))`;
  const sql = [rest, ...added.map(({ name }) => `select * from ${name}`)].join(' union all ');
  return { way, relations: [...relations, { name: next, kind: 'sql', sql, columns, kept: true }], table: next };
}

function kept({ name, sql, columns }: ScriptPart): Relation {
  return { name, kind: 'sql', sql, columns, kept: true };
}

function rowsOf({ columns }: StoryInput, name: string, rows: readonly TextRow[]): Extract<Relation, { kind: 'rows' }> {
  return { name, kind: 'rows', columns, rows };
}

function netOf(
  input: StoryInput,
  { before, state }: KeepWork,
  looked: ReadonlySet<number>,
): ReturnType<typeof netRows> {
  return netRows({ before: before.get(input.name) ?? [], after: state.get(input.name) ?? [] }, looked);
}

/** Columns of an input that the SELECT looks at: a change of others is none. */
function lookedAt(proof: RefreshProof, name: string, { columns }: StoryInput): ReadonlySet<number> {
  const leaves = proof.leaves.filter(({ occurrence }) => proof.occurrences[occurrence] === name);
  const names = new Set(leaves.flatMap((leaf) => leaf.columns));
  return new Set([...columns.keys()].filter((i) => names.has(columns[i]?.name ?? '')));
}
