import type { Snapshot } from '@lakesmith/delta';
import { countRows } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { columnsOf } from '../lake/relation.ts';
import type { MadeBy } from '../lake/release.ts';
import type { StagedTable } from '../lake/staged.ts';
import { inputsOfProof, relationNames } from '../plan/refresh/relations.ts';
import type { RowPart, ScriptPart } from '../plan/refresh/script.ts';
import type { RefreshProof } from '../sql/refresh/proof.ts';
import type { BoundTable, RunContext } from './context.ts';
import { inputOf } from './mentions.ts';
import type { InputChanges, ToldChanges } from './net-changes.ts';
import { inputChanges, toldChanges } from './net-changes.ts';
import type { ScratchRows } from './scratch-rows.ts';

/** A table as it was last made. */
export interface Before {
  readonly base: Snapshot;
  /** What the table was made of. */
  readonly made: MadeBy;
  readonly scratch: ScratchRows;
}

/** What is asked over relations that are bound. */
type Asked = Pick<ScriptPart, 'sql' | 'mentions'>;

/** Whether a question may read a relation: to bind one takes a look at each of its files. */
function reads({ sql, mentions }: Asked, name: string): boolean {
  const word = new RegExp(`\\b${name}\\b`);
  return word.test(sql) || mentions.some((mention) => word.test(mention.sql));
}

/** By input, what really changed. */
export type Changes = ReadonlyMap<string, InputChanges>;

interface ReadTables {
  readonly proof: RefreshProof;
  /** By name, at the versions of this run. */
  readonly inputs: ReadonlyMap<string, BoundTable>;
  /** Tables that this run has staged, by name. */
  readonly staged: ReadonlyMap<string, StagedTable>;
}

/** The tables that a SELECT reads, as a refresh looks at them. */
export class RefreshInputs {
  readonly #context: RunContext;
  readonly #work: ReadTables;
  readonly #before: Before;

  constructor(context: RunContext, work: ReadTables, before: Before) {
    this.#context = context;
    this.#work = work;
    this.#before = before;
  }

  /** What the log tells of the changes of an input; undefined for nothing that the SELECT looks at. */
  async told(name: string): Promise<ToldChanges | undefined> {
    const { proof } = this.#work;
    const leaves = proof.leaves.filter(({ occurrence }) => proof.occurrences[occurrence] === name);
    // What only a CTE says that nobody reads changes nothing.
    if (leaves.length === 0) return undefined;
    return await toldChanges(
      this.#context,
      {
        name,
        number: inputsOfProof(proof).indexOf(name),
        table: this.#table(name),
        staged: this.#work.staged.get(name),
        columns: new Set(leaves.flatMap(({ columns }) => columns)),
      },
      this.#before.made,
    );
  }

  /** What really changed of an input; undefined for nothing that the SELECT looks at. */
  async changesOf(name: string): Promise<InputChanges | undefined> {
    const told = await this.told(name);
    const net = told === undefined ? undefined : await inputChanges(told, { net: true, scratch: this.#before.scratch });
    return net !== undefined && (net.gains || net.loses) ? net : undefined;
  }

  /** Rows of all inputs. */
  rows(): number {
    return inputsOfProof(this.#work.proof).reduce((sum, name) => sum + this.rowsOf(name), 0);
  }

  rowsOf(name: string): number {
    return countRows(this.#table(name).snapshot) ?? 0;
  }

  /**
   * What a question reads of the inputs: as they are now, without files that hold no row which it looks at, as they were, and what changed.
   * And of what was made of these before.
   */
  async of(
    question: Asked & Partial<Pick<RowPart, 'wanted'>>,
    changes: Changes,
    made: readonly Relation[] = [],
  ): Promise<readonly Relation[]> {
    const { lake } = this.#context;
    const relations: Relation[] = [];
    for (const [number, name] of inputsOfProof(this.#work.proof).entries()) {
      const table = this.#table(name);
      const wanted = question.wanted?.get(name) ?? {};
      const now = relationNames.now(number);
      if (reads(question, now)) relations.push(await bindLakeTable(lake, now, table, wanted));
      const changed = changes.get(name);
      if (changed === undefined) continue;
      const old = relationNames.old(number);
      const snapshot = reads(question, old) ? await lake.open(table.path, this.#before.made.inputs[name]) : undefined;
      if (snapshot !== undefined) relations.push(await bindLakeTable(lake, old, { path: table.path, snapshot }));
      const rows = [changed.gained, changed.lost].filter((one) => reads(question, one.name));
      if (rows.length > 0) relations.push(...changed.source, ...rows);
    }
    return [...relations, ...made.filter(({ name }) => reads(question, name))];
  }

  columns(): ReadonlyMap<string, readonly Column[]> {
    const names = inputsOfProof(this.#work.proof);
    return new Map(names.map((name) => [name, columnsOf(this.#table(name).snapshot)]));
  }

  #table(name: string): BoundTable {
    return inputOf(this.#work.inputs, name);
  }
}
