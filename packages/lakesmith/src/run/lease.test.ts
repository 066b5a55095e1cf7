import { describe, expect, it } from 'vitest';
import { decodeJson, encodeJson } from '../core/json.ts';
import { openMemoryStore } from '../storage/memory.ts';
import { takeLease } from './lease.ts';

const path = '_lakesmith/lease.json';

describe('takeLease', () => {
  it('gives the lake to one holder at a time', async () => {
    const store = openMemoryStore();
    const lease = await takeLease(store);
    await expect(takeLease(store)).rejects.toMatchObject({ code: 'LS3302', retry: 'safe' });
    await lease.release();
    const next = await takeLease(store);
    expect(next.fence).toBe(lease.fence + 1);
    await next.release();
  });

  it('lets exactly one of many have a free lake', async () => {
    const store = openMemoryStore();
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => takeLease(store)));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.release();
  });

  it('takes over from a process of this machine that is gone, and from another machine that fell silent', async () => {
    const store = openMemoryStore();
    const lease = await takeLease(store);
    const held = decodeJson((await store.get(path)) ?? new Uint8Array()) as Record<string, unknown>;
    await lease.release();
    // No process has the highest id that a process can have.
    await store.put(path, encodeJson({ ...held, holder: 'gone', pid: 4_194_305 }));
    await (await takeLease(store)).release();
    await store.put(path, encodeJson({ ...held, holder: 'far', host: 'elsewhere', renewedMs: Date.now() - 3_600_000 }));
    await (await takeLease(store)).release();
    await store.put(path, encodeJson({ ...held, holder: 'far', host: 'elsewhere', renewedMs: Date.now() }));
    await expect(takeLease(store)).rejects.toMatchObject({ code: 'LS3302' });
  });

  it('tells a holder that another one took over', async () => {
    const store = openMemoryStore();
    const lease = await takeLease(store);
    await lease.check();
    await store.put(path, encodeJson({ holder: 'other', host: 'x', pid: 1, renewedMs: 0, fence: 9, state: 'held' }));
    await expect(lease.check()).rejects.toMatchObject({ code: 'LS3303' });
    await lease.release();
    expect(decodeJson((await store.get(path)) ?? new Uint8Array())).toMatchObject({ holder: 'other' });
  });
});
