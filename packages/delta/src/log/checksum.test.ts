import { describe, expect, it } from 'vitest';
import { MemoryIo } from '../testing/memory-io.ts';
import { type VersionChecksum, readChecksum } from './checksum.ts';
import { checksumPath } from './names.ts';

async function read(text: string): Promise<VersionChecksum | undefined> {
  const io = new MemoryIo();
  io.write(checksumPath(3), text);
  return readChecksum(io, 3);
}

describe('readChecksum', () => {
  it('makes no text of what is absurdly long', async () => {
    const io = new MemoryIo();
    io.objects.set(checksumPath(3), { bytes: new Uint8Array(600 * 1024 * 1024), modifiedMs: 1 });
    expect(await readChecksum(io, 3)).toBeUndefined();
  });

  it('reads what is well formed', async () => {
    const protocol = { minReaderVersion: 1, minWriterVersion: 2 };
    const text = JSON.stringify({
      tableSizeBytes: 5259,
      numFiles: 10,
      numDeletedRecordsOpt: 1,
      numDeletionVectorsOpt: 2,
      inCommitTimestampOpt: 77,
      protocol,
      metadata: {
        id: 'x',
        format: { provider: 'parquet' },
        schemaString: '{}',
        partitionColumns: [],
        configuration: {},
      },
      setTransactions: [{ appId: 'a', version: 1, lastUpdated: null }],
      domainMetadata: [{ domain: 'd', configuration: '', removed: false }],
    });
    expect(await read(text)).toMatchObject({
      numFiles: 10,
      tableSizeBytes: 5259,
      numDeletedRecords: 1,
      numDeletionVectors: 2,
      inCommitTimestampMs: 77,
      protocol,
      metadata: { id: 'x' },
      txns: [{ appId: 'a', version: 1 }],
      domains: [{ domain: 'd' }],
    });
    expect((await read('{"tableSizeBytes":9223372036854775807}'))?.tableSizeBytes).toBe(9223372036854775807n);
  });

  it('leaves out what is not', async () => {
    const text =
      '{"numFiles":-1,"tableSizeBytes":"1","protocol":{"minReaderVersion":"x"},"metadata":5,"setTransactions":[{}]}';
    const { numFiles, tableSizeBytes, protocol, metadata, txns } = (await read(text)) ?? {};
    expect([numFiles, tableSizeBytes, protocol, metadata, txns]).toEqual(Array.from({ length: 5 }, () => undefined));
  });

  it.each(['', '{', '[]', 'null', '5'])('is nothing when the file is %j', async (text) => {
    expect(await read(text)).toBeUndefined();
  });
});
