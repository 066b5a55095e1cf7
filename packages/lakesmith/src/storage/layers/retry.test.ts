import { describe, expect, it } from 'vitest';
import { LakeError } from '../../core/errors.ts';
import { faultStore } from '../fault.ts';
import { openMemoryStore } from '../memory.ts';
import { objectStoreContract } from '../contract.test-suite.ts';
import { retryStore } from './retry.ts';
import { timeoutStore } from './timeout.ts';
import { type StoreTrace, traceStore } from './trace.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

objectStoreContract('a store with all layers', async () =>
  retryStore(
    timeoutStore(
      traceStore(openMemoryStore(), () => undefined),
      10_000,
    ),
  ),
);

describe('retryStore', () => {
  it('makes a put again that failed, and a put that happened does not lose against itself', async () => {
    for (const moment of ['before', 'after'] as const) {
      const fault = faultStore(openMemoryStore());
      const store = retryStore(fault.store, { pauseMs: 1 });
      fault.failAt(1, moment);
      expect((await store.putIfAbsent('x', bytes('1'))).kind).toBe('stored');
      fault.reset();
      const etag = (await store.head('x'))?.etag ?? '';
      fault.reset();
      fault.failAt(1, moment);
      const outcome = await store.putIfMatch('x', bytes('2'), etag);
      expect(outcome).toEqual({ kind: 'stored', etag: (await store.head('x'))?.etag });
    }
  });

  it('says refused when another was faster while it failed', async () => {
    const inner = openMemoryStore();
    const fault = faultStore(inner);
    const store = retryStore(fault.store, { pauseMs: 1 });
    fault.failAt(1, 'before');
    const put = store.putIfAbsent('x', bytes('mine'));
    await inner.putIfAbsent('x', bytes('yours'));
    expect(await put).toEqual({ kind: 'refused' });
  });

  it('does not repeat what is not safe, and gives up in the end', async () => {
    const fault = faultStore(openMemoryStore());
    const store = retryStore(fault.store, { attempts: 3, pauseMs: 1 });
    fault.failAt(1, 'before', () => new LakeError('LS3101', 'The disk is full.'));
    await expect(store.put('x', bytes('1'))).rejects.toThrow('The disk is full.');
    expect(fault.steps).toHaveLength(1);
    fault.reset();
    fault.dieAt(1, 'before');
    await expect(store.get('x')).rejects.toMatchObject({ retry: 'exhausted' });
    expect(fault.steps).toHaveLength(3);
  });

  it('goes on listing after the last object it gave', async () => {
    const inner = openMemoryStore();
    for (const name of ['a', 'b', 'c', 'd']) await inner.put(name, bytes(name));
    for (let step = 1; step <= 5; step += 1) {
      const fault = faultStore(inner);
      fault.failAt(step, 'before');
      const listed: string[] = [];
      for await (const { path } of retryStore(fault.store, { pauseMs: 1 }).list('')) listed.push(path);
      expect(listed).toEqual(['a', 'b', 'c', 'd']);
    }
  });
});

describe('timeoutStore', () => {
  it('fails a call that never ends, and says that it may be tried again', async () => {
    const hanging = { ...openMemoryStore(), get: () => new Promise<undefined>(() => undefined) };
    await expect(timeoutStore(hanging, 5).get('x')).rejects.toMatchObject({ code: 'LS3103', retry: 'safe' });
  });
});

describe('traceStore', () => {
  it('tells of calls and of their errors', async () => {
    const traces: StoreTrace[] = [];
    const fault = faultStore(openMemoryStore());
    const store = traceStore(fault.store, (trace) => traces.push(trace));
    await store.put('x', bytes('1'));
    fault.failAt(2, 'before');
    await expect(store.get('x')).rejects.toThrow('on purpose');
    expect(traces.map(({ call, path, error }) => [call, path, error === undefined])).toEqual([
      ['put', 'x', true],
      ['get', 'x', false],
    ]);
  });
});
