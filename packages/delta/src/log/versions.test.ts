import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../actions.ts';
import { serializeJson } from '../json.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { serializeCommit } from './commit-file.ts';
import { commitPath, versionPrefix } from './names.ts';

const uuid = '80a083e8-7026-4e79-81be-64bd76c43a11';
const protocol = (...readerFeatures: string[]): Action => ({
  protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures, writerFeatures: readerFeatures },
});
const metaData: Action = {
  metaData: {
    id: 'table',
    format: { provider: 'parquet', options: {} },
    schemaString: '{"type":"struct","fields":[]}',
    partitionColumns: [],
    configuration: {},
  },
};
const add = (path: string): Action => ({
  add: { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true },
});
const remove = (path: string): Action => ({ remove: { path, deletionTimestamp: 1, dataChange: true } });
const text = (rows: readonly unknown[]): string => rows.map((row) => `${serializeJson(row)}\n`).join('');

/** A log of three commits; commit n adds file n. */
function threeCommits(): MemoryIo {
  const io = new MemoryIo();
  io.write(commitPath(0), text([protocol('v2Checkpoint'), metaData, add('0')]));
  io.write(commitPath(1), text([add('1'), { commitInfo: { timestamp: 111 } }]));
  io.write(commitPath(2), text([{ commitInfo: { timestamp: 222 } }, add('2')]));
  return io;
}

async function files(io: MemoryIo, version?: number): Promise<string> {
  const snapshot = await readSnapshot(io, version === undefined ? {} : { version });
  return [...snapshot.files.keys()].sort().join(' ');
}

describe('checkpoints of the V2 spec', () => {
  const mark = { checkpointMetadata: { version: 1 } };
  const sidecar = (path: unknown): unknown => ({ sidecar: { path, sizeInBytes: 1, modificationTime: 1 } });
  const place = (name: string): string => `_delta_log/_sidecars/${name}`;
  const names = {
    classic: `_delta_log/${versionPrefix(1)}.checkpoint.parquet`,
    json: `_delta_log/${versionPrefix(1)}.checkpoint.${uuid}.json`,
    parquet: `_delta_log/${versionPrefix(1)}.checkpoint.${uuid}.parquet`,
  };

  it.each(Object.entries(names))('are read with their sidecars: %s', async (_, name) => {
    const io = threeCommits();
    const rows = [mark, protocol('v2Checkpoint'), metaData];
    io.write(
      name,
      text([...rows, sidecar('s%201.parquet'), sidecar(`s3://elsewhere/_delta_log/_sidecars/s2.parquet`)]),
    );
    io.write(place('s 1.parquet'), text([add('from 1')]));
    io.write(place('s2.parquet'), text([add('from 2'), remove('gone')]));
    expect(await files(io)).toBe('2 from 1 from 2');
    expect(await files(io, 1)).toBe('from 1 from 2');
    io.objects.delete(commitPath(0));
    io.objects.delete(commitPath(1));
    expect(await files(io)).toBe('2 from 1 from 2');
  });

  it('are read with their files in themselves', async () => {
    const io = threeCommits();
    io.write(names.json, text([mark, protocol('v2Checkpoint'), metaData, add('x')]));
    expect(await files(io)).toBe('2 x');
  });

  const good = [mark, protocol('v2Checkpoint'), metaData, sidecar('s.parquet')];
  it.each<[string, readonly unknown[]]>([
    ['a sidecar missing', [...good, sidecar('missing.parquet')]],
    ['no mark', good.slice(1)],
    ['the mark of another version', [{ checkpointMetadata: { version: 2 } }, ...good.slice(1)]],
    ['files in two places', [...good, add('x')]],
    ['a file twice', [mark, protocol('v2Checkpoint'), metaData, add('x'), add('%78')]],
    ['two protocols', [...good, protocol()]],
    ['a sidecar that leaves its folder', [...good, sidecar('..%2F..%2Fx.parquet')]],
    ['a sidecar without a path', [...good, sidecar(5)]],
    ['a sidecar that holds more than files', [...good.slice(0, 3), sidecar('odd.parquet')]],
    ['a row that is no object', [...good, 5]],
  ])('are passed over with %s; without another way, the log is damaged', async (_, rows) => {
    const io = threeCommits();
    io.write(place('s.parquet'), text([add('s')]));
    io.write(place('odd.parquet'), text([metaData]));
    io.write(names.json, text(rows));
    expect(await files(io)).toBe('0 1 2');
    io.objects.delete(commitPath(0));
    await expect(files(io)).rejects.toMatchObject({ code: 'log-corrupt', context: { path: names.json } });
  });

  it('may have another of the same version that can be read', async () => {
    const io = threeCommits();
    io.write(names.json, '{"checkpointMet');
    io.write(names.classic, text([protocol('v2Checkpoint'), metaData, add('x')]));
    io.objects.delete(commitPath(0));
    expect(await files(io)).toBe('2 x');
  });

  it('give statistics that are there in columns only', async () => {
    const io = threeCommits();
    const parsed = { numRecords: 3, minValues: { a: 9007199254740993n, b: null }, maxValues: { a: '2024-01-01' } };
    const file = { path: 'x', partitionValues: {}, size: 1, modificationTime: 1, dataChange: false };
    io.write(
      names.classic,
      text([protocol(), metaData, { add: { ...file, stats_parsed: parsed, partitionValues_parsed: {} } }]),
    );
    expect((await readSnapshot(io, { version: 1 })).files.get('x')).toEqual({
      ...file,
      stats: '{"numRecords":3,"minValues":{"a":9007199254740993},"maxValues":{"a":"2024-01-01"}}',
    });
  });
});

