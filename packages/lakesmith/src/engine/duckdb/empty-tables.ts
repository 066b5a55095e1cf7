import { quoteName } from '../../core/sql-text.ts';
import type { DescribeResult, QueryRequest, Relation } from '../engine.ts';
import { describeQuery } from './describe.ts';
import { columnsSql } from './empty.ts';
import { qualifiedName, relationName } from './names.ts';
import type { Session } from './session.ts';

/**
 * Tables without rows, kept for the next question about columns: a project is bound model by model, and each of its tables is made
 * once instead of once for each of its readers.
 */
export class EmptyTables {
  readonly #session: Session;
  /** By name, the SQL of its columns. */
  readonly #made: Map<string, string> = new Map();
  readonly #schemas: Set<string> = new Set();
  #isOpen = false;
  readonly #byWord: Map<string, readonly string[]> = new Map();
  /** One question at a time: they share the tables. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether the relations of a request can be tables here. They are no views, since the engine looks into a view in each question. */
  static canHold({ sql, relations }: Pick<QueryRequest, 'sql' | 'relations'>): boolean {
    // A column that tables of the engine have, and those of a lake do not.
    return !/\browid\b/i.test(sql) && relations.every(isPlain);
  }

  async describe(request: QueryRequest): Promise<DescribeResult> {
    const done = this.#turn.then(() => this.#describe(request));
    this.#turn = done.catch(() => undefined);
    return await done;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#session.close();
  }

  async #describe(request: QueryRequest): Promise<DescribeResult> {
    await this.#open();
    const wanted = new Map(request.relations.map(({ name, columns }) => [name, columnsSql(columns)]));
    const foreign = this.#foreignIn(request.sql, wanted);
    const missing = [...wanted].filter(([name, columns]) => this.#made.get(name) !== columns);
    const statements = [
      ...foreign.map((name) => this.#drop(name)),
      ...missing.flatMap(([name, columns]) => this.#make(name, columns)),
    ];
    if (statements.length > 0) await this.#session.run(statements.join('; '));
    for (const name of foreign) this.#made.delete(name);
    for (const [name, columns] of missing) {
      this.#made.set(name, columns);
      this.#byWord.set(wordOf(name), [...(this.#byWord.get(wordOf(name)) ?? []), name]);
    }
    return await describeQuery(this.#session, request);
  }

  async #open(): Promise<void> {
    if (this.#isOpen) return;
    await this.#session.attach();
    // Columns are known before a query is made fast, and nothing is run here.
    await this.#session.run('PRAGMA disable_optimizer');
    this.#isOpen = true;
  }

  /** Tables of other questions that the engine could take for what is meant in this one. */
  #foreignIn(sql: string, wanted: ReadonlyMap<string, string>): readonly string[] {
    const words = new Set(sql.toLowerCase().match(/[\p{L}\p{N}_]+/gu));
    return [...new Set([...words].flatMap((word) => this.#byWord.get(word) ?? []))].filter(
      (name) => this.#made.has(name) && !wanted.has(name),
    );
  }

  #drop(name: string): string {
    return `DROP TABLE ${qualifiedName(this.#session.catalog, relationName(name))}`;
  }

  #make(name: string, columns: string): readonly string[] {
    const parts = relationName(name);
    const table = `CREATE OR REPLACE TABLE ${qualifiedName(this.#session.catalog, parts)} (${columns})`;
    if (this.#schemas.has(parts.schema)) return [table];
    this.#schemas.add(parts.schema);
    return [`CREATE SCHEMA IF NOT EXISTS ${quoteName(this.#session.catalog)}.${quoteName(parts.schema)}`, table];
  }
}

function isPlain({ kind, rowPositions, columns }: Relation): boolean {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  return kind === 'empty' && rowPositions !== true && names.size > 0 && names.size === columns.length;
}

/** The last word of a name, by which a text is known not to speak of it. */
function wordOf(name: string): string {
  return (
    name
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+/gu)
      ?.at(-1) ?? ''
  );
}
