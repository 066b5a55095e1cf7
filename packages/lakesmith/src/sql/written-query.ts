import { nameOf, sqlTokens } from '../core/sql-tokens.ts';
import type { SqlToken } from '../core/sql-tokens.ts';

/** An item of a select list as it is written. Offsets count characters of the SQL. */
export interface WrittenItem {
  /** The column's name; '' when the SQL does not say it, '*' for a star. */
  readonly name: string;
  /** A column that is taken as it is: ['o', 'status']; for a star its relation: ['o'], or []. */
  readonly reference: readonly string[] | undefined;
  /** Columns that a star leaves out, in lower case. */
  readonly excluded: ReadonlySet<string>;
  readonly start: number;
  readonly end: number;
}

/** Something that FROM names. */
export interface WrittenRelation {
  /** The name it has in the SELECT. */
  readonly alias: string;
  /** As written, without quotes: ['silver', 'orders']; empty for a sub-select or a function. */
  readonly table: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly query: WrittenQuery | undefined;
}

export interface WrittenCte {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly query: WrittenQuery;
}

/** One SELECT and what it can see, read from SQL that may be half written. */
export interface WrittenQuery {
  readonly start: number;
  end: number;
  readonly items: WrittenItem[];
  readonly relations: WrittenRelation[];
  /** By name in lower case, those that can be seen here. */
  readonly ctes: ReadonlyMap<string, WrittenCte>;
  readonly outer: WrittenQuery | undefined;
}

export interface WrittenSql {
  /** Every SELECT; inner ones after those around them. */
  readonly queries: readonly WrittenQuery[];
  /** The first SELECT of the statement, which names its columns. */
  readonly main: WrittenQuery | undefined;
  readonly tokens: readonly SqlToken[];
}

/** Reads SQL as far as it makes sense; it never fails, since it is meant for SQL that is being typed. */
export function readWrittenSql(sql: string): WrittenSql {
  const { tokens } = sqlTokens(sql);
  const reader = new WrittenReader(tokens, sql.length);
  const main = reader.query(0, tokens.length, { ctes: new Map(), outer: undefined, end: sql.length });
  return { queries: reader.queries, main, tokens };
}

/** The innermost SELECT at an offset. */
export function queryAt({ queries, main }: WrittenSql, offset: number): WrittenQuery | undefined {
  return queries.findLast(({ start, end }) => start <= offset && offset <= end) ?? main;
}

const clauses = /^(SELECT|FROM|WHERE|GROUP|HAVING|QUALIFY|WINDOW|ORDER|LIMIT|OFFSET|SAMPLE|USING)$/;
const setWords = /^(UNION|EXCEPT|INTERSECT)$/;
const beforeRelation = /^(FROM|JOIN)$/;
/** Words that may follow a relation, so that none of them is its alias. */
const notAnAlias =
  /^(ON|USING|JOIN|LEFT|RIGHT|FULL|INNER|OUTER|CROSS|NATURAL|SEMI|ANTI|ASOF|POSITIONAL|LATERAL|WITH|TABLESAMPLE|PIVOT|UNPIVOT|AND|OR|IN|IS|NOT|LIKE|BETWEEN|AS|BY|ALL|DISTINCT|END|ASC|DESC|NULLS)$/;

/** True for a word that means something to SQL after a relation or an expression. */
export function isClauseWord(word: string): boolean {
  const upper = word.toUpperCase();
  return clauses.test(upper) || setWords.test(upper) || notAnAlias.test(upper);
}

interface Around {
  readonly ctes: ReadonlyMap<string, WrittenCte>;
  readonly outer: WrittenQuery | undefined;
  /** Where it ends, in characters. */
  readonly end: number;
}

class WrittenReader {
  readonly queries: WrittenQuery[] = [];
  readonly #tokens: readonly SqlToken[];
  readonly #length: number;

  constructor(tokens: readonly SqlToken[], length: number) {
    this.#tokens = tokens;
    this.#length = length;
  }

