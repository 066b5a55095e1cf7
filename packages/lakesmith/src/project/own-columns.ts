import type { Column } from '../core/schema.ts';

// Columns that the program adds to tables, beside those of a source or a SELECT.

/** Every bronze row says where it came from; its place in the file is the order of rows in the data file (see the ledger). */
export const provenanceColumns: readonly Column[] = [
  { name: '_source', type: 'string' },
  { name: '_ingested_at', type: 'timestamp' },
  { name: '_run', type: 'long' },
];

/** Columns that a change log carries beside the source's own. */
export const changeColumns: readonly Column[] = [
  { name: '_change_type', type: 'string' },
  { name: '_change_number', type: 'long' },
  { name: '_committed_at', type: 'timestamp' },
];

/** What a file has in columns that are not to be new ones of the table. */
export const rescuedColumn: Column = { name: '_rescued', type: 'string' };

const names = new Set([...provenanceColumns, ...changeColumns, rescuedColumn].map(({ name }) => name));

/** Whether a column is one of these. */
export function isOwnColumn(name: string): boolean {
  return names.has(name);
}
