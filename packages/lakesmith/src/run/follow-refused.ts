import type { Relation } from '../engine/engine.ts';
import { LakeError } from '../core/errors.ts';
import { quoteName } from '../core/sql-text.ts';
import type { MadeBy } from '../lake/release.ts';
import { placeOf } from '../lake/release.ts';
import type { KeyedPass } from '../plan/refresh/keyed.ts';
import type { RowPart, ScriptPart } from '../plan/refresh/script.ts';
import { linearScript } from '../plan/refresh/script.ts';
import { considerRefused, putsAside, refusedWays, rowsOfOtherKeys, whyLost } from '../plan/refresh/refused.ts';
import type { BoundProject } from '../project/model.ts';
import { readLedger } from '../sources/ledger.ts';
import { fileColumn, placeMarks, positionColumn } from '../sql/origin.ts';
import type { RefreshProof } from '../sql/refresh/proof.ts';
import { reasonsColumn } from '../sql/rules-in-tree.ts';
import type { RunContext } from './context.ts';
import { momentOf } from './context.ts';
import { makeKeys } from './made-keys.ts';
import { bindMentions, inputOf } from './mentions.ts';
import { removingRules } from './model-sql.ts';
import type { InputChanges } from './net-changes.ts';
import { proveRefused } from './prove-models.ts';
import { freshColumns, openRows } from './quarantine.ts';
import { readRows } from './read-rows.ts';
import type { Before } from './refresh-inputs.ts';
import { RefreshInputs } from './refresh-inputs.ts';
import type { RefreshWork } from './refresh-model.ts';
import type { BoundSql, BrokenRows } from './refused-rows.ts';
import {
  brokenSql,
  describeRefused,
  firstOfSame,
  identified,
  originOf,
  refusedIn,
  stageRefused,
  stampOf,
} from './refused-rows.ts';
import { countReasons } from './removed-rows.ts';
import { withScratchRows } from './scratch-rows.ts';
import { newRows, stepRelations } from './stage-model.ts';
import type { Taken } from './take-out.ts';

interface FollowWork extends RefreshWork {
  readonly bound: BoundProject;
}

/** What the rules of a table took out that was kept up by parts; and what is told of it. */
export async function takenOfRefreshed(
  context: RunContext,
  work: FollowWork,
): Promise<{ readonly taken: Taken; readonly told?: string }> {
  if (removingRules(work.model).length === 0) return { taken: { kind: 'none', scope: 'all' } };
  const followed = await followRefused(context, work);
  if (followed.ok) return { taken: followed.taken };
  const relations = await stepRelations(context, work);
  const told = `all inputs were read for rows that its rules take out: ${followed.why}`;
  return { taken: { kind: 'asked', scope: 'all', parts: [{ relations }] }, told };
}

/** What they take out; or why that is to be asked of all inputs. */
type FollowedRefused = { readonly ok: true; readonly taken: Taken } | { readonly ok: false; readonly why: string };

/**
 * Finds out which rows the rules of a table refuse from those that they refused when it was last made, and from what changed since. They
 * are those that looking at all inputs would give. Of rows that are dropped none is kept, so of them only those that would be new are
 * counted, where no rule says how many there may be. Whatever fails on the way means that all inputs are looked at.
 */
async function followRefused(context: RunContext, work: FollowWork): Promise<FollowedRefused> {
  const { model, path, choice } = work;
  if (choice.stretch !== undefined) return whole('rows are made anew whatever changed');
  const base = await context.lake.open(path);
  const made = base?.commitInfo?.['lakesmith'] as MadeBy | undefined;
  if (base === undefined || made === undefined) return whole('nothing was made before');
  try {
    const open = await openRows(context.lake, model.name);
    if (putsAside(model) && made.refused !== (await stampOf(context, open)))
      return whole('those in quarantine are not those that its last run put there');
    return await withScratchRows(context, (scratch) =>
      new Followed(context, work, { before: { base, made, scratch }, open }).find(),
    );
  } catch (error) {
    if (!(error instanceof LakeError) || context.signal.aborted) throw error;
    return whole(error.message);
  }
}

