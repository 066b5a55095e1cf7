import { describe, expect, it } from 'vitest';
import { splitSqlFile } from './settings-comment.ts';
import { sqlPlace } from './sql-place.ts';
import { entryOf, plainValue } from './yaml.ts';

const file = 'silver/orders.sql';

describe('a SQL file', () => {
  it('gives its settings, with places in the file', () => {
    const content =
      '-- One row per order,\n-- the latest.\n/* ---\nkey: [order_id,\n      line_no]\n--- */\nselect 1 as one;\n';
    const split = splitSqlFile(content, file);
    expect(split).toMatchObject({
      sql: 'select 1 as one',
      sqlStart: { line: 7, column: 1 },
      lead: 'One row per order, the latest.',
      diagnostics: [],
    });
    expect(split.settings === undefined ? undefined : plainValue(split.settings)).toEqual({
      key: ['order_id', 'line_no'],
    });
    const key = entryOf(split.settings, 'key')?.value;
    expect(key?.kind === 'list' ? key.items[1]?.place : undefined).toEqual({ file, line: 5, column: 7, length: 7 });
  });

  it.each([
    ['no settings', 'select 1 as one\n', 'select 1 as one', 1, 1],
    ['leading comments stay', '-- a\nselect 1 as one', '-- a\nselect 1 as one', 1, 1],
    ['Windows line ends', '/* ---\r\nkey: a\r\n--- */\r\n  select 1 as one\r\n', 'select 1 as one', 4, 3],
    ['SELECT on the line of the end', '/* ---\nkey: a\n--- */ select 1 as one', 'select 1 as one', 3, 8],
    [
      'a settings comment below the SELECT is a comment',
      'select 1 as one\n/* ---\nkey: a\n--- */',
      'select 1 as one\n/* ---\nkey: a\n--- */',
      1,
      1,
    ],
    ['empty settings', '/* ---\n--- */\nselect 1 as one', 'select 1 as one', 3, 1],
  ])('%s', (_, content, sql, line, column) => {
    expect(splitSqlFile(content, file)).toMatchObject({ sql, sqlStart: { line, column }, diagnostics: [] });
  });

  it('maps offsets of its SELECT to places', () => {
    const content = '/* ---\nkey: a\n--- */\n  select\n    r."my region" . x,\n    größe from r';
    const split = splitSqlFile(content, file);
    const model = { ...split, file };
    expect(sqlPlace(model, 0)).toEqual({ file, line: 4, column: 3, length: 6 });
    expect(sqlPlace(model, split.sql.indexOf('r."my'))).toEqual({ file, line: 5, column: 5, length: 17 });
    expect(sqlPlace(model, split.sql.indexOf('größe'))).toEqual({ file, line: 6, column: 5, length: 5 });
  });
});
