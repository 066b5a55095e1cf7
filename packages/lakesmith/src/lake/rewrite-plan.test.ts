import type { ScanFile } from '@lakesmith/delta';
import { describe, expect, it } from 'vitest';
import { smallFiles } from './rewrite-plan.ts';
import type { Candidate } from './row-decisions.ts';

function files(rows: readonly number[], day = ''): Candidate[] {
  return rows.map((count, i) => {
    const file: Pick<ScanFile, 'key' | 'rows' | 'partitionValues'> = {
      key: `${day}${i}`,
      rows: count,
      partitionValues: day === '' ? {} : { day },
    };
    return { file: file as ScanFile, deleted: undefined };
  });
}

const rowsOf = (all: readonly Candidate[]): readonly (number | undefined)[] =>
  smallFiles(all, []).map(({ file }) => file.rows);
const some = (count: number, rows: number): readonly number[] => Array.from({ length: count }, () => rows);

describe('small files', () => {
  it('are put together when there are sixteen', () => {
    expect(rowsOf(files(some(15, 10)))).toEqual([]);
    expect(rowsOf(files(some(16, 10)))).toEqual(some(16, 10));
  });

  it('leave a much larger one as it is, and take one of their size', () => {
    expect(rowsOf(files([...some(16, 10), 200_000]))).toEqual(some(16, 10));
    expect(rowsOf(files([...some(16, 10), 150]))).toEqual([...some(16, 10), 150]);
  });

  it('are not sixteen because one of them is much larger or smaller', () => {
    expect(rowsOf(files([...some(15, 10), 200_000]))).toEqual([]);
    expect(rowsOf(files([1, ...some(16, 10)]))).toEqual(some(16, 10));
  });

  it('are no large ones, and are not in other partitions', () => {
    expect(rowsOf(files(some(20, 250_000)))).toEqual([]);
    expect(rowsOf([...files(some(10, 10), 'a'), ...files(some(10, 10), 'b')])).toEqual([]);
  });

  it('are not those that change anyway', () => {
    const all = files(some(16, 10));
    const [candidate] = all;
    const touched =
      candidate === undefined
        ? []
        : [{ ...candidate, index: 0, byClause: new Map(), updated: undefined, gone: undefined }];
    expect(smallFiles(all, touched)).toEqual([]);
  });
});
