import type { Snapshot } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { columnsOf } from '../lake/relation.ts';
import type { MadeBy } from '../lake/release.ts';
import type { StagedTable } from '../lake/staged.ts';
import { inputsOfProof, relationNames } from '../plan/refresh/relations.ts';
import type { RowPart } from '../plan/refresh/script.ts';
import type { RefreshProof } from '../sql/refresh/proof.ts';
import type { BoundTable, RunContext } from './context.ts';
import { inputOf } from './mentions.ts';
import type { NetChanges } from './net-changes.ts';
import { netChanges } from './net-changes.ts';
import type { ScratchRows } from './scratch-rows.ts';

/** A table as it was last made. */
export interface Before {
  readonly base: Snapshot;
  /** What the table was made of. */
  readonly made: MadeBy;
  readonly scratch: ScratchRows;
}

/** By input, what really changed. */
export type Changes = ReadonlyMap<string, NetChanges>;

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

  /** What really changed of an input; undefined for nothing that the SELECT looks at. */
  async changesOf(name: string): Promise<NetChanges | undefined> {
    const { proof } = this.#work;
    const leaves = proof.leaves.filter(({ occurrence }) => proof.occurrences[occurrence] === name);
    // What only a CTE says that nobody reads changes nothing.
    if (leaves.length === 0) return undefined;
    const net = await netChanges(
      this.#context,
      {
        name,
        number: inputsOfProof(proof).indexOf(name),
        table: this.#table(name),
        staged: this.#work.staged.get(name),
        columns: new Set(leaves.flatMap(({ columns }) => columns)),
      },
      this.#before,
    );
    return net.gains || net.loses ? net : undefined;
  }

  /** Every input as it is now, and as it was, and what it gained and lost, where it changed. */
  async all(changes: Changes): Promise<readonly Relation[]> {
    const { lake } = this.#context;
    const relations: Relation[] = [];
    for (const [number, name] of inputsOfProof(this.#work.proof).entries()) {
      const table = this.#table(name);
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

  /** The inputs of a pass as they are now, without files that hold no row which it looks at. */
  async of({ wanted }: RowPart): Promise<readonly Relation[]> {
    const relations: Relation[] = [];
    for (const [number, name] of inputsOfProof(this.#work.proof).entries()) {
      const asked = wanted.get(name);
      if (asked === undefined) continue;
      relations.push(await bindLakeTable(this.#context.lake, relationNames.now(number), this.#table(name), asked));
    }
    return relations;
  }

  columns(): ReadonlyMap<string, readonly Column[]> {
    const names = inputsOfProof(this.#work.proof);
    return new Map(names.map((name) => [name, columnsOf(this.#table(name).snapshot)]));
  }

  #table(name: string): BoundTable {
    return inputOf(this.#work.inputs, name);
  }
}
