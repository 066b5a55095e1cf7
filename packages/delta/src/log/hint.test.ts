import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { md5 } from '../md5.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { checksumOf, readCheckpointHint } from './hint.ts';
import { LAST_CHECKPOINT_PATH } from './names.ts';

async function hintOf(text: string): Promise<unknown> {
  const io = new MemoryIo();
  io.write(LAST_CHECKPOINT_PATH, text);
  return readCheckpointHint(io.store);
}

describe('md5', () => {
  it('is what everyone computes, for every length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(md5(bytes)).toBe(createHash('md5').update(bytes).digest('hex'));
      }),
      { numRuns: 500 },
    );
  });
});

describe('checksumOf', () => {
  it('is that of the example in the protocol', () => {
    const hint = {
      k0: "'v 0'",
      checksum: 'adsaskfljadfkjadfkj',
      k1: { k2: 2, k3: ['v3', [1, 2], { k4: 'v4', k5: ['v5', 'v6', 'v7'] }] },
    };
    expect(checksumOf(hint)).toBe('6a92d155a59bf2eecbd4b4ec7fd1f875');
  });

  it('puts the eleventh item of a list where Spark puts it: before the second', () => {
    const list = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];
    const order = [0, 10, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const form = order.map((i) => `"features"+${i}="${list[i] ?? ''}"`).join(',');
    expect(checksumOf({ version: 17, features: list })).toBe(
      createHash('md5').update(`${form},"version"=17`).digest('hex'),
    );
  });
});

describe('readCheckpointHint', () => {
  it('is read anew where the file says something else', async () => {
    const io = new MemoryIo();
    for (const version of [10, 20, 10]) {
      io.write(LAST_CHECKPOINT_PATH, JSON.stringify({ version, size: 1 }));
      expect(await readCheckpointHint(io.store)).toMatchObject({ version, fault: undefined });
    }
    io.write(LAST_CHECKPOINT_PATH, '{');
    expect(await readCheckpointHint(io.store)).toMatchObject({ version: undefined, fault: 'not-json' });
  });

  it('makes no text of what is absurdly long', async () => {
    const io = new MemoryIo();
    io.objects.set(LAST_CHECKPOINT_PATH, { bytes: new Uint8Array(600 * 1024 * 1024), modifiedMs: 1 });
    expect(await readCheckpointHint(io.store)).toMatchObject({ version: undefined, fault: 'not-json' });
  });

  const right = { version: 7, size: 3, parts: 2 };

  it('believes a hint whose checksum is right or absent', async () => {
    const believed = { version: 7, parts: 2, fault: undefined };
    expect(await hintOf(JSON.stringify(right))).toEqual(believed);
    expect(await hintOf(JSON.stringify({ ...right, checksum: checksumOf(right) }))).toEqual(believed);
    expect(await readCheckpointHint(new MemoryIo().store)).toEqual({
      ...believed,
      version: undefined,
      parts: undefined,
    });
  });

  it.each([
    ['', 'not-json'],
    ['{"version":', 'not-json'],
    ['[1]', 'not-json'],
    ['{}', 'no-version'],
    ['{"version":-1}', 'no-version'],
    ['{"version":1.5}', 'no-version'],
    ['{"version":99999999999999999999}', 'no-version'],
    [JSON.stringify({ ...right, version: 8, checksum: checksumOf(right) }), 'checksum'],
  ])('disregards %s', async (text, fault) => {
    expect(await hintOf(text)).toEqual({ version: undefined, parts: undefined, fault });
  });
});
