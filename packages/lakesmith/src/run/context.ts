import type { Snapshot } from '@lakesmith/delta';
import { countRows } from '@lakesmith/delta';
import type { Clock } from '../core/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Lake } from '../lake/lake.ts';
import type { Project } from '../project/model.ts';
import type { FrozenMoment } from '../sql/clock.ts';

/** What everything in a run has at hand. */
export interface RunContext {
  readonly project: Project;
  readonly lake: Lake;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly run: number;
  readonly signal: AbortSignal;
}

/** A table at one version: what SQL is bound to. */
export interface BoundTable {
  readonly path: string;
  readonly snapshot: Snapshot;
}

/** The run's moment, at which the clock of its SQL stands. */
export function momentOf(context: Pick<RunContext, 'clock' | 'project'>): FrozenMoment {
  return { day: dayIn(context.project.timezone, context.clock.now()), nowIso: nowIso(context) };
}

export function nowIso(context: Pick<RunContext, 'clock'>): string {
  return new Date(context.clock.now()).toISOString();
}

/** The day it is in a time zone: '2026-03-10'. */
export function dayIn(timezone: string, atMs: number): string {
  // To ask for the first day of any zone takes longer than most of what else a command does.
  if (timezone === 'UTC') return new Date(atMs).toISOString().slice(0, 10);
  // The Swedish locale writes dates as ISO does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short' }).format(atMs);
}

/** None of a table that is not there. */
export function rowsOf(table: BoundTable | undefined): number {
  return table === undefined ? 0 : (countRows(table.snapshot) ?? 0);
}
