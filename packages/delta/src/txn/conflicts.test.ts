import { describe, expect, it } from 'vitest';
import type { Action } from '../actions.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import { applyStaged } from './apply.ts';
import { type ConflictReason, findConflict } from './conflicts.ts';
import { stageCreate } from './create.ts';
import { type CommitDetails, draftCommit } from './details.ts';
import { stageRestore } from './restore.ts';
import { removeOf, stageAppend, stageOverwrite } from './write.ts';

const details: CommitDetails = { nowMs: 1, engineInfo: 'test' };
const file = (path: string): { path: string; sizeBytes: number; modifiedMs: number } => ({
  path,
  sizeBytes: 1,
  modifiedMs: 1,
});
const columns = [{ name: 'id', type: 'long' as const }];
const current: Snapshot = {
  ...applyStaged(undefined, stageCreate({ ...details, columns, files: [file('f1'), file('f2'), file('f3')] })),
  state: 'committed',
};

/** What an UPDATE, MERGE or OPTIMIZE would stage: some files rewritten, some only read. */
function rewrite(
  removed: string[],
  added: string[],
  options: { read?: string[]; dataChange?: boolean } = {},
): StagedCommit {
  const dataChange = options.dataChange ?? true;
  const removes = removed.map((path): Action => {
    const add = current.files.get(path);
    if (add === undefined) throw new Error(path);
    return { remove: removeOf(add, 1, dataChange) };
  });
  const adds = added.map((path): Action => ({
    add: { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange },
  }));
  return draftCommit(
    {
      readVersion: 0,
      operation: dataChange ? 'UPDATE' : 'OPTIMIZE',
      operationParameters: {},
      operationMetrics: {},
      isBlindAppend: false,
      isolationLevel: 'WriteSerializable',
      actions: [...removes, ...adds],
      reads: { wholeTable: false, files: new Set([...removed, ...(options.read ?? [])]), appIds: new Set() },
    },
    details,
  );
}

let fresh = 0;
const newName = (): string => `n${(fresh += 1)}`;
const append = (more: Partial<CommitDetails> = {}): StagedCommit =>
  stageAppend(current, { ...details, ...more, files: [file(newName())] });

const transactions: Record<string, () => StagedCommit> = {
  'blind append': () => append(),
  'append from itself': () =>
    stageAppend(current, { ...details, files: [file(newName())], reads: { wholeTable: true } }),
  overwrite: () => stageOverwrite(current, { ...details, files: [file(newName())] }),
  'overwrite with schema': () =>
    stageOverwrite(current, { ...details, files: [], change: { columns: [{ name: 'x', type: 'long' }] } }),
  'update f1': () => rewrite(['f1'], [newName()]),
  'update f2, read f1': () => rewrite(['f2'], [newName()], { read: ['f1'] }),
  'compact f1 f2': () => rewrite(['f1', 'f2'], [newName()], { dataChange: false }),
  'compact f3': () => rewrite(['f3'], [newName()], { dataChange: false }),
  restore: () => stageRestore(current, { ...current, files: new Map() }, details),
  'set property': () => stageAppend(current, { ...details, files: [], change: { configuration: { x: '1' } } }),
};

const reasons: Record<string, ConflictReason | undefined> = {
  ok: undefined,
  A: 'concurrent-append',
  R: 'concurrent-delete-read',
  D: 'concurrent-delete-delete',
  M: 'metadata-changed',
};
/** Rows: ours. Columns: who won, in the same order. */
const matrix = {
  'blind append': 'ok ok ok M ok ok ok ok ok M',
  'append from itself': 'ok A A M A A R R R M',
  overwrite: 'ok A A M A A D D D M',
  'overwrite with schema': 'A A A M A A D D D M',
  'update f1': 'ok A A M A A D ok D M',
  'update f2, read f1': 'ok A A M A A D ok D M',
  'compact f1 f2': 'ok ok D M D D D ok D M',
  'compact f3': 'ok ok D M ok ok ok D D M',
  restore: 'A A A M A A D D D M',
  'set property': 'ok ok ok M ok ok ok ok ok M',
};

const txn = (appId: string): StagedCommit => append({ txns: [{ appId, version: 1 }] });
const same = (): StagedCommit => stageAppend(current, { ...details, files: [file('same')] });

describe('findConflict', () => {
  const order = Object.entries(transactions);
  const cells = Object.values(matrix).flatMap((row, i) =>
    row.split(' ').map((expected, j) => ({ ours: order[i], winner: order[j], expected })),
  );
  it.each(cells)('$ours.0 after $winner.0: $expected', ({ ours, winner, expected }) => {
    if (ours === undefined || winner === undefined) throw new Error('The matrix is not square.');
    expect(findConflict(ours[1](), winner[1]().actions)).toBe(reasons[expected]);
  });

  it('sees a file that was read and is gone', () => {
    const winner = stageRestore(current, { ...current, files: new Map([...current.files].slice(1)) }, details);
    expect(findConflict(rewrite(['f2'], [newName()], { read: ['f1'] }), winner.actions)).toBe('concurrent-delete-read');
    expect(findConflict(rewrite(['f2'], [newName()]), winner.actions)).toBeUndefined();
  });

  it('does not let two commits move one application, or set one domain', () => {
    expect(findConflict(txn('a'), txn('a').actions)).toBe('concurrent-transaction');
    expect(findConflict(txn('a'), txn('b').actions)).toBeUndefined();
    const withDomains = {
      ...current,
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['domainMetadata'] },
    };
    const domain = (name: string): StagedCommit =>
      stageAppend(withDomains, { ...details, files: [file(newName())], domains: { set: { [name]: '1' } } });
    expect(findConflict(domain('x'), domain('x').actions)).toBe('domain-changed');
    expect(findConflict(domain('x'), domain('y').actions)).toBeUndefined();
  });

  it('does not let anybody pass a change of protocol, or a table that was created meanwhile', () => {
    const upgrade = stageAppend(current, { ...details, files: [], domains: { set: { x: '1' } } });
    expect(findConflict(append(), upgrade.actions)).toBe('protocol-changed');
    expect(findConflict(stageCreate({ ...details, columns }), append().actions)).toBe('table-created');
  });

  it('does not let one file be added twice', () => {
    expect(findConflict(same(), same().actions)).toBe('concurrent-append');
  });

  it('takes a winner that says nothing of itself as one that is not blind', () => {
    const silent = append().actions.filter((action) => !('commitInfo' in action));
    expect(findConflict(rewrite(['f1'], [newName()]), silent)).toBe('concurrent-append');
    expect(findConflict(append(), silent)).toBeUndefined();
  });
});
