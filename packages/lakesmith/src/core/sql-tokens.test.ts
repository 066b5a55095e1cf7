import { describe, expect, it } from 'vitest';
import { splitList } from './sql-list.ts';
import { nameOf, sqlTokens } from './sql-tokens.ts';

const texts = (sql: string): readonly string[] => sqlTokens(sql).tokens.map((token) => token.text);

describe('sqlTokens', () => {
  it.each([
    ["a -- when, '\n b", ['a', 'b']],
    ['a /* x /* y */ when */ b', ['a', 'b']],
    ["'it''s' E'a\\'b' $$ ' $$ $q$ $$ $q$", ["'it''s'", "E'a\\'b'", "$$ ' $$", '$q$ $$ $q$']],
    ['"a""b" `c``d` größe', ['"a""b"', '`c``d`', 'größe']],
    ['1.5e3>=a.b', ['1.5e3', '>', '=', 'a', '.', 'b']],
  ])('%s', (sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  it('knows what stands in brackets and in CASE', () => {
    const { tokens, closed } = sqlTokens("case when (a) then [b, {'c': 1}] end, s.case");
    expect(closed).toBe(true);
    const told = tokens.map(({ text, depth, inCase }) => `${text}${depth}${inCase ? 'c' : ''}`);
    expect(told.join(' ')).toBe(
      "case0 when0c (0c a1c )0c then0c [0c b1c ,1c {1c 'c'2c :2c 12c }1c ]0c end0 ,0 s0 .0 case0",
    );
  });

  it.each(['(a', 'a)', 'a) or (b', '(a]', 'case when a then b', 'a) + (b'])('%s is not closed', (sql) => {
    expect(sqlTokens(sql).closed).toBe(false);
  });

  it('gives names as they are meant', () => {
    expect(sqlTokens('a "b""c" `d``e` 1').tokens.map(nameOf)).toEqual(['a', 'b"c', 'd`e', undefined]);
  });
});

describe('splitList', () => {
  it('splits at commas that stand alone', () => {
    expect(splitList("a = f(b, c), d = {'x': 1, 'y': [2, 3]}, e = ',' -- , \n, f")).toEqual([
      'a = f(b, c)',
      " d = {'x': 1, 'y': [2, 3]}",
      " e = ',' -- , \n",
      ' f',
    ]);
    expect(splitList('case VARCHAR, end DATE')).toEqual(['case VARCHAR', ' end DATE']);
  });
});
