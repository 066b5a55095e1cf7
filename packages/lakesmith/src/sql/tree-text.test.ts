import { expect, it } from 'vitest';
import { textOfTree, treeIn } from './tree-text.ts';

it('gives one tree to all who want it at the same time, and the same again when nobody has it', async () => {
  const tree = treeIn('{"a":[1,{"b":null}]}');
  const first = tree();
  expect(first).toEqual({ a: [1, { b: null }] });
  expect(tree()).toBe(first);
  await new Promise((resolve) => setImmediate(resolve));
  expect(tree()).toEqual({ a: [1, { b: null }] });
});

it('is the text that it was made from, or another tree written down', () => {
  expect(textOfTree(treeIn('{ "a": 1 }'))).toBe('{ "a": 1 }');
  expect(textOfTree(() => ({ a: 1 }))).toBe('{"a":1}');
});
