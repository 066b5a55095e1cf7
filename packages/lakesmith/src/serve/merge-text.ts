import { LakeError } from '../core/errors.ts';
import { splitList } from '../core/sql-list.ts';
import type { SqlToken } from '../core/sql-tokens.ts';
import { nameOf, sqlTokens } from '../core/sql-tokens.ts';
import type { Assignment } from './assignments.ts';
import { parseAssignments } from './assignments.ts';

/** What is to be done with a row; '*' stands for all columns, by their names. */
type MergeAction =
  | { readonly kind: 'delete' }
  | { readonly kind: 'update'; readonly set: readonly Assignment[] | '*' }
  | { readonly kind: 'insert'; readonly values: readonly Assignment[] | '*' };

/** Which rows a clause is about. */
type MergeSide = 'matched' | 'not matched' | 'not matched by source';

export interface MergeClause {
  readonly side: MergeSide;
  readonly when?: string;
  /** Not for rows of the source that meet this, where the columns of the table are NULL. */
  readonly unless?: string;
  readonly action: MergeAction;
}

/** A MERGE as it is said: what the two tables are called, when rows meet, and the clauses in order. Expressions are SQL. */
export interface MergeText {
  readonly target: string;
  readonly source: string;
  /** The SELECT whose rows are merged; absent: the rows of the file as they are. */
  readonly query?: string;
  /** Columns of the source that have a value in each of its rows, and together another in each. */
  readonly key?: readonly string[];
  readonly on: string;
  readonly clauses: readonly MergeClause[];
  /** The table gets the columns that it lacks. */
  readonly evolves: boolean;
}

/** Reads MERGE INTO … USING … ON … WHEN …; the names of the two tables only say what they are called in it. LS4001 when it is none. */
export function parseMerge(sql: string): MergeText {
  const reader = new MergeReader(sql);
  reader.expect('MERGE');
  const evolves = reader.accept('WITH', 'SCHEMA', 'EVOLUTION');
  reader.expect('INTO');
  const target = reader.table('USING');
  reader.expect('USING');
  const { source, ...rows } = readSource(reader);
  reader.expect('ON');
  const on = reader.until('WHEN');
  const clauses: MergeClause[] = [];
  while (reader.accept('WHEN')) clauses.push(readClause(reader, target));
  reader.end();
  if (clauses.length === 0) reader.fail('it has no WHEN clause');
  if (target.toLowerCase() === source.toLowerCase())
    reader.fail(`both tables are called ${target}; give one another name with AS`);
  for (const side of ['matched', 'not matched', 'not matched by source'] as const) {
    const open = clauses.filter((clause) => clause.side === side).findIndex((clause) => clause.when === undefined);
    if (open >= 0 && open < clauses.filter((clause) => clause.side === side).length - 1)
      reader.fail(`a clause WHEN ${side.toUpperCase()} follows one without a condition, and is never reached`);
  }
  return { target, source, ...rows, on, clauses, evolves };
}

function readSource(reader: MergeReader): Pick<MergeText, 'source' | 'query'> {
  if (!reader.opens()) return { source: reader.table('ON') };
  const query = reader.group();
  reader.accept('AS');
  return { source: reader.alias(), query };
}

function readClause(reader: MergeReader, target: string): MergeClause {
  const side = readSide(reader);
  const when = reader.accept('AND') ? { when: reader.until('THEN') } : {};
  reader.expect('THEN');
  return { side, ...when, action: readAction(reader, side, target) };
}

function readSide(reader: MergeReader): MergeSide {
  if (!reader.accept('NOT')) {
    reader.expect('MATCHED');
    return 'matched';
  }
  reader.expect('MATCHED');
  if (!reader.accept('BY')) return 'not matched';
  if (reader.accept('SOURCE')) return 'not matched by source';
  reader.expect('TARGET');
  return 'not matched';
}

