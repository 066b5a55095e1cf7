import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../actions.ts';
import { fieldIds } from '../field-ids.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import { applyStaged } from './apply.ts';
import { stageCreate } from './create.ts';
import type { NewFile } from './details.ts';
import { stageRestore } from './restore.ts';
import { checkStaged } from './validate.ts';
import { stageAppend, stageOverwrite } from './write.ts';

const details = { nowMs: 1_700_000_000_000, engineInfo: 'Lakesmith/0.1.0' };
const file = (path: string): NewFile => ({ path, sizeBytes: 10, modifiedMs: 5, stats: '{"numRecords":1}' });
const columns = [
  { name: 'id', type: 'long' as const },
  { name: 'day', type: 'date' as const },
];

function table(files: readonly NewFile[] = [], more: Partial<Parameters<typeof stageCreate>[0]> = {}): Snapshot {
  return committed(undefined, stageCreate({ ...details, columns, files, ...more }));
}
function committed(snapshot: Snapshot | undefined, staged: StagedCommit): Snapshot {
  return { ...applyStaged(snapshot, staged), state: 'committed' };
}
const kinds = (staged: StagedCommit): (string | undefined)[] => staged.actions.map((action) => Object.keys(action)[0]);
const paths = (snapshot: Snapshot): string[] => [...snapshot.files.keys()].sort();

describe('stageCreate', () => {
  it('makes version 0 with the lowest protocol, commitInfo first', () => {
    const staged = stageCreate({
      ...details,
      columns,
      files: [file('a b.parquet')],
      txnId: 't',
      extra: { run: 7, engineInfo: 'x' },
    });
    expect(kinds(staged)).toEqual(['commitInfo', 'protocol', 'metaData', 'add']);
    expect(staged.actions[0]).toMatchObject({
      commitInfo: {
        operation: 'CREATE TABLE AS SELECT',
        isBlindAppend: true,
        engineInfo: 'Lakesmith/0.1.0',
        txnId: 't',
        run: 7,
      },
    });
    const snapshot = applyStaged(undefined, staged);
    expect(snapshot).toMatchObject({
      state: 'staged',
      version: 0,
      protocol: { minReaderVersion: 1, minWriterVersion: 2 },
    });
    expect(fieldIds(snapshot.schema)).toEqual({ id: 1, day: 2 });
    expect(snapshot.files.get('a b.parquet')?.path).toBe('a%20b.parquet');
  });

  it('can be kept as JSON and goes on as the same', () => {
    const staged = stageCreate({ ...details, columns, files: [file('a')], txns: [{ appId: 'x', version: 1 }] });
    const kept: StagedCommit = JSON.parse(JSON.stringify(staged));
    expect(kept).toEqual(staged);
    expect(applyStaged(undefined, kept)).toEqual(applyStaged(undefined, staged));
  });

  it.each([
    ['delta.enableChangeDataFeed', 'yes'],
    ['delta.appendOnly', '1'],
    ['delta.checkpointInterval', '0'],
    ['delta.deletedFileRetentionDuration', '30d'],
    ['delta.logRetentionDuration', 'interval 1 month'],
    ['delta.columnMapping.mode', 'names'],
    ['delta.dataSkippingNumIndexedCols', '-2'],
    ['delta.checkpointPolicy', 'v3'],
    ['delta.targetFileSize', 'large'],
    ['delta.minReaderVersion', '3'],
  ])('refuses that the property %s is %s', (name, value) => {
    expect(() => table([], { configuration: { [name]: value } })).toThrow(
      expect.objectContaining({ code: 'invalid-value', message: expect.stringContaining(name) }),
    );
  });

  it('takes properties in all their forms, and those that it does not know', () => {
    const configuration = {
      'delta.appendOnly': 'TRUE',
      'delta.checkpointInterval': '100',
      'delta.deletedFileRetentionDuration': 'interval 1 week 2 days',
      'delta.logRetentionDuration': '36 hours',
      'delta.targetFileSize': '128MB',
      'delta.unheardOf': 'x',
      checkpointInterval: 'mine',
    };
    expect(table([], { configuration }).metadata.configuration).toMatchObject(configuration);
  });

  it('refuses what no table can be', () => {
    for (const [more, code] of [
      [{ partitionColumns: ['nope'] }, 'invalid-schema'],
      [{ partitionColumns: ['id', 'day'] }, 'invalid-schema'],
      [
        { partitionColumns: ['id', 'id'], columns: [...columns, { name: 'c', type: 'long' as const }] },
        'invalid-schema',
      ],
      [{ columns: [] }, 'invalid-schema'],
      [
        {
          columns: [{ name: '_Change_Type', type: 'string' as const }],
          configuration: { 'delta.enableChangeDataFeed': 'true' },
        },
        'invalid-schema',
      ],
      [{ configuration: { 'delta.enableRowTracking': 'true' } }, 'unsupported-feature'],
      [{ columns: [{ name: 'a', type: 'variant' as const }] }, 'unsupported-feature'],
      [{ files: [file('../a')] }, 'unsafe-path'],
      [{ files: [file('/a')] }, 'unsafe-path'],
      [{ files: [file('a'), file('a')] }, 'log-corrupt'],
      [{ files: [{ ...file('a'), sizeBytes: -1 }] }, 'invalid-value'],
      [{ partitionColumns: ['day'], files: [file('a')] }, 'invalid-value'],
      [{ files: [{ ...file('a'), partitionValues: { id: '1' } }] }, 'invalid-value'],
    ] as const) {
      expect(() => table([], more)).toThrow(expect.objectContaining({ code }));
    }
  });
});

