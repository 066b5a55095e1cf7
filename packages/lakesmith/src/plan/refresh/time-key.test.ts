import { describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import { plainStorage } from '../../core/storage-settings.ts';
import { timeColumn } from './time-key.ts';

const columns: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'sold_on', type: 'date' },
  { name: 'paid_at', type: 'timestamp' },
  { name: '_ingested_at', type: 'timestamp' },
];

describe('the column that says when a row belongs', () => {
  it('is the one by which the table lies in files, before one of its key', () => {
    const storage = { ...plainStorage, partitionBy: ['sold_on'] };
    expect(timeColumn({ storage, key: ['paid_at'] }, columns, undefined)).toEqual({ column: columns[1] });
    expect(timeColumn({ storage: plainStorage, key: ['paid_at'] }, columns, undefined)).toEqual({ column: columns[2] });
  });

  it('has to be chosen where there are several, and is never bookkeeping', () => {
    expect(timeColumn({ storage: plainStorage }, columns, undefined)).toEqual({ among: ['sold_on', 'paid_at'] });
    expect(timeColumn({ storage: plainStorage }, columns.slice(2), undefined)).toEqual({ column: columns[2] });
    expect(timeColumn({ storage: plainStorage }, columns.slice(3), undefined)).toEqual({ among: [] });
  });
});
