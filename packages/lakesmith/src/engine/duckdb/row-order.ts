import type { DuckDBInstance } from '@duckdb/node-api';

/**
 * Keeps rows in order while somebody needs it. The engine has one setting for all connections: it is on while any work asks
 * for it, which does the others no harm but time.
 */
export class RowOrder {
  private readonly instance: DuckDBInstance;
  private holders = 0;
  private change: Promise<void> = Promise.resolve();

  constructor(instance: DuckDBInstance) {
    this.instance = instance;
  }

  async kept<T>(work: () => Promise<T>): Promise<T> {
    this.holders++;
    try {
      await this.apply();
      return await work();
    } finally {
      this.holders--;
      await this.apply();
    }
  }

  // One after the other, each with what is wanted by then.
  private async apply(): Promise<void> {
    this.change = this.change.then(async () => {
      const connection = await this.instance.connect();
      try {
        await connection.run(`SET GLOBAL preserve_insertion_order = ${this.holders > 0}`);
      } finally {
        connection.closeSync();
      }
    });
    await this.change;
  }
}
