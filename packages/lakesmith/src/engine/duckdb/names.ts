import { quoteName } from '../../core/sql-text.ts';

/** A relation's name in two parts. */
export interface RelationName {
  readonly schema: string;
  readonly table: string;
}

/** 'silver.orders' is a table of a schema; a bare name stands in the schema that is searched first. */
export function relationName(name: string): RelationName {
  const dot = name.indexOf('.');
  return dot === -1 ? { schema: 'main', table: name } : { schema: name.slice(0, dot), table: name.slice(dot + 1) };
}

export function qualifiedName(catalog: string, name: RelationName): string {
  return [catalog, name.schema, name.table].map(quoteName).join('.');
}