  /** The query of the tokens from `from` to `to`: the first of those that UNION and the like join. */
  query(from: number, to: number, around: Around): WrittenQuery | undefined {
    const { at, ctes } = this.#with(from, to, around);
    const depth = this.#tokens[from]?.depth ?? 0;
    let first: WrittenQuery | undefined;
    let start = at;
    for (let i = at; i <= to; i += 1) {
      const isSet = i < to && this.#tokens[i]?.depth === depth && setWords.test(this.#word(i));
      if (i < to && !isSet) continue;
      const end = i < to ? (this.#tokens[i]?.start ?? around.end) : around.end;
      const one = this.#select(start, i, { ...around, ctes, end });
      first ??= one;
      start = i + 1;
      while (/^(ALL|DISTINCT|BY|NAME)$/.test(this.#word(start)) && start < to) start += 1;
    }
    return first;
  }

  #with(from: number, to: number, around: Around): { at: number; ctes: ReadonlyMap<string, WrittenCte> } {
    const ctes = new Map(around.ctes);
    if (this.#word(from) !== 'WITH') return { at: from, ctes };
    let at = this.#word(from + 1) === 'RECURSIVE' ? from + 2 : from + 1;
    while (at < to) {
      const token = this.#tokens[at];
      const name = token === undefined ? undefined : nameOf(token);
      if (token === undefined || name === undefined || clauses.test(this.#word(at))) break;
      at += 1;
      if (this.#text(at) === '(') at = this.#close(at, to) + 1;
      while (/^(AS|NOT|MATERIALIZED)$/.test(this.#word(at))) at += 1;
      if (this.#text(at) !== '(') break;
      const close = this.#close(at, to);
      const end = this.#tokens[close]?.start ?? this.#length;
      const query = this.query(at + 1, Math.min(close, to), { ctes: new Map(ctes), outer: around.outer, end });
      if (query !== undefined) ctes.set(name.toLowerCase(), { name, start: token.start, end: token.end, query });
      at = close + 1;
      if (this.#text(at) !== ',') break;
      at += 1;
    }
    return { at, ctes };
  }

  #select(from: number, to: number, { ctes, outer, end }: Around): WrittenQuery {
    const depth = this.#tokens[from]?.depth ?? 0;
    const start = this.#tokens[from]?.start ?? end;
    const query: WrittenQuery = { start, end, items: [], relations: [], ctes, outer };
    this.queries.push(query);
    let clause = '';
    let itemStart = -1;
    const endItem = (at: number): void => {
      if (itemStart >= 0 && at > itemStart) query.items.push(this.#item(itemStart, at));
      itemStart = -1;
    };
    for (let i = from; i < to; i += 1) {
      const token = this.#tokens[i];
      if (token === undefined) break;
      const word = this.#word(i);
      const isOwn = token.depth === depth;
      if (isOwn && clauses.test(word) && !(word === 'USING' && clause === 'FROM')) {
        endItem(i);
        clause = word;
        if (word === 'SELECT') itemStart = this.#text(i + 1).toUpperCase() === 'DISTINCT' ? i + 2 : i + 1;
      } else if (isOwn && clause === 'SELECT' && token.text === ',') {
        endItem(i);
        itemStart = i + 1;
      }
      const begins = isOwn && clause === 'FROM' && (beforeRelation.test(word) || token.text === ',');
      if (begins) i = this.#relation(i + 1, to, query) - 1;
      else if (token.text === '(' && this.#opensQuery(i + 1)) i = this.#nested(i, to, query).close;
    }
    endItem(to);
    return query;
  }

  /** Reads what stands after FROM, JOIN or a comma; gives the token after it. */
  #relation(from: number, to: number, query: WrittenQuery): number {
    let at = this.#word(from) === 'LATERAL' ? from + 1 : from;
    const start = this.#tokens[at]?.start ?? query.end;
    let inner: WrittenQuery | undefined;
    const table: string[] = [];
    if (this.#text(at) === '(') {
      if (!this.#opensQuery(at + 1)) return at + 1;
      const nested = this.#nested(at, to, query);
      inner = nested.query;
      at = nested.close + 1;
    } else {
      for (; at < to; at += 2) {
        const token = this.#tokens[at];
        const name = token === undefined ? undefined : nameOf(token);
        if (name === undefined || (table.length === 0 && isClauseWord(this.#word(at)))) break;
        table.push(name);
        if (this.#text(at + 1) !== '.') {
          at += 1;
          break;
        }
      }
      if (table.length === 0) return Math.max(at, from);
    }
    const end = this.#tokens[at - 1]?.end ?? query.end;
    const isFunction = this.#text(at) === '(' && inner === undefined;
    if (isFunction) {
      at = this.#close(at, to) + 1;
      while (/^(WITH|ORDINALITY)$/.test(this.#word(at))) at += 1;
    }
    const alias = this.#alias(at, to);
    const named = isFunction ? [] : table;
    query.relations.push({ alias: alias?.name ?? table.at(-1) ?? '', table: named, start, end, query: inner });
    return Math.min(alias?.next ?? at, to);
  }

  #alias(from: number, to: number): { name: string; next: number } | undefined {
    const at = this.#word(from) === 'AS' ? from + 1 : from;
    const token = this.#tokens[at];
    const name = token === undefined || at >= to ? undefined : nameOf(token);
    if (name === undefined || (token?.kind === 'word' && isClauseWord(name))) return undefined;
    return { name, next: this.#text(at + 1) === '(' ? this.#close(at + 1, to) + 1 : at + 1 };
  }

  #item(from: number, to: number): WrittenItem {
    const tokens = this.#tokens.slice(from, to);
    const [first] = tokens;
    const last = tokens.at(-1);
    const place = { start: first?.start ?? 0, end: last?.end ?? 0 };
    const names = tokens.map((token, i) => (i % 2 === 0 ? nameOf(token) : token.text === '.' ? '.' : undefined));
    const star = tokens.findIndex((token) => token.text === '*');
    if (star === 0 || (star === 2 && tokens[1]?.text === '.')) {
      const reference = star === 2 && names[0] !== undefined ? [names[0]] : [];
      const rest = tokens.slice(star + 1).flatMap((token) => nameOf(token)?.toLowerCase() ?? []);
      const excluded = new Set(/^exclude$/.test(rest[0] ?? '') ? rest.slice(1) : []);
      return { name: '*', reference, excluded, ...place };
    }
    const plain = (of: readonly (string | undefined)[]): readonly string[] | undefined => {
      const parts = of.filter((name) => name !== '.');
      return of.length % 2 === 1 && of.every((name) => name !== undefined) ? (parts as string[]) : undefined;
    };
    const lastName = last === undefined ? undefined : nameOf(last);
    const before = tokens.at(-2);
    const isAs = before?.kind === 'word' && before.text.toUpperCase() === 'AS';
    const whole = plain(names);
    if (whole !== undefined) return { name: whole.at(-1) ?? '', reference: whole, excluded: new Set(), ...place };
    const follows = before !== undefined && (before.kind !== 'sign' || /^[)\]}\d]/.test(before.text));
    const isAlias = isAs || (lastName !== undefined && follows && last?.text.toUpperCase() !== 'END');
    const expression = names.slice(0, isAs ? -2 : -1);
    return {
      name: isAlias ? (lastName ?? '') : '',
      reference: isAlias ? plain(expression) : undefined,
      excluded: new Set(),
      ...place,
    };
  }

  #nested(open: number, to: number, outer: WrittenQuery): { query: WrittenQuery | undefined; close: number } {
    const close = this.#close(open, to);
    const end = this.#tokens[close]?.start ?? this.#length;
    return { query: this.query(open + 1, close, { ctes: outer.ctes, outer, end }), close };
  }

  #opensQuery(at: number): boolean {
    return /^(SELECT|WITH|FROM)$/.test(this.#word(at));
  }

  /** The token that closes the bracket at `open`; `to` when none does. */
  #close(open: number, to: number): number {
    const depth = this.#tokens[open]?.depth ?? 0;
    for (let i = open + 1; i < to; i += 1) {
      const token = this.#tokens[i];
      if (token?.depth === depth && token.text === ')') return i;
    }
    return to;
  }

  #text(at: number): string {
    return this.#tokens[at]?.text ?? '';
  }

  #word(at: number): string {
    const token = this.#tokens[at];
    return token?.kind === 'word' && this.#tokens[at - 1]?.text !== '.' ? token.text.toUpperCase() : '';
  }
}
