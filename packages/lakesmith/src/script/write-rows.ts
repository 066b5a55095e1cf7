import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { InputReadings } from './input-readings.ts';
import type { BadRow, RowsTask } from './messages.ts';
import { describe } from './plain-value.ts';
import { BadValue, rowWriter } from './row-text.ts';

/** A row that cannot be stored as it is. */
export class BadRowError extends Error {
  readonly bad: BadRow;

  constructor(bad: BadRow) {
    super(bad.what);
    this.bad = bad;
  }
}

/** Characters that are written at once. */
const blockLength = 1 << 20;
/** What the engine reads as one line at most, in bytes. */
const longestRow = 16_000_000;

/** Calls rows() and writes what it gives to the file of the task, a JSON object a line; gives how many there were. */
export async function writeRows(make: unknown, task: RowsTask, readings: InputReadings): Promise<number> {
  if (typeof make !== 'function') throw new Error(`the file does not define ${task.context.table} any more`);
  const inputs = Object.fromEntries(
    Object.entries(task.inputs).map(([name, columns]) => [name, readings.open(name, columns)]),
  );
  const write = rowWriter(task.columns);
  const file = openSync(task.file, 'w');
  let [rows, block] = [0, ''];
  try {
    const made: unknown = await make(inputs, contextOf(task));
    for await (const row of iterated(made)) {
      rows++;
      const line = lineOf(write, row, rows);
      block += line;
      if (block.length < blockLength) continue;
      writeFileSync(file, block);
      block = '';
    }
    writeFileSync(file, block);
    return rows;
  } finally {
    closeSync(file);
  }
}

function lineOf(write: (row: unknown) => string, row: unknown, number: number): string {
  try {
    const line = write(row);
    if (line.length * 4 > longestRow && Buffer.byteLength(line) > longestRow)
      throw new BadValue(undefined, 'is longer than 16 MB, which is the most that one row may have');
    return line;
  } catch (error) {
    if (error instanceof BadValue) throw new BadRowError({ row: number, column: error.column, what: error.message });
    throw error;
  }
}

function iterated(made: unknown): AsyncIterable<unknown> | Iterable<unknown> {
  const holds = typeof made === 'object' && made !== null;
  if (holds && Symbol.asyncIterator in made) return made as AsyncIterable<unknown>;
  if (holds && Symbol.iterator in made) return made as Iterable<unknown>;
  throw new Error(
    `rows() gives ${describe(made)}, and not rows: write async *rows(…) { yield { … } }, or return a list`,
  );
}

/** What rows() knows besides its inputs. A table that depends on the time must be made in every run. */
function contextOf({ context, moment }: RowsTask): Readonly<Record<string, string>> {
  const told = (what: 'today' | 'now'): string => {
    if (moment !== undefined) return moment[what];
    throw new Error(
      `it reads ctx.${what}, which is another in each run: add refresh: 'full', so that each run makes it`,
    );
  };
  return {
    ...context,
    get today(): string {
      return told('today');
    },
    get now(): string {
      return told('now');
    },
  };
}
