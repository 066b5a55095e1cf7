import { nameOf } from '../core/sql-tokens.ts';
import type { SqlToken } from '../core/sql-tokens.ts';
import type { ProjectTable } from '../project/model.ts';
import { isClauseWord, queryAt, readWrittenSql } from '../sql/written-query.ts';
import type { WrittenCte, WrittenItem, WrittenQuery, WrittenRelation, WrittenSql } from '../sql/written-query.ts';
import type { Catalog, KnownColumn } from './catalog.ts';

/** What could be typed at a place in SQL. */
export type SqlWish =
  | { readonly kind: 'table'; readonly schema: string | undefined }
  | { readonly kind: 'column'; readonly relation: string | undefined }
  | { readonly kind: 'nothing' };

/** What a name in SQL means. */
export type SqlMeaning = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'table'; readonly table: ProjectTable }
  | { readonly kind: 'cte'; readonly cte: WrittenCte }
  /** A column of a table of the project. */
  | { readonly kind: 'column'; readonly table: ProjectTable; readonly column: KnownColumn }
  /** A column that a SELECT of the same SQL makes. */
  | { readonly kind: 'item'; readonly item: WrittenItem; readonly column: KnownColumn }
);

/** A column that can be named at a place, and what makes it. */
export interface ColumnInScope {
  readonly column: KnownColumn;
  readonly relation: string;
  readonly table: ProjectTable | undefined;
  readonly item: WrittenItem | undefined;
}

/** How deep sub-selects are followed. */
const depthLimit = 20;

/** SQL of a model, half written as it may be, together with the tables of its project. */
export class SqlView {
  readonly #sql: string;
  readonly #written: WrittenSql;
  readonly #catalog: Catalog;

  constructor(sql: string, catalog: Catalog) {
    this.#sql = sql;
    this.#written = readWrittenSql(sql);
    this.#catalog = catalog;
  }

