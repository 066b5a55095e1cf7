import { describe, expect, it } from 'vitest';
import type { Action, Metadata } from '../actions.ts';
import type { Predicate } from '../scan/predicate.ts';
import type { IsolationLevel, Snapshot, StagedCommit } from '../snapshot.ts';
import { applyStaged } from './apply.ts';
import { type ConflictReason, findConflict } from './conflicts.ts';
import { stageCreate } from './create.ts';
import type { CommitDetails, NewFile } from './details.ts';
import { stageRestore } from './restore.ts';
import { stageRewrite } from './rewrite.ts';
import { stageAppend, stageOverwrite } from './write.ts';

/** The same schema as another writer would write it. */
function reordered({ schemaString }: Metadata): string {
  const schema: { fields: object[] } = JSON.parse(schemaString.replaceAll(/\d{16,}/g, '"$&"'));
  const fields = schema.fields.map((field) => Object.fromEntries(Object.entries(field).reverse()));
  return JSON.stringify({ fields, type: 'struct' }).replaceAll(/"(\d{16,})"/g, '$1');
}

let fresh = 0;
function file(part: string, path?: string): NewFile {
  fresh += 1;
  return { path: path ?? `n${fresh}`, sizeBytes: 1, modifiedMs: 1, partitionValues: { part } };
}
const columns = [
  { name: 'id', type: 'long' as const },
  { name: 'part', type: 'string' as const },
];

function tableOf(configuration: Record<string, string> = {}): Snapshot {
  const files = [file('a', 'f1'), file('a', 'f2'), file('b', 'f3')];
  const staged = stageCreate({
    nowMs: 1,
    engineInfo: 'test',
    columns,
    partitionColumns: ['part'],
    configuration,
    files,
  });
  return { ...applyStaged(undefined, staged), state: 'committed' };
}

const inPart = (value: string): Predicate => ({ kind: 'compare', column: ['part'], operator: '=', value });

/** What can be done to a table of two partitions: a with the files f1 and f2, b with f3. */
function transactionsOn(
  table: Snapshot,
  isolationLevel?: IsolationLevel,
): Readonly<Record<string, () => StagedCommit>> {
  const details: CommitDetails = {
    nowMs: 1,
    engineInfo: 'test',
    ...(isolationLevel === undefined ? {} : { isolationLevel }),
  };
  const rewrite = (replaced: string[], part: string, more: object = {}): StagedCommit =>
    stageRewrite(table, {
      ...details,
      operation: 'UPDATE',
      replaced: new Set(replaced),
      files: [file(part)],
      ...more,
    });
  const configure = (key: string): StagedCommit =>
    stageAppend(table, { ...details, files: [], change: { configuration: { [key]: 'true' } } });
  return {
    'append to a': () => stageAppend(table, { ...details, files: [file('a')] }),
    'append from itself': () => stageAppend(table, { ...details, files: [file('a')], reads: { wholeTable: true } }),
    overwrite: () => stageOverwrite(table, { ...details, files: [file('a')] }),
    'overwrite schema': () =>
      stageOverwrite(table, { ...details, files: [], change: { columns: [...columns, { name: 'x', type: 'long' }] } }),
    'update f1': () => rewrite(['f1'], 'a'),
    'update in a': () => rewrite(['f1'], 'a', { read: new Set(['f2']), predicate: inPart('a') }),
    'update in b': () => rewrite(['f3'], 'b', { predicate: inPart('b') }),
    'merge into b': () => rewrite([], 'b', { read: new Set(['f3']), predicate: inPart('b') }),
    'compact a': () => rewrite(['f1', 'f2'], 'a', { dataChange: false }),
    'compact b': () => rewrite(['f3'], 'b', { dataChange: false }),
    restore: () => stageRestore(table, { ...table, files: new Map() }, details),
    'set x': () => configure('x'),
    'append only': () => configure('delta.appendOnly'),
  };
}

const reasons: Readonly<Record<string, ConflictReason | undefined>> = {
  '-': undefined,
  A: 'concurrent-append',
  R: 'concurrent-delete-read',
  D: 'concurrent-delete-delete',
  M: 'metadata-changed',
};

/** Rows: ours. Columns: who won, in the same order. */
const writeSerializable = {
  'append to a': '- - - M - - - - - - - - -',
  'append from itself': '- A A M A A A A R R R - -',
  overwrite: '- A A M A A A A D D D - M',
  'overwrite schema': 'A A A M A A A A D D D M M',
  'update f1': '- A A M A A A A D R D - M',
  'update in a': '- A A M A A - - D - D - M',
  'update in b': '- - D M - - A A - D D - M',
  'merge into b': '- - R M - - A A - R R - -',
  'compact a': '- - D M D D - - D - D - -',
  'compact b': '- - D M - - D - - D D - -',
  restore: 'A A A M A A A A D D D - M',
  'set x': '- - - M - - - - - - - M M',
  'append only': '- - - M - - - - - - - M M',
};