function whole(why: string): FollowedRefused & { readonly ok: false } {
  return { ok: false, why };
}

interface MadeParts {
  readonly parts: readonly BoundSql[];
  readonly anew?: { readonly passes: readonly KeyedPass[]; readonly keys: readonly Relation[] };
}

class Followed {
  readonly #context: RunContext;
  readonly #work: FollowWork;
  readonly #before: Before;
  /** What is in quarantine. */
  readonly #open: BoundSql;

  constructor(
    context: RunContext,
    work: FollowWork,
    { before, open }: { readonly before: Before; readonly open: BoundSql },
  ) {
    this.#context = context;
    this.#work = work;
    this.#before = before;
    this.#open = open;
  }

  async find(): Promise<FollowedRefused> {
    const { model, bound } = this.#work;
    const { engine } = this.#context;
    const result = await proveRefused(model, { bound, engine, moment: momentOf(this.#context) });
    const considered = considerRefused(result, this.#work.choice.changed, this.#ruled());
    if (!considered.ok || !result.ok) return whole(considered.text);
    if (!putsAside(model)) return await this.#counted(result.proof);
    const origin = originOf(model);
    if (origin === undefined) return await this.#followed(result.proof);
    const { snapshot } = inputOf(this.#work.inputs, origin.table);
    if (readLedger(snapshot.domains).files.size > 0) return await this.#amongNewFiles(origin.table, result.proof);
    if (model.key.length === 0) return whole(`they are known by their place in ${origin.table}`);
    const followed = await this.#followed(result.proof);
    const { ok } = followed;
    return ok && followed.taken.kind === 'found' && (await this.#hasPlaces(followed.taken.broken))
      ? whole(`some are known by their place in ${origin.table}`)
      : followed;
  }

  /** Of a table that knows of its rows where they came from: rows of new files, while all others lie where they lay. */
  async #amongNewFiles(table: string, proof: RefreshProof): Promise<FollowedRefused> {
    const { made } = this.#before;
    const { snapshot } = inputOf(this.#work.inputs, table);
    const before = await this.#context.lake.open(placeOf(made, table), made.inputs[table]);
    const onlyGrew = before !== undefined && [...before.files.keys()].every((key) => snapshot.files.has(key));
    if (!onlyGrew) return whole(`rows of ${table} lie elsewhere than they did`);
    const steps = refusedWays(proof, new Set([table]), this.#ruled()).linear;
    if (steps?.length !== 1) return whole(`they are no sum over the rows of ${table}`);
    const relations = await newRows(this.#context, this.#work);
    const found = await refusedIn(this.#context, this.#work, { relations });
    return await this.#staged(this.#open, [await this.#keep('__found0', found)]);
  }

  async #followed(proof: RefreshProof): Promise<FollowedRefused> {
    const { columns } = this.#work;
    const { relations: known, sql: open } = this.#open;
    const made = await this.#made(proof);
    if ('why' in made) return whole(made.why);
    const found: Relation[] = [];
    for (const { sql, relations } of made.parts)
      found.push(
        await this.#keep(`__found${found.length}`, describeRefused(this.#context, this.#work, { relations }, sql)),
      );
    if (made.anew === undefined) return await this.#staged(this.#open, found);
    const { passes, keys } = made.anew;
    const stand = { sql: rowsOfOtherKeys(open, passes, columns), relations: [...known, ...keys] };
    return await this.#staged(stand, found);
  }

  /** Of the rows that the table gets, how many are dropped. */
  async #counted(proof: RefreshProof): Promise<FollowedRefused> {
    const made = await this.#made(proof);
    if ('why' in made) return whole(made.why);
    const reasons = quoteName(reasonsColumn(this.#work.columns));
    const parts = made.parts.map(({ sql, relations }) => ({
      sql: `select ${reasons} as reasons from (${sql})`,
      relations,
    }));
    return { ok: true, taken: { kind: 'counted', counted: await countReasons(this.#context, parts) } };
  }

  /** What changes give of the SELECT that gives refused rows, in parts; and the keys, where rows of these are made anew. */
  async #made(proof: RefreshProof): Promise<MadeParts | { readonly why: string }> {
    const { columns, choice } = this.#work;
    const inputs = new RefreshInputs(this.#context, { ...this.#work, proof }, this.#before);
    const changes = new Map<string, InputChanges>();
    for (const name of choice.changed) {
      const net = await inputs.changesOf(name);
      if (net !== undefined) changes.set(name, net);
    }
    if (changes.size === 0) return { parts: [] };
    const { linear, keyed } = refusedWays(proof, new Set(changes.keys()), this.#ruled());
    const isAdded = [...changes.values()].every(({ loses }) => !loses);
    const bound = async (part: ScriptPart | RowPart, read: readonly Relation[] = []): Promise<BoundSql> => ({
      sql: part.sql,
      relations: [...(await inputs.of(part, changes, read)), ...this.#mentioned(part)],
    });
    const parts: BoundSql[] = [];
    if (linear !== undefined && isAdded) {
      for (const part of linearScript(proof, linear, { changes: 'gained', columns })) parts.push(await bound(part));
      return { parts };
    }
    if (keyed === undefined) return { why: whyLost(proof, new Set(changes.keys()), this.#ruled()) };
    const { scratch } = this.#before;
    const keep = async (part: ScriptPart, read: readonly Relation[]): ReturnType<typeof scratch.keep> =>
      await scratch.keep(part.name, { ...(await bound(part, read)), columns: part.columns });
    const { script, keys } = await makeKeys(proof, keyed, { columns, inputs, keep });
    const names = columns.map((_, i) => `c${i}`).join(', ');
    const named = columns.map(({ name }, i) => `c${i} as ${quoteName(name)}`).join(', ');
    for (const part of script.rows) {
      const sql = `select ${named}, * exclude (${names}) from (${part.sql})`;
      parts.push(await bound({ ...part, sql }, keys));
    }
    return { parts, anew: { passes: keyed, keys } };
  }

  #ruled(): FollowWork & { readonly timezone: string } {
    return { ...this.#work, timezone: this.#context.project.timezone };
  }

  /** The mentions of a part. Of a table that does not know where its rows came from, nobody asks where they lie. */
  #mentioned({ mentions }: ScriptPart): readonly Relation[] {
    const { model } = this.#work;
    const origin = putsAside(model) ? originOf(model) : undefined;
    const marks = `0::bigint as ${fileColumn}, 0::bigint as ${positionColumn}`;
    return bindMentions(mentions, this.#work.inputs).map((relation, i) =>
      relation.kind !== 'sql' || mentions[i]?.table !== origin?.table
        ? relation
        : {
            ...relation,
            sql: `select *, ${marks} from (${relation.sql})`,
            columns: [...relation.columns, ...placeMarks],
          },
    );
  }

  async #keep(name: string, query: BoundSql): Promise<Relation> {
    return (await this.#before.scratch.keep(name, { ...query, columns: freshColumns })).relation;
  }

  /** What stands of the rows in quarantine, and those that were found: of one identity the first. */
  async #staged(stand: BoundSql, found: readonly Relation[]): Promise<FollowedRefused> {
    const all = [stand.sql, ...found.map(({ name }) => `select * from ${name}`)].join(' union all ');
    const sql = `select * from (${all}) qualify row_number() over (partition by id order by ${firstOfSame}) = 1`;
    const staged = await stageRefused(this.#context, { sql, relations: [...stand.relations, ...found] });
    return { ok: true, taken: { kind: 'found', broken: { ...staged, table: this.#work.model.name, scope: 'all' } } };
  }

  /** Whether what some rows are known by is not their key: part of it is NULL. */
  async #hasPlaces(broken: BrokenRows): Promise<boolean> {
    if (broken.rows === 0) return false;
    const { engine, signal } = this.#context;
    const known = `md5(${identified(this.#work.model)} || row_key)`;
    const { sql: all, relations } = brokenSql(broken);
    const sql = `select count(*) from (${all}) where id is distinct from ${known}`;
    const { rows } = await readRows(engine, { sql, relations, timezone: 'UTC' }, signal);
    return Number(rows[0]?.[0]) > 0;
  }
}
