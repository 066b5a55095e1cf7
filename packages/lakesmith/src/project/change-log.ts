import type { Column } from '../core/schema.ts';

/** Columns that a change log carries beside the source's own. */
export const changeColumns: readonly Column[] = [
  { name: '_change_type', type: 'string' },
  { name: '_change_number', type: 'long' },
  { name: '_committed_at', type: 'timestamp' },
];
