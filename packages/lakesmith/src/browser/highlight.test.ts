import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piecesOf } from './highlight.ts';

const told = (text: string, language: 'sql' | 'yaml'): readonly string[] =>
  piecesOf(text, language).flatMap(({ kind, text: piece }) => (kind === 'plain' ? [] : [`${kind} ${piece}`]));

describe('pieces of code', () => {
  it('are the text, whatever it is', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom("'", '"', '--', '/*', '*/', '\n', 'a', '.', '1', '$', '---', ':', '#', ' '))
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom('sql' as const, 'yaml' as const), (text, language) => {
        expect(
          piecesOf(text, language)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });

  it('tell names from words, texts and comments', () => {
    expect(told("select a, 'from' as b -- from\nfrom silver.orders where $n > 1.5", 'sql')).toEqual([
      'word select',
      'name a',
      "text 'from'",
      'word as',
      'name b',
      'comment -- from',
      'word from',
      'name silver.orders',
      'word where',
      'parameter $n',
      'number 1.5',
    ]);
  });

  it('see the settings in a comment', () => {
    expect(told('/* ---\nkey: id\n--- */\nselect 1', 'sql')).toEqual([
      'comment /* ---\n',
      'word key',
      'comment --- */',
      'word select',
      'number 1',
    ]);
  });

  it('tell the keys of YAML', () => {
    expect(told('files: "a#b" # of a\nkey: [id, 2]\n', 'yaml')).toEqual([
      'word files',
      'text "a#b"',
      'comment # of a',
      'word key',
      'number 2',
    ]);
  });
});