describe('stageAppend', () => {
  it('adds, and says what the rows were computed from', () => {
    const blind = stageAppend(table([file('a')]), {
      ...details,
      files: [file('b')],
      txns: [{ appId: 'src', version: 5 }],
    });
    expect(paths(applyStaged(table([file('a')]), blind))).toEqual(['a', 'b']);
    expect(blind.actions[0]).toMatchObject({ commitInfo: { isBlindAppend: true, readVersion: 0, operation: 'WRITE' } });
    expect(blind.reads).toEqual({ wholeTable: false, files: [], appIds: ['src'] });
    const reading = stageAppend(table([file('a')]), {
      ...details,
      files: [file('b')],
      reads: { files: new Set(['a']) },
    });
    expect(reading.actions[0]).toMatchObject({ commitInfo: { isBlindAppend: false } });
  });

  it('refuses a file that the table has already', () => {
    expect(() => stageAppend(table([file('a')]), { ...details, files: [file('a')] })).toThrow(
      'is in the table already',
    );
  });

  it('refuses to build on what is only staged', () => {
    const staged = applyStaged(undefined, stageCreate({ ...details, columns }));
    expect(() => stageAppend(staged, { ...details, files: [file('a')] })).toThrow('only staged');
  });

  it('brings new columns, and the protocol that domains need', () => {
    const before = table();
    const staged = stageAppend(before, {
      ...details,
      files: [file('a')],
      change: { columns: [...columns, { name: 'new', type: 'string' }] },
      domains: { set: { 'lakesmith.x': '1' } },
    });
    expect(kinds(staged)).toEqual(['commitInfo', 'protocol', 'metaData', 'domainMetadata', 'add']);
    const after = applyStaged(before, staged);
    expect(fieldIds(after.schema)).toEqual({ id: 1, day: 2, new: 3 });
    expect(after.metadata.id).toBe(before.metadata.id);
    expect(after.protocol).toMatchObject({ minReaderVersion: 1, minWriterVersion: 7 });
  });

  it('says nothing of metadata that does not change', () => {
    const staged = stageAppend(table(), {
      ...details,
      files: [],
      change: { columns, configuration: { absent: null } },
    });
    expect(kinds(staged)).toEqual(['commitInfo']);
  });
});