describe('names that promise too much', () => {
  it('are not believed', async () => {
    const io = threeCommits();
    io.write(`_delta_log/${versionPrefix(1)}.checkpoint.0000000001.9999999999.parquet`, text([add('x')]));
    io.write(`_delta_log/${versionPrefix(1)}.checkpoint.0000000000.0000000000.parquet`, text([add('x')]));
    io.write(`_delta_log/${versionPrefix(2)}.${versionPrefix(1)}.compacted.json`, text([add('x')]));
    expect(await files(io)).toBe('0 1 2');
    io.write(commitPath(Number.MAX_SAFE_INTEGER), text([add('x')]));
    await expect(files(io)).rejects.toMatchObject({ code: 'log-corrupt', context: { version: 3 } });
    expect(await files(io, 2)).toBe('0 1 2');
  });
});

describe('compacted commits', () => {
  const compacted = (from: number, to: number): string =>
    `_delta_log/${versionPrefix(from)}.${versionPrefix(to)}.compacted.json`;

  it('stand for their commits where they fit, and leave the time of a version as it is', async () => {
    const io = threeCommits();
    io.write(compacted(1, 2), text([add('compacted'), remove('0')]));
    expect(await files(io)).toBe('compacted');
    expect(await files(io, 1)).toBe('0 1');
    expect((await readSnapshot(io)).timestampMs).toBe(222);
    const base = await readSnapshot(io, { version: 0 });
    expect([...(await readSnapshot(io, { base })).files.keys()]).toEqual(['compacted']);
    await writeCheckpoint(io, await readSnapshot(io, { version: 1 }));
    expect(await files(io)).toBe('0 1 2');
  });

  it('are passed over when they are damaged, and when they are gone', async () => {
    const io = threeCommits();
    io.write(compacted(1, 2), `${text([add('x')])}{"add":`);
    expect(await files(io)).toBe('0 1 2');
    const base = await readSnapshot(io, { version: 0 });
    expect((await readSnapshot(io, { base })).files.size).toBe(3);
    io.before = (call, path) => {
      if (call === 'get' && path === compacted(1, 2)) io.objects.delete(path);
    };
    expect(await files(io)).toBe('0 1 2');
    io.before = undefined;
    io.write(compacted(1, 2), '');
    io.objects.delete(commitPath(1));
    await expect(files(io)).rejects.toMatchObject({ code: 'log-corrupt', context: { path: compacted(1, 2) } });
  });

  it('give what their commits give', async () => {
    const change = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 3, maxLength: 6 }), fc.nat(), fc.nat(), async (commits, x, y) => {
        const io = threeCommits();
        const actions = commits.map((changes) =>
          [...new Map(changes)].map(([name, isAdd]) => (isAdd ? add(name) : remove(name))),
        );
        for (const [index, some] of actions.entries())
          io.write(commitPath(3 + index), text([{ commitInfo: {} }, ...some]));
        const expected = await files(io);
        const from = 3 + (x % (commits.length - 1));
        const to = from + 1 + (y % (2 + commits.length - from));
        const last = new Map(
          actions
            .slice(from - 3, to - 2)
            .flat()
            .map((action) => [
              'add' in action ? action.add.path : 'remove' in action ? action.remove.path : '',
              action,
            ]),
        );
        io.write(compacted(from, to), text([{ newAction: {} }, ...last.values()]));
        expect(await files(io)).toBe(expected);
      }),
    );
  });
});

describe('metadata', () => {
  const withMetadata = (more: object): MemoryIo => {
    const io = new MemoryIo();
    const known = 'metaData' in metaData ? metaData.metaData : {};
    const schemaString =
      '{"type":"struct","fields":[{"name":"p","type":"long","nullable":true,"metadata":{}},{"name":"q","type":"long","nullable":true,"metadata":{}}]}';
    io.write(commitPath(0), text([protocol(), { metaData: { ...known, schemaString, ...more } }]));
    return io;
  };

  it.each([
    ['unsupported-feature', { format: { provider: 'orc' } }],
    ['log-corrupt', { format: {} }],
    ['invalid-schema', { partitionColumns: ['x'] }],
    ['invalid-schema', { partitionColumns: ['p', 'p'] }],
    ['invalid-schema', { schemaString: '{"type":"struct","fields":' }],
  ])('is refused as %s: %o', async (code, more) => {
    await expect(readSnapshot(withMetadata(more))).rejects.toMatchObject({ code });
  });

  it('may name the format in any letters, and partition columns', async () => {
    const io = withMetadata({ format: { provider: 'PARQUET' }, partitionColumns: ['q', 'p'] });
    expect((await readSnapshot(io)).metadata.partitionColumns).toEqual(['q', 'p']);
  });
});