/** Only rows that were appended blindly count as well: the first column. */
const serializable = {
  ...writeSerializable,
  'append from itself': 'A A A M A A A A R R R - -',
  overwrite: 'A A A M A A A A D D D - M',
  'update f1': 'A A A M A A A A D R D - M',
  'update in a': 'A A A M A A - - D - D - M',
};

/** Rows that others add never count, but who wants the table to stay as it was goes on wanting it. */
const snapshotIsolation = {
  ...writeSerializable,
  'append from itself': '- - R M R R R - R R R - -',
  overwrite: '- - D M D D D - D D D - M',
  'overwrite schema': '- - D M D D D - D D D M M',
  'update f1': '- - D M D D R - D R D - M',
  'update in a': '- - D M D D - - D - D - M',
  'update in b': '- - D M - - D - - D D - M',
  'merge into b': '- - R M - - R - - R R - -',
};

const levels = [
  { level: 'WriteSerializable', table: tableOf(), matrix: writeSerializable },
  { level: 'Serializable', table: tableOf({ 'delta.isolationLevel': 'Serializable' }), matrix: serializable },
  { level: 'SnapshotIsolation', table: tableOf(), matrix: snapshotIsolation },
] as const;

describe.each(levels)('findConflict of $level', ({ level, table, matrix }) => {
  const transactions = Object.entries(
    transactionsOn(table, level === 'SnapshotIsolation' ? 'SnapshotIsolation' : undefined),
  );
  const cells = Object.entries(matrix).flatMap(([ours, row], i) =>
    row.split(' ').map((expected, j) => ({ ours, i, j, winner: transactions[j]?.[0], expected })),
  );

  it('has a row and a column for each transaction', () => {
    expect(Object.keys(matrix)).toEqual(transactions.map(([name]) => name));
    expect(cells).toHaveLength(transactions.length ** 2);
  });

  it.each(cells)('$ours after $winner: $expected', ({ i, j, expected }) => {
    const ours = transactions[i]?.[1]();
    const winner = transactions[j]?.[1]();
    if (ours === undefined || winner === undefined) throw new Error('The matrix is not square.');
    expect(expected in reasons).toBe(true);
    expect(findConflict(ours, winner.actions, table)).toBe(reasons[expected]);
    // A staged commit is plain data: what it read goes with it.
    const again: StagedCommit = JSON.parse(JSON.stringify(ours));
    expect(findConflict(again, winner.actions, table)).toBe(reasons[expected]);
  });
});

