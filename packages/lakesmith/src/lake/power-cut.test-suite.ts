import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { readSnapshot } from '@lakesmith/delta';
import { systemClock } from '../core/clock.ts';
import { openStore } from '../storage/open.ts';
import type { Remains } from '../storage/power-cut.test-suite.ts';
import { layOut, powerCuts } from '../storage/power-cut.test-suite.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';
import { TableBench } from './table-bench.test-suite.ts';
import type { TableKind } from './operated-table.test-suite.ts';
import { newOperated, tableKinds } from './operated-table.test-suite.ts';
import type { TableOperation } from './table-operations.test-suite.ts';
import { stateOf } from './table-operations.test-suite.ts';

/** Tables of which the power is cut, on a disk that is watched (`watchedFs`). */
export class PowerCutBench {
  readonly bench: TableBench;
  readonly #seeds: number;
  readonly #bases = new Map<TableKind, string>();
  #count = 0;

  private constructor(bench: TableBench, seeds: number) {
    this.bench = bench;
    this.#seeds = seeds;
  }

  /** `seeds`: how often chance says what is left of each moment. */
  static async open(seeds: number): Promise<PowerCutBench> {
    const made = new PowerCutBench(await TableBench.open(), seeds);
    for (const kind of tableKinds) made.#bases.set(kind, (await newOperated(made.bench, kind)).locate(''));
    return made;
  }

  async close(): Promise<void> {
    await this.bench.close();
  }

  newFolder(): string {
    return join(this.bench.folder, `power${this.#count++}`);
  }

  async openTable(folder: string): Promise<DeltaTable> {
    return openDeltaTable(await openStore(folder), this.bench.engine, {
      clock: systemClock,
      allowed: [this.bench.folder],
    });
  }

  /** A table at version 4 that is this one's own. */
  async newTable(kind: TableKind): Promise<DeltaTable> {
    const folder = this.newFolder();
    await cp(this.#bases.get(kind) ?? '', folder, { recursive: true, preserveTimestamps: true });
    return await this.openTable(folder);
  }

  /** What a power cut in the middle of something may leave of a folder. */
  async cutsOf(folder: string, act: () => Promise<unknown>): Promise<readonly Remains[]> {
    return await powerCuts(folder, act, this.#seeds);
  }

  /** The table as it is found when the machine starts again. */
  reboot(remains: Remains): string {
    const folder = this.newFolder();
    layOut(remains, folder);
    return folder;
  }

  /** What is found after each cut, and what is to be: the table before or after, after the end that after, and one that goes on. */
  async outcomesOf(kind: TableKind, { act }: Pick<TableOperation, 'act'>): Promise<readonly Outcome[]> {
    const table = await this.newTable(kind);
    const since = { changesAfter: 4 };
    const before = await stateOf(table, since);
    const cuts = await this.cutsOf(table.locate('').replace(/\/$/, ''), () => act(this.bench, table));
    const after = await stateOf(table, since);
    const outcomes: Outcome[] = [];
    for (const [i, { told, isLast, ...cut }] of cuts.entries()) {
      const left = await this.openTable(this.reboot({ told, isLast, ...cut }));
      const state = await stateOf(left, since);
      outcomes.push({ told, found: state, wanted: state.version === before.version && !isLast ? before : after });
      // To write to each of them would take longer than all else.
      if (i % 4 !== 0) continue;
      await (state.version < 0 ? act(this.bench, left) : this.bench.append(left, [{ id: 99 }]));
      outcomes.push({ told, found: (await readSnapshot(left.io)).version, wanted: state.version + 1 });
    }
    return outcomes;
  }
}

interface Outcome {
  readonly told: string;
  readonly found: unknown;
  readonly wanted: unknown;
}