describe('tables that a catalog manages', () => {
  const staged = (version: number): string => `_staged_commits/${versionPrefix(version)}.${uuid}.json`;
  function managed(): MemoryIo {
    const io = new MemoryIo();
    io.write(commitPath(0), text([protocol('catalogManaged'), metaData, add('0')]));
    io.write(commitPath(1), text([add('published')]));
    io.write(`_delta_log/${staged(1)}`, text([{ commitInfo: { inCommitTimestamp: 77 } }, add('ratified')]));
    io.write(`_delta_log/${staged(2)}`, text([add('2')]));
    return io;
  }
  const read = async (io: MemoryIo, stagedCommits: readonly string[], version?: number): Promise<string[]> => {
    const options = { stagedCommits, ...(version === undefined ? {} : { version }) };
    return [...(await readSnapshot(io, options)).files.keys()];
  };

  it('are refused without the catalog', async () => {
    await expect(readSnapshot(managed())).rejects.toMatchObject({
      code: 'unsupported-feature',
      context: { features: 'catalogManaged' },
    });
  });

  it('are read with the commits that it ratified, before those that were published', async () => {
    const io = managed();
    expect(await read(io, [])).toEqual(['0', 'published']);
    expect(await read(io, [staged(1)])).toEqual(['0', 'ratified']);
    expect(await read(io, [staged(1), `_delta_log/${staged(2)}`])).toEqual(['0', 'ratified', '2']);
    expect(await read(io, [staged(1), staged(2)], 0)).toEqual(['0']);
    const base = await readSnapshot(io, { stagedCommits: [staged(1)] });
    expect(base.timestampMs).toBe(77);
    expect((await readSnapshot(io, { stagedCommits: [staged(2)], base })).files.size).toBe(3);
  });

  it('are refused to those who go on from an older version without the catalog', async () => {
    const io = threeCommits();
    const base = await readSnapshot(io);
    io.write(commitPath(3), text([protocol('catalogManaged')]));
    await expect(readSnapshot(io, { base })).rejects.toMatchObject({ code: 'unsupported-feature' });
    const managedBase = await readSnapshot(io, { stagedCommits: [] });
    await expect(readSnapshot(io, { base: managedBase })).rejects.toMatchObject({ code: 'unsupported-feature' });
  });

  it('have no gaps, no commits that are not there, and no files of other folders', async () => {
    const io = managed();
    io.objects.delete(commitPath(1));
    await expect(read(io, [staged(2)])).rejects.toMatchObject({ code: 'log-corrupt', context: { version: 1 } });
    await expect(read(io, [staged(1), staged(3)])).rejects.toMatchObject({ code: 'log-corrupt' });
    await expect(read(io, [`_staged_commits/../${commitPath(0)}`])).rejects.toMatchObject({ code: 'invalid-value' });
  });
});

describe('a log that does not change', () => {
  it('is not read again and again when it is damaged', async () => {
    const io = threeCommits();
    io.write(commitPath(2), '{"add":');
    let gets = 0;
    io.before = (call, path) => {
      if (call === 'get' && path === commitPath(2)) gets += 1;
    };
    await expect(readSnapshot(io)).rejects.toMatchObject({ code: 'log-corrupt' });
    expect(gets).toBe(1);
  });

  it('is read from another place when what comes after the base is damaged', async () => {
    const io = threeCommits();
    const base = await readSnapshot(io, { version: 0 });
    await writeCheckpoint(io, await readSnapshot(io));
    io.write(commitPath(1), '{"add":');
    expect((await readSnapshot(io, { base })).files.size).toBe(3);
  });

  it('is read again when it does', async () => {
    const io = threeCommits();
    io.write(commitPath(2), '{"add":');
    let lists = 0;
    io.before = (call) => {
      if (call === 'list' && (lists += 1) === 2) io.write(commitPath(2), text([add('2')]));
    };
    expect(await files(io)).toBe('0 1 2');
  });

  it('is read in one piece however large its commits are', async () => {
    const io = threeCommits();
    for (let v = 3; v < 200; v += 1)
      io.write(commitPath(v), new TextDecoder().decode(serializeCommit([add(String(v))])));
    expect((await readSnapshot(io)).files.size).toBe(200);
  });
});