describe('findConflict', () => {
  const table = tableOf();
  const details: CommitDetails = { nowMs: 1, engineInfo: 'test' };
  const append = (more: Partial<CommitDetails> = {}): StagedCommit =>
    stageAppend(table, { ...details, ...more, files: [file('a')] });
  const updateA = (): StagedCommit => {
    const stage = transactionsOn(table)['update in a'];
    if (stage === undefined) throw new Error('There is no such transaction.');
    return stage();
  };
  const isNot =
    (kind: string) =>
    (action: Action): boolean =>
      !(kind in action);

  it('says in the commit how strictly it was checked', () => {
    const levelOf = (staged: StagedCommit): unknown =>
      staged.actions.map((action) => ('commitInfo' in action ? action.commitInfo.isolationLevel : undefined))[0];
    const on = (value: string): Snapshot => tableOf({ 'delta.isolationLevel': value });
    const appendTo = (to: Snapshot): StagedCommit => stageAppend(to, { ...details, files: [] });
    expect(levelOf(append())).toBe('WriteSerializable');
    expect(levelOf(appendTo(on('serializable')))).toBe('Serializable');
    expect(levelOf(appendTo(on('WriteSerializable')))).toBe('WriteSerializable');
    expect(levelOf(appendTo(on('SnapshotIsolation')))).toBe('SnapshotIsolation');
    expect(levelOf(appendTo(on('who knows')))).toBe('Serializable');
    expect(levelOf(append({ isolationLevel: 'SnapshotIsolation' }))).toBe('SnapshotIsolation');
    expect(levelOf(stageRestore(table, table, details))).toBe('Serializable');
  });

  it('takes rows into account that would have been read where none were', () => {
    const merge = (): StagedCommit =>
      stageRewrite(table, {
        ...details,
        operation: 'MERGE',
        replaced: new Set(),
        files: [file('c')],
        predicate: inPart('c'),
      });
    expect(findConflict(merge(), merge().actions, table)).toBe('concurrent-append');
    expect(findConflict(merge(), updateA().actions, table)).toBeUndefined();
    const blindly = (): StagedCommit =>
      stageRewrite(table, { ...details, operation: 'MERGE', replaced: new Set(), files: [file('c')] });
    expect(findConflict(blindly(), blindly().actions, table)).toBe('concurrent-append');
  });

  it('compares with statistics, and what has none may be anything', () => {
    const over = (value: bigint): Predicate => ({ kind: 'compare', column: ['id'], operator: '>', value });
    const staged = stageRewrite(table, {
      ...details,
      operation: 'DELETE',
      replaced: new Set(['f1']),
      files: [],
      predicate: over(9_007_199_254_740_993n),
    });
    expect(() => JSON.stringify(staged)).not.toThrow();
    const adding = (stats?: string): readonly Action[] =>
      stageAppend(table, {
        ...details,
        files: [{ ...file('a'), ...(stats === undefined ? {} : { stats }) }],
        reads: { wholeTable: true },
      }).actions;
    const below = '{"numRecords":1,"minValues":{"id":1},"maxValues":{"id":9007199254740000},"nullCount":{"id":0}}';
    expect(findConflict(staged, adding(below), table)).toBeUndefined();
    expect(findConflict(staged, adding(below.replace('4740000', '4740999')), table)).toBe('concurrent-append');
    expect(findConflict(staged, adding(), table)).toBe('concurrent-append');
    expect(findConflict(staged, adding(below))).toBe('concurrent-append');
  });

  it('sees a removed file whatever deletion vector it had', () => {
    const removing = (id: string): readonly Action[] => [
      {
        remove: {
          path: 'f1',
          dataChange: true,
          deletionVector: { storageType: 'u', pathOrInlineDv: id, sizeInBytes: 1, cardinality: 1 },
        },
      },
    ];
    expect(findConflict(updateA(), removing('x'), table)).toBe('concurrent-delete-delete');
    const reader = stageRewrite(table, {
      ...details,
      operation: 'MERGE',
      replaced: new Set(['f2']),
      files: [],
      read: new Set(['f1\u0000ux@1']),
      predicate: inPart('a'),
    });
    expect(findConflict(reader, removing('y'), table)).toBe('concurrent-delete-read');
  });

  it('does not let two commits move one application, or set one domain, or set one that was read', () => {
    const txn = (appId: string): StagedCommit => append({ txns: [{ appId, version: 1 }] });
    expect(findConflict(txn('a'), txn('a').actions, table)).toBe('concurrent-transaction');
    expect(findConflict(txn('a'), txn('b').actions, table)).toBeUndefined();
    const withDomains: Snapshot = {
      ...table,
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['domainMetadata'] },
    };
    const domain = (name: string): StagedCommit =>
      stageAppend(withDomains, { ...details, files: [file('a')], domains: { set: { [name]: '1' } } });
    expect(findConflict(domain('x'), domain('x').actions, table)).toBe('domain-changed');
    expect(findConflict(domain('x'), domain('y').actions, table)).toBeUndefined();
    const reader = stageAppend(table, { ...details, files: [], reads: { domains: new Set(['x']) } });
    expect(findConflict(reader, domain('x').actions, table)).toBe('domain-changed');
    expect(findConflict(reader, domain('y').actions, table)).toBeUndefined();
  });

  it.each([
    ['a feature that is quiet until it is used', ['domainMetadata', 'v2Checkpoint'], undefined],
    ['row tracking, which every file must take part in', ['rowTracking'], 'protocol-changed'],
    ['a feature that nobody knows', ['later'], 'protocol-changed'],
  ])('looks at what a change of protocol asks of writers: %s', (_, added, expected) => {
    const winner: Action[] = [
      {
        protocol: {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: added.filter((name) => name === 'v2Checkpoint'),
          writerFeatures: ['appendOnly', 'invariants', ...added],
        },
      },
    ];
    expect(findConflict(updateA(), winner, table)).toBe(expected);
    expect(findConflict(updateA(), winner)).toBe('protocol-changed');
  });

  it('does not pass a change of protocol that takes features away, or when it makes one itself', () => {
    const weaker: Action[] = [{ protocol: { minReaderVersion: 1, minWriterVersion: 1 } }];
    expect(findConflict(append(), weaker, table)).toBe('protocol-changed');
    const upgrade = append({ domains: { set: { x: '1' } } });
    const other = append({ domains: { set: { y: '1' } } });
    expect(findConflict(append(), upgrade.actions, table)).toBeUndefined();
    expect(findConflict(other, upgrade.actions, table)).toBe('protocol-changed');
  });

  it.each([
    ['delta.enableChangeDataFeed', 'append', undefined],
    ['delta.enableChangeDataFeed', 'update', 'metadata-changed'],
    ['delta.constraints.positive', 'append', 'metadata-changed'],
    ['delta.isolationLevel', 'append', 'metadata-changed'],
    ['delta.logRetentionDuration', 'update', undefined],
    ['delta.autoOptimize.autoCompact', 'update', undefined],
    ['delta.logRetentionDurationOfMine', 'update', 'metadata-changed'],
    ['anything.else', 'update', undefined],
  ])('%s, set by others, for an %s: %s', (key, kind, expected) => {
    const metaData = { ...table.metadata, configuration: { ...table.metadata.configuration, [key]: 'id > 0' } };
    expect(findConflict(kind === 'append' ? append() : updateA(), [{ metaData }], table)).toBe(expected);
    expect(findConflict(append(), [{ metaData: { ...metaData, partitionColumns: [] } }], table)).toBe(
      'metadata-changed',
    );
    expect(findConflict(append(), [{ metaData }])).toBe('metadata-changed');
  });

  describe('of a table that numbers its rows', () => {
    const metadata = (highWaterMark: bigint | undefined, more: object = {}): Record<string, unknown> => ({
      'delta.identity.start': 1n,
      'delta.identity.step': 1n,
      'delta.identity.allowExplicitInsert': false,
      ...(highWaterMark === undefined ? {} : { 'delta.identity.highWaterMark': highWaterMark }),
      ...more,
    });
    const numbered = (highWaterMark?: bigint, more?: object): typeof columns =>
      columns.map((column) => (column.name === 'id' ? { ...column, metadata: metadata(highWaterMark, more) } : column));
    const keeps = ['identityColumns'];
    const created = stageCreate({ ...details, keeps, columns: numbered(2n ** 60n), partitionColumns: ['part'] });
    const base: Snapshot = { ...applyStaged(undefined, created), state: 'committed' };
    const appending = (to: bigint, more?: object): StagedCommit =>
      stageAppend(base, { ...details, keeps, files: [file('a')], change: { columns: numbered(to, more) } });
    const deleting = (part: string): StagedCommit =>
      stageRewrite(base, {
        ...details,
        keeps,
        operation: 'DELETE',
        replaced: new Set(),
        files: [],
        predicate: inPart(part),
      });

    it('passes one that numbered more, and no other change of its columns', () => {
      const winner = appending(2n ** 60n + 1n).actions;
      expect(findConflict(deleting('a'), winner, base)).toBeUndefined();
      expect(findConflict(deleting('a'), winner)).toBe('metadata-changed');
      const moved = winner.map((action) =>
        'metaData' in action ? { metaData: { ...action.metaData, schemaString: reordered(action.metaData) } } : action,
      );
      expect(findConflict(deleting('a'), moved, base)).toBeUndefined();
      const commented = appending(2n ** 60n + 1n, { comment: 'other' }).actions;
      expect(findConflict(deleting('a'), commented, base)).toBe('metadata-changed');
      // Of numbers beyond 2^53 each digit counts.
      const stepped = appending(2n ** 60n + 1n, { 'delta.identity.start': 2n ** 60n + 1n }).actions;
      expect(findConflict(deleting('a'), stepped, base)).toBe('metadata-changed');
    });

    it('lets no two give the same numbers', () => {
      expect(findConflict(appending(2n ** 60n + 1n), appending(2n ** 60n + 2n).actions, base)).toBe('rows-numbered');
      const commented = appending(2n ** 60n + 1n, { comment: 'other' }).actions;
      expect(findConflict(appending(2n ** 60n + 2n), commented, base)).toBe('metadata-changed');
    });
  });

  it('does not build on a table that others made, or add a file that they added', () => {
    const created = stageCreate({ ...details, columns });
    expect(findConflict(created, append().actions, table)).toBe('table-created');
    const same = (): StagedCommit => stageAppend(table, { ...details, files: [file('a', 'same')] });
    expect(findConflict(same(), same().actions, table)).toBe('concurrent-append');
  });

  it('takes a winner that says nothing of itself as one that is not blind', () => {
    const silent = append().actions.filter(isNot('commitInfo'));
    expect(findConflict(updateA(), silent, table)).toBe('concurrent-append');
    expect(findConflict(append(), silent, table)).toBeUndefined();
  });
});
