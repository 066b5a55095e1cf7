import { describe, expect, it } from 'vitest';
import { compareWithLedger, loadDomain, readLedger } from './ledger.ts';

const file = (path: string, sizeBytes = 1, modifiedMs = 1) => ({ path, sizeBytes, modifiedMs });

describe('ledger', () => {
  it('reads back what loads recorded, in order, whatever else is in the domains', () => {
    const loads = [10, 9, 1].map((number) =>
      loadDomain({ number, run: number, files: [{ ...file(`f${number}`), rows: 2 }] }),
    );
    const ledger = readLedger(
      new Map([['delta.clustering', '{}'], ...loads.flatMap(({ set }) => Object.entries(set))]),
    );
    expect(ledger.loads.map((load) => load.number)).toEqual([1, 9, 10]);
    expect(ledger.next).toBe(11);
    expect([...ledger.files.keys()]).toEqual(['f1', 'f9', 'f10']);
  });

  it('tells new files from those that changed after they were loaded', () => {
    const { set } = loadDomain({
      number: 1,
      run: 1,
      files: [file('same'), file('grown'), file('touched')].map((f) => ({ ...f, rows: 1 })),
    });
    const found = [file('same'), file('grown', 2), file('touched', 1, 5), file('new')];
    expect(compareWithLedger(found, readLedger(new Map(Object.entries(set))))).toEqual({
      pending: [file('new')],
      overwritten: [file('grown', 2), file('touched', 1, 5)],
    });
  });

  it('waits for a file that is empty yet, and tells of one that was emptied', () => {
    const { set } = loadDomain({ number: 1, run: 1, files: [{ ...file('old'), rows: 1 }] });
    const found = [file('old', 0), file('new', 0)];
    expect(compareWithLedger(found, readLedger(new Map(Object.entries(set))))).toEqual({
      pending: [],
      overwritten: [file('old', 0)],
    });
  });

  it('starts empty', () => {
    expect(readLedger(new Map())).toEqual({ loads: [], files: new Map(), changes: 0, next: 1 });
  });
});
