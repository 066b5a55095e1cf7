import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryKey } from '../core/memory.ts';
import { KeptMemory } from './kept-memory.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-memory-'));
});
afterEach(() => rm(folder, { recursive: true }));

const path = (): string => join(folder, '.lakesmith', 'memory');
const open = (stamp = 'program 1'): KeptMemory => new KeptMemory(path(), stamp);
const files = (): string[] => readdirSync(path()).map((name) => join(path(), name));

/** Keeps a value as another run of the program would. */
function keep(key: string, value: unknown, stamp?: string): void {
  const memory = open(stamp);
  memory.keep(key, value);
  memory.save();
}

const written = (): void => keep('a', new Map([['x', { big: 9007199254740993n }]]));

describe('a memory in a folder', () => {
  it('gives what was kept, as it was', () => {
    written();
    expect(open().recall('a')).toEqual(new Map([['x', { big: 9007199254740993n }]]));
    expect(open().recall('b')).toBeUndefined();
    expect(files()).toHaveLength(1);
  });

  it('gives each of many values, of several files, and after they were put together', () => {
    const values = Array.from({ length: 40 }, (_, i) => ({ key: `key ${i}`, value: { i, text: 'x'.repeat(i * 7) } }));
    for (const [i, { key, value }] of values.entries()) {
      const memory = open();
      memory.keep(key, value);
      if (i % 3 === 0) memory.keep(`${key} again`, [value]);
      memory.save();
      expect(memory.recall(key)).toEqual(value);
    }
    expect(files().length).toBeLessThanOrEqual(9);
    const memory = open();
    for (const { key, value } of values.slice(20)) expect(memory.recall(key)).toEqual(value);
    expect(memory.recall('key 39 again')).toEqual([values[39]?.value]);
    expect(memory.recall('key')).toBeUndefined();
  });

  it('begins anew for another program, and after half a file', () => {
    written();
    expect(open('program 2').recall('a')).toBeUndefined();
    for (const file of files()) truncateSync(file, readFileSync(file).length - 1);
    expect(open().recall('a')).toBeUndefined();
    for (const file of files()) writeFileSync(file, 'something else');
    expect(open().recall('a')).toBeUndefined();
    written();
    expect(open().recall('a')).toBeDefined();
    // What nobody can read is gone.
    expect(files()).toHaveLength(1);
  });

  it('keeps what two programs write at once', () => {
    const [one, other] = [open(), open()];
    one.keep('a', 1);
    other.keep('b', 2);
    other.recall('a');
    one.save();
    other.save();
    expect([open().recall('a'), open().recall('b')]).toEqual([1, 2]);
  });

  it('writes nothing when nothing is new, and gives up where it cannot write', () => {
    open().save();
    expect(existsSync(path())).toBe(false);
    const nowhere = new KeptMemory(join(folder, 'file', 'memory'), '');
    writeFileSync(join(folder, 'file'), '');
    nowhere.keep('a', 1);
    nowhere.save();
    expect(nowhere.recall('a')).toBe(1);
  });

  it('forgets what nobody asks for while much else is kept, and nothing that somebody asks for now and then', () => {
    written();
    keep('asked', 1);
    for (let i = 0; i < 250; i += 1) {
      keep(`new ${i}`, i);
      if (i % 60 !== 0) continue;
      const memory = open();
      expect(memory.recall('asked')).toBe(1);
      memory.save();
    }
    expect(open().recall('a')).toBeUndefined();
    expect(open().recall('asked')).toBe(1);
    expect(open().recall('new 249')).toBe(249);
  });
});

it('makes keys that no two lists of texts have alike', () => {
  const keys = [memoryKey('a', 'b'), memoryKey('ab'), memoryKey('a', '', 'b'), memoryKey('1:a'), memoryKey('a')];
  expect(new Set(keys).size).toBe(keys.length);
});
