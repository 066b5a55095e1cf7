import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
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

const path = (): string => join(folder, '.lakesmith', 'understood');
const open = (stamp = 'program 1'): KeptMemory => new KeptMemory(path(), stamp);

function written(): void {
  const memory = open();
  memory.keep('a', new Map([['x', { big: 9007199254740993n }]]));
  memory.save();
}

describe('a memory in a file', () => {
  it('gives what was kept, as it was', () => {
    written();
    expect(open().recall('a')).toEqual(new Map([['x', { big: 9007199254740993n }]]));
    expect(open().recall('b')).toBeUndefined();
    expect(readdirSync(join(folder, '.lakesmith'))).toEqual(['understood']);
  });

  it('begins anew for another program, and after half a file', () => {
    written();
    expect(open('program 2').recall('a')).toBeUndefined();
    truncateSync(path(), 20);
    expect(open().recall('a')).toBeUndefined();
    writeFileSync(path(), 'something else');
    expect(open().recall('a')).toBeUndefined();
    written();
    expect(open().recall('a')).toBeDefined();
  });

  it('writes nothing when nothing is new, and gives up where it cannot write', () => {
    open().save();
    expect(existsSync(path())).toBe(false);
    const nowhere = new KeptMemory(join(folder, 'file', 'understood'), '');
    writeFileSync(join(folder, 'file'), '');
    nowhere.keep('a', 1);
    nowhere.save();
    expect(nowhere.recall('a')).toBe(1);
  });

  it('forgets what nobody asks for while much else is kept', () => {
    written();
    for (let i = 0; i < 25; i += 1) {
      const memory = open();
      if (i < 10) memory.recall('a');
      memory.keep(`new ${i}`, i);
      memory.save();
    }
    expect(open().recall('a')).toBeDefined();
    const memory = open();
    memory.keep('one more', 1);
    memory.save();
    for (let i = 0; i < 21; i += 1) {
      const next = open();
      next.keep(`other ${i}`, i);
      next.save();
    }
    expect(open().recall('a')).toBeUndefined();
  });
});

it('makes keys that no two lists of texts have alike', () => {
  const keys = [memoryKey('a', 'b'), memoryKey('ab'), memoryKey('a', '', 'b'), memoryKey('1:a'), memoryKey('a')];
  expect(new Set(keys).size).toBe(keys.length);
});