  /** What stands before the cursor decides what may come. */
  wishAt(offset: number): SqlWish {
    const { tokens } = this.#written;
    if (tokens.some(({ kind, start, end }) => (kind === 'text' || kind === 'name') && start < offset && offset < end))
      return { kind: 'nothing' };
    let before = tokens.findLastIndex(({ end, start, kind }) =>
      kind === 'word' ? end < offset || (end === offset && start === offset) : end <= offset,
    );
    const last = tokens[before];
    if (this.#isComment(last?.end ?? 0, offset)) return { kind: 'nothing' };
    const qualifier = last?.text === '.' ? tokens[before - 1] : undefined;
    if (qualifier !== undefined) before -= 2;
    const name = qualifier === undefined ? undefined : nameOf(qualifier);
    if (this.#namesRelation(before, offset)) return { kind: 'table', schema: name };
    return { kind: 'column', relation: name };
  }

  /** The columns that can be named at an offset; with a relation, only its own. */
  columnsAt(offset: number, relation?: string): readonly ColumnInScope[] {
    const found: ColumnInScope[] = [];
    for (let query = queryAt(this.#written, offset); query !== undefined; query = query.outer) {
      for (const one of query.relations) {
        if (relation === undefined || one.alias.toLowerCase() === relation.toLowerCase())
          found.push(...this.#columnsOf(one, query, 0));
      }
      if (relation !== undefined && found.length > 0) break;
    }
    return found;
  }

  /** The names of FROM that can stand before a column at an offset. */
  aliasesAt(offset: number): readonly string[] {
    const names: string[] = [];
    for (let query = queryAt(this.#written, offset); query !== undefined; query = query.outer)
      names.push(...query.relations.map(({ alias }) => alias).filter((alias) => alias !== ''));
    return [...new Set(names)];
  }

  /** The names of WITH that FROM can name at an offset. */
  ctesAt(offset: number): readonly WrittenCte[] {
    return [...(queryAt(this.#written, offset)?.ctes.values() ?? [])];
  }

  meaningAt(offset: number): SqlMeaning | undefined {
    const { tokens } = this.#written;
    const at = tokens.findIndex(({ start, end, kind }) => start <= offset && offset <= end && kind !== 'sign');
    const token = tokens[at];
    if (token === undefined || nameOf(token) === undefined) return undefined;
    const place = { start: token.start, end: token.end };
    const names = this.#dottedUpTo(at);
    const query = queryAt(this.#written, offset);
    const relation = query?.relations.find(({ start, end }) => start <= offset && offset <= end);
    if (query !== undefined && relation !== undefined) return this.#relationMeaning(relation, query, place);
    return this.#nameMeaning(names, { offset, place, query });
  }

  /** The item of the outermost SELECT that makes a column; the star that it comes from when it stands nowhere by name. */
  outputItem(name: string): WrittenItem | undefined {
    const items = this.#written.main?.items ?? [];
    return (
      items.find((item) => item.name.toLowerCase() === name.toLowerCase()) ?? items.find((item) => item.name === '*')
    );
  }

  #nameMeaning(
    names: readonly string[],
    at: { readonly offset: number; readonly place: { start: number; end: number }; query: WrittenQuery | undefined },
  ): SqlMeaning | undefined {
    const [first = '', second] = names;
    const scope = this.columnsAt(at.offset);
    const find = (name: string, relation?: string): ColumnInScope | undefined =>
      scope.find(
        (one) =>
          one.column.name.toLowerCase() === name.toLowerCase() &&
          (relation === undefined || one.relation.toLowerCase() === relation.toLowerCase()),
      );
    const member = second === undefined ? undefined : find(second, first);
    const found = member ?? (second === undefined ? find(first) : undefined);
    if (found?.table !== undefined) return { kind: 'column', table: found.table, column: found.column, ...at.place };
    if (found?.item !== undefined) return { kind: 'item', item: found.item, column: found.column, ...at.place };
    if (second !== undefined) return undefined;
    for (let query = at.query; query !== undefined; query = query.outer) {
      const relation = query.relations.find(({ alias }) => alias.toLowerCase() === first.toLowerCase());
      if (relation !== undefined) return this.#relationMeaning(relation, query, at.place);
    }
    const item = at.query?.items.find(({ name }) => name.toLowerCase() === first.toLowerCase());
    return item === undefined
      ? undefined
      : { kind: 'item', item, column: { name: item.name, type: undefined }, ...at.place };
  }

  #relationMeaning(
    relation: WrittenRelation,
    query: WrittenQuery,
    place: { readonly start: number; readonly end: number },
  ): SqlMeaning | undefined {
    const cte = relation.table.length === 1 ? query.ctes.get(relation.table[0]?.toLowerCase() ?? '') : undefined;
    if (cte !== undefined) return { kind: 'cte', cte, ...place };
    const table = this.#catalog.table(relation.table.join('.'));
    return table === undefined ? undefined : { kind: 'table', table, ...place };
  }

  #columnsOf(relation: WrittenRelation, query: WrittenQuery, depth: number): readonly ColumnInScope[] {
    if (depth > depthLimit) return [];
    const cte = relation.table.length === 1 ? query.ctes.get(relation.table[0]?.toLowerCase() ?? '') : undefined;
    const inner = relation.query ?? cte?.query;
    if (inner !== undefined)
      return this.#outputsOf(inner, depth + 1).map((one) => ({ ...one, relation: relation.alias }));
    const table = this.#catalog.table(relation.table.join('.'));
    if (table === undefined) return [];
    return this.#catalog
      .columns(table.name)
      .map((column) => ({ column, relation: relation.alias, table, item: undefined }));
  }

  /** The columns that a SELECT of this SQL puts out, each with the item that makes it. */
  #outputsOf(query: WrittenQuery, depth: number): readonly ColumnInScope[] {
    return query.items.flatMap((item): readonly ColumnInScope[] => {
      const wanted = item.reference?.[0]?.toLowerCase();
      if (item.name === '*') {
        const relations = query.relations.filter(({ alias }) => wanted === undefined || alias.toLowerCase() === wanted);
        return relations
          .flatMap((relation) => this.#columnsOf(relation, query, depth))
          .filter(({ column }) => !item.excluded.has(column.name.toLowerCase()));
      }
      if (item.name === '') return [];
      const type = item.reference === undefined ? undefined : this.#typeOf(item.reference, query, depth);
      return [{ column: { name: item.name, type }, relation: '', table: undefined, item }];
    });
  }

  #typeOf(reference: readonly string[], query: WrittenQuery, depth: number): KnownColumn['type'] {
    const name = reference.at(-1)?.toLowerCase();
    const alias = reference.length === 2 ? reference[0]?.toLowerCase() : undefined;
    return query.relations
      .filter((relation) => reference.length === 1 || relation.alias.toLowerCase() === alias)
      .flatMap((relation) => this.#columnsOf(relation, query, depth))
      .find(({ column }) => column.name.toLowerCase() === name)?.column.type;
  }

  /** The parts of a dotted name up to the one at `at`. */
  #dottedUpTo(at: number): readonly string[] {
    const names: string[] = [];
    for (let i = at; i >= 0; i -= 2) {
      const token = this.#written.tokens[i];
      names.unshift(token === undefined ? '' : (nameOf(token) ?? ''));
      if (this.#written.tokens[i - 1]?.text !== '.') break;
    }
    return names;
  }

  /** True when a relation is to be named after the token at `before`. */
  #namesRelation(before: number, offset: number): boolean {
    const { tokens } = this.#written;
    const last = tokens[before];
    if (last === undefined) return false;
    if (isWord(last, /^(FROM|JOIN|LATERAL)$/)) return true;
    if (last.text !== ',') return false;
    const start = queryAt(this.#written, offset)?.start ?? 0;
    for (let i = before - 1; i >= 0; i -= 1) {
      const token = tokens[i];
      if (token === undefined || token.start < start || token.depth < last.depth) return false;
      if (token.depth > last.depth || token.kind !== 'word') continue;
      if (isWord(token, /^(FROM|JOIN)$/)) return true;
      if (isClauseWord(token.text) && !isWord(token, /^(ON|AND|OR|AS|LEFT|RIGHT|FULL|INNER|OUTER|CROSS)$/))
        return false;
    }
    return false;
  }

  #isComment(from: number, offset: number): boolean {
    const gap = this.#sql.slice(from, offset);
    const line = gap.lastIndexOf('--');
    return (line >= 0 && !gap.slice(line).includes('\n')) || gap.lastIndexOf('/*') > gap.lastIndexOf('*/');
  }
}

function isWord({ kind, text }: SqlToken, pattern: RegExp): boolean {
  return kind === 'word' && pattern.test(text.toUpperCase());
}
