import type { Snapshot } from '@lakesmith/delta';
import { countRows } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { MadeBy } from '../lake/release.ts';
import { columnsOf } from '../lake/relation.ts';
import type { RowReplacement } from '../lake/replace-rows.ts';
import { stageReplacement, stageSame } from '../lake/replace-rows.ts';
import type { StagedTable } from '../lake/staged.ts';
import { stageTable } from '../lake/staged.ts';
import type { RefreshChoice, RefreshWays } from '../plan/refresh/choice.ts';
import { takenWay, waysOf } from '../plan/refresh/choice.ts';
import type { KeyedPass } from '../plan/refresh/keyed.ts';
import { spanBetween, spanOf } from '../plan/refresh/key-spans.ts';
import type { LinearStep } from '../plan/refresh/linear.ts';
import { inputsOfProof, relationNames } from '../plan/refresh/relations.ts';
import type { RowPart, ScriptPart } from '../plan/refresh/script.ts';
import { keyScript, linearScript, rowScript } from '../plan/refresh/script.ts';
import { stretchPass } from '../plan/refresh/stretch.ts';
import type { BoundTable, RunContext } from './context.ts';
import { tiesAmong } from './count-ties.ts';
import { bindMentions, inputOf } from './mentions.ts';
import type { NetChanges } from './net-changes.ts';
import { netChanges } from './net-changes.ts';
import { readRows } from './read-rows.ts';
import type { KeptRows, ScratchRows } from './scratch-rows.ts';
import { withScratchRows } from './scratch-rows.ts';
import type { ModelWork } from './stage-model.ts';
import { madeBy } from './stage-model.ts';

/** What became of a table that was to be kept up by parts. */
export type Refreshed =
  | { readonly kind: 'same' | 'append' | 'keyed'; readonly staged: StagedTable }
  /** It is to be made anew, and why. */
  | { readonly kind: 'full'; readonly why: string };

export interface RefreshWork extends ModelWork {
  readonly choice: RefreshChoice;
  /** Tables that this run has staged, by name. */
  readonly staged: ReadonlyMap<string, StagedTable>;
}

/** More of a table than this is made anew at once: to find the rows would cost as much. */
const mostOfTable = 0.5;

/** Brings a table up to its inputs by the cheapest way that is proven. Whatever fails on the way means that it is made anew. */
export async function refreshModel(context: RunContext, work: RefreshWork): Promise<Refreshed> {
  const base = await context.lake.open(work.path);
  const made = base?.commitInfo?.['lakesmith'] as MadeBy | undefined;
  if (base === undefined || made === undefined) return { kind: 'full', why: 'nothing was made before' };
  try {
    return await withScratchRows(context, (scratch) => new Refresh(context, work, { base, made, scratch }).run());
  } catch (error) {
    if (!(error instanceof LakeError) || context.signal.aborted) throw error;
    return { kind: 'full', why: error.message };
  }
}

interface Before {
  readonly base: Snapshot;
  /** What the table was made of. */
  readonly made: MadeBy;
  readonly scratch: ScratchRows;
}

/** By input, what really changed. */
type Changes = ReadonlyMap<string, NetChanges>;

class Refresh {
  readonly #context: RunContext;
  readonly #work: RefreshWork;
  readonly #before: Before;

  constructor(context: RunContext, work: RefreshWork, before: Before) {
    this.#context = context;
    this.#work = work;
    this.#before = before;
  }

