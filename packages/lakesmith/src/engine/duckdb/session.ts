import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';
import { LakeError } from '../../core/errors.ts';
import { quoteText } from '../../core/sql-text.ts';
import type { CallOptions } from '../engine.ts';
import { engineError } from './errors.ts';
import { usualTimezone } from './instance.ts';
import { parameterTypes, parameterValues } from './parameters.ts';
import type { Parameters } from './parameters.ts';

const progressEveryMs = 200;
const interruptEveryMs = 20;
let catalogs = 0;

/** A connection of one request, with a catalog of its own for the request's relations, if it has any. */
export class Session {
  readonly connection: DuckDBConnection;
  /** Its own, or the one that it searches in. */
  catalog: string;
  readonly timezone: string;
  private readonly options: CallOptions;
  private progress: NodeJS.Timeout | undefined;
  private interrupts: NodeJS.Timeout | undefined;
  private attached = false;

  private constructor(connection: DuckDBConnection, timezone: string, options: CallOptions) {
    this.connection = connection;
    this.catalog = `b${catalogs++}`;
    this.timezone = timezone;
    this.options = options;
    options.signal?.addEventListener('abort', this.interrupt);
    const { onProgress } = options;
    if (onProgress !== undefined)
      this.progress = setInterval(() => reportProgress(connection, onProgress), progressEveryMs).unref();
  }

  /** Opens a session in this time zone. Close it, whatever happens. */
  static async open(instance: DuckDBInstance, timezone: string, options: CallOptions): Promise<Session> {
    if (options.signal?.aborted === true) throw engineError(undefined, true);
    const session = new Session(await instance.connect(), timezone, options);
    try {
      const statements = [
        ...(options.onProgress === undefined
          ? []
          : ['SET enable_progress_bar = true', 'SET enable_progress_bar_print = false']),
        ...(timezone === usualTimezone ? [] : [`SET TimeZone = ${quoteText(timezone)}`]),
      ];
      // One call: each costs a way to another thread and back.
      if (statements.length > 0) await session.run(statements.join('; '));
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Makes the catalog: only what binds relations needs one, and it costs more than all else about a session. */
  async attach(): Promise<void> {
    if (this.attached) return;
    this.attached = true;
    await this.run(`ATTACH ':memory:' AS ${this.catalog}; USE ${this.catalog}`);
  }

  /** Finds relations in the catalog of another session, which has to be closed after this one. */
  async searchIn(other: Session): Promise<void> {
    this.catalog = other.catalog;
    await this.run(`USE ${this.catalog}`);
  }

  // An interrupt between two statements is forgotten, so it is said again until the session is closed.
  private readonly interrupt = (): void => {
    this.connection.interrupt();
    this.interrupts ??= setInterval(() => this.connection.interrupt(), interruptEveryMs).unref();
  };

  /** True once the caller asked to stop. */
  get cancelled(): boolean {
    return this.options.signal?.aborted === true;
  }

  /** Runs one statement and forgets its result. */
  async run(sql: string): Promise<void> {
    await this.guard(() => this.connection.run(sql));
  }

  /** Runs one statement and gives its few rows: numbers and texts as they are, int64 as bigint. */
  async rows(sql: string, parameters: Parameters = {}): Promise<Record<string, unknown>[]> {
    return await this.guard(async () => {
      const result = await this.connection.run(sql, parameterValues(parameters), parameterTypes(parameters));
      const names = result.deduplicatedColumnNames();
      // All of it is in memory: to fetch it piece by piece would go to another thread and back for each.
      return Array.from({ length: result.chunkCount }, (_, i) => result.getChunk(i).getRowObjects(names)).flat();
    });
  }

  /** Keeps a value under a name for the statements of this session: `getvariable(name)` gives it in the type. */
  async setVariable(name: string, value: DuckDBValue, type: string): Promise<void> {
    await this.guard(() => this.connection.run(`SET VARIABLE ${name} = $value::${type}`, { value }));
  }

  /** Does a piece of work on the connection; what it throws becomes a LakeError. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.cancelled) throw engineError(undefined, true);
    try {
      return await work();
    } catch (error) {
      throw engineError(error, this.cancelled);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.progress);
    clearInterval(this.interrupts);
    this.options.signal?.removeEventListener('abort', this.interrupt);
    try {
      if (this.attached) await this.connection.run(`USE memory; DETACH DATABASE IF EXISTS ${this.catalog}`);
    } catch (error) {
      throw new LakeError('LS2101', 'The engine could not let go of a query', { cause: error });
    } finally {
      this.connection.closeSync();
    }
  }
}

function reportProgress(connection: DuckDBConnection, onProgress: (fraction: number) => void): void {
  const { percentage } = connection.progress;
  if (percentage >= 0) onProgress(Math.min(1, percentage / 100));
}
