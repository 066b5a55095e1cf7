import { quoteName } from '../../core/sql-text.ts';
import type { DescribeResult, QueryRequest, Relation } from '../engine.ts';
import { rowPlacesOf } from '../row-places.ts';
import { describeQuery } from './describe.ts';
import { columnsSql } from './empty.ts';
import { qualifiedName, relationName } from './names.ts';
import type { TableQuestion } from './question-round.ts';
import { QuestionRound, wordOf, wordsIn } from './question-round.ts';
import type { Session } from './session.ts';

/** Questions that are answered at the same time, each in a session. The library has four threads, and others want one too. */
const sideBySide = 3;

/** So many questions share the statements that make their tables. */
const together = 200;

interface Question extends TableQuestion {
  readonly request: QueryRequest;
  readonly answer: (result: Promise<DescribeResult>) => void;
}

/**
 * Tables without rows, kept for the next question about columns: a project is bound model by model, and each of its tables is made
 * once instead of once for each of its readers. Questions that come while others are answered are answered together.
 */
export class EmptyTables {
  readonly #open: () => Promise<Session>;
  /** The tables lie in the catalog of the first. */
  readonly #sessions: Session[] = [];
  /** By name, the SQL of its columns. */
  readonly #made: Map<string, string> = new Map();
  readonly #byWord: Map<string, Set<string>> = new Map();
  readonly #schemas: Set<string> = new Set();
  #waiting: Question[] = [];
  #work: Promise<void> | undefined;

  constructor(open: () => Promise<Session>) {
    this.#open = open;
  }

  /** Whether the relations of a request can be tables here. They are no views, since the engine looks into a view in each question. */
  static canHold({ sql, relations }: Pick<QueryRequest, 'sql' | 'relations'>): boolean {
    // A column that tables of the engine have, and those of a lake do not.
    return !/\browid\b/i.test(sql) && relations.every(isPlain);
  }

  async describe(request: QueryRequest): Promise<DescribeResult> {
    const tables = new Map(request.relations.map(({ name, columns }) => [name, columnsSql(columns)]));
    return await new Promise((answer) => {
      this.#waiting.push({ request, tables, words: wordsIn(request.sql), answer });
      this.#work ??= this.#answerAll();
    });
  }

  async close(): Promise<void> {
    await this.#work;
    // The first last: the others look into its catalog.
    for (const session of this.#sessions.toReversed()) await session.close();
  }

  async #answerAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const round = new QuestionRound<Question>();
      const isIn = (question: Question): boolean => round.questions.length < together && round.add(question);
      this.#waiting = this.#waiting.filter((question) => !isIn(question));
      await this.#answer(round);
    }
    this.#work = undefined;
  }

  async #answer({ questions, tables }: QuestionRound<Question>): Promise<void> {
    try {
      await this.#make(questions, tables);
    } catch (error) {
      for (const { answer } of questions) answer(Promise.reject(error));
      return;
    }
    const left = questions.values();
    const answerSome = async (session: Session): Promise<void> => {
      for (const { request, answer } of left) {
        const answered = describeQuery(session, request);
        answer(answered);
        await answered.catch(() => undefined);
      }
    };
    await Promise.all(this.#sessions.slice(0, questions.length).map(answerSome));
  }

  /** Makes what is missing of these tables, and takes away those of other questions that the engine could take for what is meant here. */
  async #make(questions: readonly Question[], tables: ReadonlyMap<string, string>): Promise<void> {
    await this.#openSessions(Math.min(questions.length, sideBySide));
    const spoken = new Set(questions.flatMap(({ words }) => [...words].filter((word) => this.#byWord.has(word))));
    const foreign = [...spoken]
      .flatMap((word) => [...(this.#byWord.get(word) ?? [])])
      .filter((name) => !tables.has(name));
    const missing = [...tables].filter(([name, columns]) => this.#made.get(name) !== columns);
    const statements = [
      ...foreign.map((name) => `DROP TABLE ${this.#placeOf(name)}`),
      ...this.#missingSchemas(missing.map(([name]) => name)),
      ...missing.map(([name, columns]) => `CREATE OR REPLACE TABLE ${this.#placeOf(name)} (${columns})`),
    ];
    if (statements.length > 0) await this.#sessions[0]?.run(statements.join('; '));
    for (const name of foreign) {
      this.#made.delete(name);
      this.#byWord.get(wordOf(name))?.delete(name);
    }
    for (const [name, columns] of missing) {
      this.#made.set(name, columns);
      this.#byWord.set(wordOf(name), (this.#byWord.get(wordOf(name)) ?? new Set()).add(name));
    }
  }

  async #openSessions(count: number): Promise<void> {
    while (this.#sessions.length < count) {
      const session = await this.#open();
      const [first] = this.#sessions;
      this.#sessions.push(session);
      await (first === undefined ? session.attach() : session.searchIn(first));
      // Columns are known before a query is made fast, and nothing is run here.
      await session.run('PRAGMA disable_optimizer');
    }
  }

  #missingSchemas(names: readonly string[]): readonly string[] {
    const schemas = new Set(names.map((name) => relationName(name).schema).filter((name) => !this.#schemas.has(name)));
    for (const schema of schemas) this.#schemas.add(schema);
    return [...schemas].map((name) => `CREATE SCHEMA IF NOT EXISTS ${quoteName(this.#catalog)}.${quoteName(name)}`);
  }

  #placeOf(name: string): string {
    return qualifiedName(this.#catalog, relationName(name));
  }

  get #catalog(): string {
    return this.#sessions[0]?.catalog ?? '';
  }
}

function isPlain({ kind, rowPositions, columns }: Relation): boolean {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  return kind === 'empty' && rowPlacesOf(rowPositions) === undefined && names.size > 0 && names.size === columns.length;
}