describe('stageOverwrite', () => {
  it('replaces everything, and removes carry what change readers need', () => {
    const before = table([file('a'), file('b')]);
    const staged = stageOverwrite(before, { ...details, files: [file('c')], change: { configuration: { x: '1' } } });
    expect(kinds(staged)).toEqual(['commitInfo', 'metaData', 'remove', 'remove', 'add']);
    const after = applyStaged(before, staged);
    expect(paths(after)).toEqual(['c']);
    expect(after.metadata.configuration).toMatchObject({ x: '1' });
    expect(after.tombstones.get('a')).toMatchObject({
      size: 10,
      deletionTimestamp: details.nowMs,
      stats: '{"numRecords":1}',
    });
    expect(staged.reads).toMatchObject({ wholeTable: true, files: ['a', 'b'] });
  });

  it('respects a table that is append-only', () => {
    const configuration = { 'delta.appendOnly': 'true' };
    const before = table([file('a')], { configuration });
    expect(() => stageOverwrite(before, { ...details, files: [] })).toThrow('append-only');
    expect(kinds(stageAppend(before, { ...details, files: [file('b')] }))).toEqual(['commitInfo', 'add']);
  });
});

describe('stageRestore', () => {
  it('gives back any state after any changes: files, schema, properties, domains', () => {
    const change = fc.record({
      overwrite: fc.boolean(),
      files: fc.nat({ max: 3 }),
      column: fc.boolean(),
      property: fc.option(fc.constantFrom('1', '2')),
      domains: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2'), { noNullPrototype: true }),
      remove: fc.subarray(['x', 'y']),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat({ max: 6 }), (changes, to) => {
        const states = [table([file('0-0')])];
        for (const [i, c] of changes.entries()) {
          const current = states.at(-1) ?? table();
          const write = {
            ...details,
            files: Array.from({ length: c.files }, (_, n) => file(`${i + 1}-${n}`)),
            change: {
              columns: c.column ? [...columns, { name: 'x', type: 'long' as const }] : columns,
              configuration: { p: c.property },
            },
            domains: { set: c.domains, removed: c.remove.filter((d) => current.domains.has(d) && !(d in c.domains)) },
          };
          states.push(committed(current, c.overwrite ? stageOverwrite(current, write) : stageAppend(current, write)));
        }
        const current = states.at(-1) ?? table();
        const old = states[Math.min(to, states.length - 1)] ?? table();
        const restored = applyStaged(current, stageRestore(current, old, details));
        expect(paths(restored)).toEqual(paths(old));
        expect(restored.metadata).toEqual(old.metadata);
        expect(restored.domains).toEqual(old.domains);
      }),
    );
  });
});

describe('a commit', () => {
  const base = stageAppend(table([file('a')]), { ...details, files: [file('b')] });
  const remove: Action = { remove: { path: 'zzz', dataChange: true } };
  const metaData: Action = { metaData: table().metadata };
  it.each<[string, readonly Action[]]>([
    [
      'one file twice',
      [...base.actions, { add: { path: '%62', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true } }],
    ],
    ['two metadata', [...base.actions, metaData, metaData]],
    ['a file added and removed', [...base.actions, { remove: { path: 'b', dataChange: true } }]],
    ['a file removed that is not there', [...base.actions, remove]],
    [
      'two of one application',
      [...base.actions, { txn: { appId: 'a', version: 1 } }, { txn: { appId: 'a', version: 2 } }],
    ],
    ['no commitInfo', base.actions.slice(1)],
    ['the commitInfo of another', [{ commitInfo: { txnId: 'other' } }, ...base.actions.slice(1)]],
  ])('with %s is refused', (_, actions) => {
    expect(() => checkStaged({ ...base, actions }, table([file('a')]))).toThrow(
      expect.objectContaining({ name: 'DeltaError' }),
    );
  });

  it('is applied only to the version that it was built on', () => {
    expect(() => applyStaged(undefined, base)).toThrow('was built on version 0');
  });
});
