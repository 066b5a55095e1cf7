import { LakeError } from '../core/errors.ts';
import { splitList } from '../core/sql-list.ts';
import { nameOf, sqlTokens } from '../core/sql-tokens.ts';

/** One `a = a + 1`. */
export interface Assignment {
  readonly column: string;
  /** SQL. */
  readonly value: string;
}

/** The parts of `a = a + 1, t.b = 'x'`; `alias`: what may stand before a column. */
export function parseAssignments(text: string, alias: string): readonly Assignment[] {
  const assignments = splitList(text).map((part): Assignment => {
    const { tokens } = sqlTokens(part);
    const at = tokens.findIndex((token) => token.text === '=');
    const names = tokens
      .slice(0, at)
      .map((token, i) => (i % 2 === 0 ? nameOf(token) : token.text === '.' ? '.' : undefined));
    const [first, , second] = names;
    const isQualified = names.length === 3 && first?.toLowerCase() === alias.toLowerCase();
    const column = names.includes(undefined)
      ? undefined
      : names.length === 1
        ? first
        : isQualified
          ? second
          : undefined;
    const value = at < 0 ? '' : part.slice(tokens[at]?.end);
    if (column === undefined || value.trim() === '')
      throw new LakeError('LS4001', `"${part.trim()}" sets no column: write a = a + 1, b = 'x'.`);
    return { column, value };
  });
  const seen = new Set<string>();
  for (const { column } of assignments) {
    if (seen.has(column.toLowerCase())) throw new LakeError('LS4001', `The column ${column} is set twice.`);
    seen.add(column.toLowerCase());
  }
  return assignments;
}
