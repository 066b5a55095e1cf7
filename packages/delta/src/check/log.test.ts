import { describe, expect, it } from 'vitest';
import { checksumOf } from '../log/hint.ts';
import { LAST_CHECKPOINT_PATH, checkpointPath, checksumPath, commitPath, versionPrefix } from '../log/names.ts';
import { writeCheckpoint } from '../log/checkpoint.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { checkLog } from './log.ts';

type Row = Readonly<Record<string, unknown>>;

const field = (name: string, type: unknown = 'long', metadata: Row = {}): Row => ({
  name,
  type,
  nullable: true,
  metadata,
});
const struct = (...fields: Row[]): Row => ({ type: 'struct', fields });
const protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['deletionVectors', 'columnMapping'],
  writerFeatures: ['deletionVectors', 'columnMapping'],
};
const metaData = (schema: Row = struct(field('a'), field('p', 'string')), more: Row = {}): Row => ({
  metaData: {
    id: 't',
    format: { provider: 'parquet' },
    schemaString: JSON.stringify(schema),
    partitionColumns: ['p'],
    configuration: {},
    ...more,
  },
});
const add = (path: string, more: Row = {}): Row => ({
  add: { path, partitionValues: { p: 'x' }, size: 5, modificationTime: 1, dataChange: true, ...more },
});
const text = (rows: readonly Row[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

function logOf(...commits: readonly (readonly Row[])[]): MemoryIo {
  const io = new MemoryIo();
  for (const [version, rows] of commits.entries()) io.write(commitPath(version), text(rows));
  return io;
}

const table = (...rows: readonly Row[]): readonly Row[] => [{ protocol }, metaData(), ...rows];

async function rules(io: MemoryIo): Promise<string[]> {
  return (await checkLog(io)).map(({ rule }) => rule);
}

describe('checkLog', () => {
  it('finds nothing in a table that is well', async () => {
    const vector = { storageType: 'u', pathOrInlineDv: 'x'.repeat(20), sizeInBytes: 1, cardinality: 1 };
    const stats = JSON.stringify({ numRecords: 2, minValues: { a: 1, gone: 'x' }, maxValues: { a: 2, p: null } });
    const io = logOf(table(add('a', { stats }), add('b', { stats, deletionVector: vector })), [add('c')], [add('d')]);
    await writeCheckpoint(io, await readSnapshot(io, { version: 1 }));
    io.write(`_delta_log/${versionPrefix(1)}.${versionPrefix(2)}.compacted.json`, text([add('d'), add('c')]));
    io.write(
      checksumPath(2),
      JSON.stringify({ numFiles: 4, tableSizeBytes: 20, protocol, metadata: metaData()['metaData'] }),
    );
    expect(await checkLog(io)).toEqual([]);
    io.objects.delete(commitPath(0));
    expect(await checkLog(io)).toEqual([]);
  });

  it('says when there is no table', async () => {
    expect(await rules(new MemoryIo())).toEqual(['no-table']);
  });

  it('finds gaps, which are worse after the last checkpoint', async () => {
    const io = logOf(table(), [add('a')], [add('b')], [add('c')]);
    await writeCheckpoint(io, await readSnapshot(io, { version: 2 }));
    io.objects.delete(commitPath(1));
    expect(await checkLog(io)).toMatchObject([{ rule: 'gap', severity: 'warning', version: 1 }]);
    io.objects.delete(checkpointPath(2));
    io.objects.delete(LAST_CHECKPOINT_PATH);
    expect(await checkLog(io)).toMatchObject([{ rule: 'gap', severity: 'error', version: 1 }]);
  });

  it.each<[string, readonly Row[]]>([
    ['a file twice', [add('b'), add('b')]],
    ['two metadata', [metaData(), metaData()]],
    ['a protocol that contradicts itself', [{ protocol: { minReaderVersion: 3, minWriterVersion: 2 } }]],
    ['a file without a path', [{ add: { size: 1 } }]],
  ])('finds a commit with %s', async (_, rows) => {
    expect(await checkLog(logOf(table(add('a')), rows))).toMatchObject([{ rule: 'commit-unusable', version: 1 }]);
  });

  it('holds checkpoints, compacted commits and checksums against the commits', async () => {
    const io = logOf(table(add('a')), [add('b')], [add('c')]);
    const compacted = `_delta_log/${versionPrefix(1)}.${versionPrefix(2)}.compacted.json`;
    io.write(compacted, text([add('b')]));
    io.write(checkpointPath(1), text([{ protocol }, metaData(), add('a'), add('b', { size: 6 })]).trimEnd());
    io.write(
      checksumPath(1),
      JSON.stringify({ numFiles: 3, tableSizeBytes: 10, protocol: { minReaderVersion: 1, minWriterVersion: 2 } }),
    );
    io.write(checksumPath(2), '{');
    const findings = await checkLog(io);
    expect(findings.map(({ rule, version }) => [rule, version])).toEqual([
      ['checkpoint-differs', 1],
      ['checksum-differs', 1],
      ['checksum-differs', 1],
      ['compacted-differs', 2],
      ['checksum-malformed', 2],
    ]);
    expect(findings[1]?.message).toContain('numFiles is 3, and the log gives 2');
    io.write(checkpointPath(1), '{');
    io.write(compacted, '');
    expect(await rules(io)).toEqual(expect.arrayContaining(['checkpoint-unusable', 'compacted-unusable']));
  });

  it('finds hints that mislead', async () => {
    const io = logOf(table());
    io.write(LAST_CHECKPOINT_PATH, '');
    expect(await rules(io)).toEqual(['hint-malformed']);
    const hint = { version: 5, size: 1 };
    io.write(LAST_CHECKPOINT_PATH, JSON.stringify({ ...hint, checksum: checksumOf(hint) }));
    expect(await rules(io)).toEqual(['hint-wrong']);
    io.write(LAST_CHECKPOINT_PATH, JSON.stringify({ ...hint, checksum: checksumOf({}) }));
    expect(await rules(io)).toEqual(['hint-malformed']);
  });

  const vector = { storageType: 'i', pathOrInlineDv: '0000000000', sizeInBytes: 8, cardinality: 1 };
  const stats = '{"numRecords":5}';
  it.each<[string, Row]>([
    ['path-outside', { path: '../a' }],
    ['partition-value-missing', { partitionValues: {} }],
    ['statistics-malformed', { stats: '{"numRecords":' }],
    ['statistics-malformed', { stats: '[]' }],
    ['row-count', { stats: '{"numRecords":-1}' }],
    ['bound-type', { stats: '{"minValues":{"a":"1"}}' }],
    ['bound-type', { stats: '{"maxValues":[]}' }],
    ['bound-type', { stats: '{"maxValues":{"p":1}}' }],
    ['row-count-missing', { deletionVector: vector }],
    ['vector-too-large', { stats, deletionVector: { ...vector, cardinality: 6 } }],
    ['vector-malformed', { stats, deletionVector: { ...vector, pathOrInlineDv: '000000' } }],
    ['vector-malformed', { stats, deletionVector: { ...vector, sizeInBytes: 9 } }],
    ['vector-malformed', { stats, deletionVector: { ...vector, offset: 1 } }],
    ['vector-malformed', { stats, deletionVector: { ...vector, storageType: 'u' } }],
    ['vector-malformed', { stats, deletionVector: { ...vector, storageType: 'p' } }],
  ])('finds of a file: %s', async (rule, more) => {
    expect(await rules(logOf(table(add('a', more))))).toEqual([rule]);
  });

  it('finds files that are in the table under two spellings, and with two deletion vectors', async () => {
    expect(await rules(logOf(table(add('x/a'), add('./x//a'))))).toEqual(['file-twice']);
    const io = logOf(table(add('a', { stats })), [add('a', { stats, deletionVector: vector })]);
    expect(await rules(io)).toEqual(['file-twice']);
  });

  const mapped = (id: unknown, name: unknown): Row => ({
    'delta.columnMapping.id': id,
    'delta.columnMapping.physicalName': name,
  });
  const mapping = {
    partitionColumns: [],
    configuration: { 'delta.columnMapping.mode': 'name', 'delta.columnMapping.maxColumnId': '3' },
  };
  it.each<[string, Row]>([
    ['invalid-schema', metaData(struct(field('p'), field('a'), field('A')))],
    [
      'invalid-schema',
      metaData(
        struct(
          field('p'),
          field('s', { type: 'array', containsNull: true, elementType: struct(field('a'), field('A')) }),
        ),
      ),
    ],
    ['partition-column', metaData(struct(field('a'), field('p', struct(field('x')))))],
    ['column-id-missing', metaData(struct(field('a', 'long', mapped(undefined, 'x'))), mapping)],
    [
      'column-id-twice',
      metaData(struct(field('a', 'long', mapped(1, 'x')), field('b', 'long', mapped(1, 'y'))), mapping),
    ],
    ['column-id-above-maximum', metaData(struct(field('a', 'long', mapped(4, 'x'))), mapping)],
    ['physical-name-missing', metaData(struct(field('a', 'long', mapped(1, undefined))), mapping)],
    [
      'physical-name-twice',
      metaData(struct(field('a', 'long', mapped(1, 'x')), field('b', 'long', mapped(2, 'x'))), mapping),
    ],
  ])('finds of the schema: %s', async (rule, row) => {
    expect(await rules(logOf([{ protocol }, row]))).toEqual([rule]);
  });

  it('counts what it finds too often', async () => {
    const io = logOf(table(...Array.from({ length: 50 }, (_, n) => add(String(n), { stats: 'x' }))));
    const findings = await checkLog(io);
    expect(findings).toHaveLength(21);
    expect(findings.at(-1)?.message).toContain('30 more');
  });
});