function readAction(reader: MergeReader, side: MergeSide, target: string): MergeAction {
  if (side === 'not matched') {
    reader.expect('INSERT');
    if (reader.accept('*')) return { kind: 'insert', values: '*' };
    const columns = splitList(reader.group()).map((name) => reader.column(name));
    reader.expect('VALUES');
    const values = splitList(reader.group());
    if (values.length !== columns.length)
      reader.fail(`INSERT names ${columns.length} columns and gives ${values.length} values`);
    return { kind: 'insert', values: columns.map((column, i) => ({ column, value: values[i] ?? '' })) };
  }
  if (reader.accept('DELETE')) return { kind: 'delete' };
  reader.expect('UPDATE');
  reader.expect('SET');
  if (reader.accept('*')) {
    if (side !== 'matched') reader.fail('UPDATE SET * takes the values of a row of the source, and here there is none');
    return { kind: 'update', set: '*' };
  }
  return { kind: 'update', set: parseAssignments(reader.until('WHEN'), target) };
}

/** Goes through the words of a statement that stand in no brackets and no CASE. */
class MergeReader {
  readonly #sql: string;
  readonly #tokens: readonly SqlToken[];
  #at = 0;

  constructor(sql: string) {
    this.#sql = sql;
    const { tokens, closed } = sqlTokens(sql);
    this.#tokens = tokens;
    if (!closed) this.fail('a bracket or CASE does not fit');
  }

  fail(why: string): never {
    const { start = this.#sql.length } = this.#tokens[this.#at] ?? {};
    const rest = this.#sql.slice(start, start + 30).trim();
    const near = rest === '' ? 'at its end' : `near "${rest}"`;
    throw new LakeError('LS4001', `The MERGE cannot be understood ${near}: ${why}.`);
  }

  /** Goes on if these words are next. */
  accept(...words: readonly string[]): boolean {
    if (!words.every((word, i) => this.#isWord(this.#at + i, [word]))) return false;
    this.#at += words.length;
    return true;
  }

  expect(word: string): void {
    if (!this.accept(word)) this.fail(`${word} is expected here`);
  }

  /** The SQL up to one of these words, which is not skipped. */
  until(...words: readonly string[]): string {
    const first = this.#tokens[this.#at];
    while (this.#at < this.#tokens.length && !this.#isWord(this.#at, words) && !this.#isEnd()) this.#at += 1;
    const last = this.#tokens[this.#at - 1];
    if (first === undefined || last === undefined || last.end <= first.start)
      this.fail('an expression is expected here');
    return this.#sql.slice(first.start, last.end);
  }

  /** True when a bracket is next. */
  opens(): boolean {
    return this.#tokens[this.#at]?.text === '(';
  }

  /** What stands in the brackets that are next. */
  group(): string {
    const open = this.#tokens[this.#at];
    if (open?.text !== '(') this.fail('( is expected here');
    const from = this.#at + 1;
    this.#at = this.#tokens.findIndex((token, i) => i >= from && token.text === ')' && token.depth === 0) + 1;
    return this.#sql.slice(open.end, this.#tokens[this.#at - 1]?.start);
  }

  /** The name of a table, and what it is called from here on: its alias, or the last part of its name. */
  table(next: string): string {
    let name: string | undefined;
    do name = this.#name();
    while (this.accept('.'));
    this.accept('AS');
    return this.#isWord(this.#at, [next]) ? name : this.#name();
  }

  /** What a query in brackets is called. */
  alias(): string {
    if (this.#isWord(this.#at, ['ON'])) this.fail('the query has no name: write USING (SELECT …) AS s');
    return this.#name();
  }

  column(text: string): string {
    const [token, ...others] = sqlTokens(text).tokens;
    const name = token === undefined || others.length > 0 ? undefined : nameOf(token);
    return name ?? this.fail(`"${text.trim()}" is no column`);
  }

  end(): void {
    this.accept(';');
    if (this.#at < this.#tokens.length) this.fail('WHEN is expected here');
  }

  #name(): string {
    const token = this.#tokens[this.#at];
    const name = token === undefined ? undefined : nameOf(token);
    if (name === undefined)
      this.fail('the name of a table is expected here; its rows are those of the table and of the file');
    this.#at += 1;
    return name;
  }

  #isEnd(): boolean {
    return this.#at === this.#tokens.length - 1 && this.#tokens[this.#at]?.text === ';';
  }

  #isWord(at: number, words: readonly string[]): boolean {
    const token = this.#tokens[at];
    if (token === undefined || token.depth > 0 || token.inCase || this.#tokens[at - 1]?.text === '.') return false;
    return (token.kind === 'word' || token.kind === 'sign') && words.includes(token.text.toUpperCase());
  }
}
