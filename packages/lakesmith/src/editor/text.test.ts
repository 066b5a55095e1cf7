import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, MessageReader } from './framing.ts';
import { applyChanges, offsetAt, positionAt } from './text.ts';

const text = fc
  .array(fc.constantFrom('a', '😀', '\n', '\r\n', 'é', ' '), { maxLength: 30 })
  .map((parts) => parts.join(''));

describe('positions', () => {
  it('count UTF-16 units and stay within their line', () => {
    expect(offsetAt('a😀b\r\nc', { line: 0, character: 3 })).toBe(3);
    expect(offsetAt('a😀b\r\nc', { line: 0, character: 99 })).toBe(4);
    expect(offsetAt('a😀b\r\nc', { line: 9, character: 0 })).toBe(7);
    expect(positionAt('a😀b\r\nc', 7)).toEqual({ line: 1, character: 1 });
  });

  it('come back from offsets, and changes are what a splice does', () => {
    fc.assert(
      fc.property(text, text, fc.nat(40), fc.nat(10), (all, put, from, length) => {
        const start = Math.min(from, all.length);
        const end = Math.min(start + length, all.length);
        const splits = (at: number): boolean => all[at - 1] === '\r' && all[at] === '\n';
        fc.pre(!splits(start) && !splits(end));
        expect(offsetAt(all, positionAt(all, start))).toBe(start);
        const range = { start: positionAt(all, start), end: positionAt(all, end) };
        expect(applyChanges(all, [{ range, text: put }])).toBe(all.slice(0, start) + put + all.slice(end));
      }),
    );
  });
});

describe('framing', () => {
  it('finds the messages in a stream that is cut anywhere', () => {
    const messages = [{ a: '😀' }, { b: [1, 2] }, {}];
    const bytes = Buffer.concat([Buffer.from('X-Nothing: 1\r\n\r\n'), ...messages.map(frame)]);
    for (let size = 1; size < bytes.length; size += 1) {
      const reader = new MessageReader();
      const found = [];
      for (let at = 0; at < bytes.length; at += size) found.push(...reader.push(bytes.subarray(at, at + size)));
      expect(found).toEqual(messages.map((message) => ({ ok: true, message })));
    }
  });

  it('goes on after a message that is no JSON', () => {
    const bytes = Buffer.concat([Buffer.from('content-length: 2\r\n\r\n{]'), frame({ a: 1 })]);
    expect(new MessageReader().push(bytes).map(({ ok }) => ok)).toEqual([false, true]);
  });
});
