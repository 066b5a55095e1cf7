import { describe, expect, it } from 'vitest';
import type { TableQuestion } from './question-round.ts';
import { QuestionRound, wordOf, wordsIn } from './question-round.ts';

function question(sql: string, tables: Readonly<Record<string, string>>): TableQuestion {
  return { tables: new Map(Object.entries(tables)), words: wordsIn(sql) };
}

/** Which of these questions are answered together with the first. */
function together(...questions: readonly TableQuestion[]): readonly boolean[] {
  const round = new QuestionRound();
  return questions.map((one) => round.add(one));
}

const ofA = question('select id from silver.a', { 'silver.a': 'id BIGINT' });

describe('questions about columns', () => {
  it('are answered together over the same tables and over others', () => {
    const both = question('select * from silver.a, silver.b', { 'silver.a': 'id BIGINT', 'silver.b': 'n INTEGER' });
    expect(together(ofA, ofA, both, question('from silver.b', { 'silver.b': 'n INTEGER' }))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('wait when they mean another table by the same name', () => {
    expect(together(ofA, question('select id from silver.a', { 'silver.a': 'id INTEGER' }))).toEqual([true, false]);
  });

  it('wait when they speak of a table that is another question’s, whichever comes first', () => {
    const speaks = question('select a.id from silver.b as A', { 'silver.b': 'id BIGINT' });
    expect(together(ofA, speaks)).toEqual([true, false]);
    expect(together(speaks, ofA)).toEqual([true, false]);
  });

  it('wait when a table has the last word of one that another question needs in another layer', () => {
    const gold = question('select id from gold.a', { 'gold.a': 'id BIGINT' });
    expect(together(ofA, gold)).toEqual([true, false]);
  });

  it('wait also when the table is needed by a question whose SQL does not spell it', () => {
    const speaks = question('select 1 as a from silver.b', { 'silver.b': 'id BIGINT' });
    const silent = question('from silver.b', { 'silver.b': 'id BIGINT', 'silver.a': 'id BIGINT' });
    expect(together(speaks, silent)).toEqual([true, false]);
    expect(together(silent, speaks)).toEqual([true, false]);
  });
});

it('knows a table by its last word', () => {
  expect(wordOf('silver."Größe"')).toBe('größe');
  expect(wordOf('silver.a b')).toBe('b');
});