  async run(): Promise<Refreshed> {
    const { choice, model, columns } = this.#work;
    const changes = new Map<string, NetChanges>();
    let ways: RefreshWays = {};
    for (const input of choice.changed) {
      const net = await this.#changesOf(input);
      if (net === undefined) continue;
      changes.set(input, net);
      ways = waysOf(choice.proof, new Set(changes.keys()), { model, columns });
      if (ways.linear === undefined && ways.keyed === undefined)
        return { kind: 'full', why: `no column of it says which rows of ${input} a row is made of` };
    }
    const { stretch } = choice;
    if (stretch !== undefined) {
      if (changes.size > 0 && ways.keyed === undefined)
        return { kind: 'full', why: 'no column of it says which rows are made of those that changed' };
      return await this.#keyed([...(ways.keyed ?? []), stretchPass(stretch)], changes);
    }
    if (changes.size === 0) return this.#same();
    const isAdded = [...changes.values()].every(({ loses }) => !loses);
    const way = takenWay(ways, isAdded);
    if (way === undefined) return { kind: 'full', why: 'rows went, and no column of it says which were made of them' };
    return way.kind === 'append' ? await this.#append(way.steps, changes) : await this.#keyed(way.passes, changes);
  }

  /** What really changed of an input; undefined for nothing that the SELECT looks at. */
  async #changesOf(name: string): Promise<NetChanges | undefined> {
    const { proof } = this.#work.choice;
    const leaves = proof.leaves.filter(({ occurrence }) => proof.occurrences[occurrence] === name);
    // What only a CTE says that nobody reads changes nothing.
    if (leaves.length === 0) return undefined;
    const net = await netChanges(
      this.#context,
      {
        name,
        number: inputsOfProof(proof).indexOf(name),
        table: this.#input(name),
        staged: this.#work.staged.get(name),
        columns: new Set(leaves.flatMap(({ columns }) => columns)),
      },
      this.#before,
    );
    return net.gains || net.loses ? net : undefined;
  }

  #same(): Refreshed {
    const { model, path } = this.#work;
    const { base } = this.#before;
    const now = this.#madeBy();
    return { kind: 'same', staged: stageSame(this.#context.lake, { table: model.name, path, base, madeBy: now }) };
  }

  async #append(steps: readonly LinearStep[], changes: Changes): Promise<Refreshed> {
    const { choice, model, path, columns } = this.#work;
    const { base } = this.#before;
    const inputs = await this.#inputRelations(changes);
    const added: Relation[] = [];
    let rows = 0;
    for (const part of linearScript(choice.proof, steps, { changes: 'gained', columns })) {
      const kept = await this.#keep(part, inputs);
      added.push(kept.relation);
      rows += kept.rows;
    }
    if (rows === 0) return this.#same();
    const { timezone } = this.#context.project;
    const staged = await stageTable(this.#context.lake, {
      table: model.name,
      path,
      base,
      mode: 'append',
      query: { sql: added.map(({ name }) => `select * from ${name}`).join(' union all '), relations: added, timezone },
      columns,
      storage: model.storage,
      details: () => ({ operation: 'APPEND', madeBy: this.#madeBy() }),
      signal: this.#context.signal,
    });
    return { kind: 'append', staged };
  }

  async #keyed(passes: readonly KeyedPass[], changes: Changes): Promise<Refreshed> {
    const { choice, model, path, columns } = this.#work;
    const { base, scratch } = this.#before;
    const { proof } = choice;
    const net = [...changes.values()].flatMap(({ balance, gained, lost }) => [balance, gained, lost]);
    const looksBelow = proof.ties.length > 0 || passes.some(({ grouped }) => grouped !== undefined);
    const known: Relation[] = looksBelow ? [...(await this.#inputRelations(changes))] : [...net];
    const kept = new Map<string, KeptRows>();
    for (const part of keyScript(proof, passes, columns)) {
      const rows = await this.#keep(part, known);
      kept.set(part.name, rows);
      known.push(rows.relation);
    }
    const ofPasses = [...passes.keys()].flatMap((pass) => kept.get(relationNames.keys(pass)) ?? []);
    const keys = ofPasses.map(({ relation }) => relation);
    const spans = ofPasses.map(({ relation, stats }, pass) => {
      const ofColumns = relation.columns.map(({ name }) => spanOf(stats[name]));
      return passes[pass]?.between === undefined ? ofColumns : [spanBetween(ofColumns[0], ofColumns[1])];
    });
    const inputs = new Map(inputsOfProof(proof).map((name) => [name, columnsOf(this.#input(name).snapshot)]));
    const script = rowScript(proof, passes, { columns, spans, inputs });
    const concerned = { sql: script.concerned('target'), relations: keys, predicate: script.wantedOfTarget };
    const share = choice.insists ? 0 : await this.#shareOf(concerned);
    if (share > mostOfTable) return { kind: 'full', why: `${Math.round(share * 100)} % of its rows are concerned` };
    // Among rows of other keys nothing has changed since there were none.
    const tied = await tiesAmong(this.#context, script.checks, { inputs: this.#work.inputs, relations: known });
    if (tied !== undefined) return { kind: 'full', why: tied };
    const fresh: Extract<Relation, { kind: 'parquet' }>[] = [];
    for (const part of script.rows) {
      const now = await this.#inputsOf(part);
      fresh.push((await this.#keep(part, [...now, ...net, ...keys])).relation);
    }
    const staged = await stageReplacement(this.#context.lake, {
      table: model.name,
      path,
      base,
      concerned,
      fresh: { name: 'fresh', kind: 'parquet', columns, files: fresh.flatMap(({ files }) => files) },
      operation: 'REFRESH',
      madeBy: this.#madeBy(),
      folder: scratch.folder,
      signal: this.#context.signal,
    });
    return staged === undefined ? this.#same() : { kind: 'keyed', staged };
  }

  /** The inputs of a pass as they are now, without files that hold no row which it looks at. */
  async #inputsOf({ wanted }: RowPart): Promise<readonly Relation[]> {
    const relations: Relation[] = [];
    for (const [number, name] of inputsOfProof(this.#work.choice.proof).entries()) {
      const asked = wanted.get(name);
      if (asked === undefined) continue;
      relations.push(await bindLakeTable(this.#context.lake, relationNames.now(number), this.#input(name), asked));
    }
    return relations;
  }

  /** What was known of rows that are equal in an order goes on: there are none. */
  #madeBy(): MadeBy {
    const { ties } = this.#before.made;
    return madeBy(this.#context, { ...this.#work, ...(ties === undefined ? {} : { ties }) });
  }

  /** Which part of the table's rows is concerned. */
  async #shareOf({
    sql: rowsSql,
    relations,
    predicate,
  }: Pick<RowReplacement, 'concerned'>['concerned']): Promise<number> {
    const { lake, engine, signal } = this.#context;
    const { base } = this.#before;
    const all = countRows(base) ?? 0;
    if (all === 0) return 0;
    const target = await bindLakeTable(lake, 'target', { path: this.#work.path, snapshot: base }, { predicate });
    const sql = `select count(*) from (${rowsSql})`;
    const question = { sql, relations: [target, ...relations], timezone: 'UTC' };
    const { rows } = await readRows(engine, question, signal);
    return Number(rows[0]?.[0] ?? 0) / all;
  }

  /** Every input as it is now, and as it was, and what it gained and lost, where it changed. */
  async #inputRelations(changes: Changes): Promise<readonly Relation[]> {
    const { lake } = this.#context;
    const relations: Relation[] = [];
    for (const [number, name] of inputsOfProof(this.#work.choice.proof).entries()) {
      const table = this.#input(name);
      relations.push(await bindLakeTable(lake, relationNames.now(number), table));
      const net = changes.get(name);
      if (net === undefined) continue;
      const snapshot = await lake.open(table.path, this.#before.made.inputs[name]);
      if (snapshot !== undefined)
        relations.push(await bindLakeTable(lake, relationNames.old(number), { path: table.path, snapshot }));
      relations.push(net.balance, net.gained, net.lost);
    }
    return relations;
  }

  /** The rows of a part of a script, over what is bound already. */
  async #keep({ name, sql, columns, mentions }: ScriptPart, bound: readonly Relation[]): Promise<KeptRows> {
    const mentioned = bindMentions(mentions, this.#work.inputs);
    return await this.#before.scratch.keep(name, { sql, relations: [...bound, ...mentioned], columns });
  }

  #input(name: string): BoundTable {
    return inputOf(this.#work.inputs, name);
  }
}
