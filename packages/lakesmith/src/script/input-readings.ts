import type { FromWorker, InputBatch, ToWorker } from './messages.ts';

type Batch = InputBatch | undefined;

/** Rows of inputs, which the program sends when they are asked for: one block ahead of who reads them, and no more. */
export class InputReadings {
  readonly #tell: (message: FromWorker) => void;
  readonly #waiting = new Map<number, (batch: Batch) => void>();
  #begun = 0;

  constructor(tell: (message: FromWorker) => void) {
    this.#tell = tell;
  }

  receive({ reading, batch }: Extract<ToWorker, { kind: 'batch' }>): void {
    this.#waiting.get(reading)?.(batch);
    this.#waiting.delete(reading);
  }

  /** An input, which can be gone through as often as needed. */
  open(input: string, columns: readonly string[]): AsyncIterable<Readonly<Record<string, unknown>>> {
    return { [Symbol.asyncIterator]: () => this.#rows(input, columns) };
  }

  async *#rows(input: string, columns: readonly string[]): AsyncGenerator<Readonly<Record<string, unknown>>> {
    const reading = this.#begun++;
    const next = (): Promise<Batch> => {
      const batch = new Promise<Batch>((resolve) => this.#waiting.set(reading, resolve));
      this.#tell({ kind: 'next', input, reading });
      return batch;
    };
    let ahead = next();
    try {
      for (;;) {
        const batch = await ahead;
        if (batch === undefined) return;
        ahead = next();
        for (let row = 0; row < batch.rowCount; row++) {
          const made: Record<string, unknown> = {};
          for (let i = 0; i < columns.length; i++) made[columns[i] ?? ''] = batch.columns[i]?.[row] ?? null;
          yield made;
        }
      }
    } finally {
      this.#tell({ kind: 'close', reading });
    }
  }
}
