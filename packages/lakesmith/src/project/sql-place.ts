import type { Place } from '../core/errors.ts';
import type { ModelTable } from './model.ts';

/** Where a character of a model's SQL stands in its file. The word or dotted name there is what gets underlined. */
export function sqlPlace(model: Pick<ModelTable, 'file' | 'sql' | 'sqlStart'>, offset: number): Place {
  const { isMade, line, column } = model.sqlStart;
  if (isMade === true) return { file: model.file, line, column, length: 1 };
  const at = Math.min(Math.max(0, offset), model.sql.length);
  const before = model.sql.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const linesDown = before.split('\n').length - 1;
  return {
    file: model.file,
    line: line + linesDown,
    column: at - lineStart + (linesDown === 0 ? column : 1),
    length: referenceAt(model.sql, at).length || 1,
  };
}

/** The dotted name, quoted or not, that begins at an offset of a SQL text; else the run of characters up to a blank. */
export function referenceAt(sql: string, offset: number): string {
  const rest = sql.slice(offset);
  const part = /(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)/u.source;
  return new RegExp(`^${part}(?:\\s*\\.\\s*${part})*`, 'u').exec(rest)?.[0] ?? /^[^\s,;()]+/.exec(rest)?.[0] ?? '';
}
