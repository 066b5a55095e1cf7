import { sqlTokens } from '../core/sql-tokens.ts';
import { formatYaml } from './format-yaml.ts';
import { keysOfForm } from './json-schema.ts';
import { settingsSpan } from './settings-comment.ts';

/** More lines of settings than this are easier to read in a file of their own. */
const settingsLimit = 10;

/** A file of a project as `fmt` writes it. The SELECT of a model loses white space at line ends, and nothing else. */
export function formatFile(path: string, text: string): string {
  if (!path.endsWith('.sql')) return formatYaml(text, keysOfForm(path));
  const span = settingsSpan(text);
  if (span === undefined) return formatSql(text);
  if (!span.closed) return text;
  const body = formatYaml(text.slice(span.bodyStart, span.bodyEnd), keysOfForm(path));
  const close = text.slice(span.bodyEnd, span.end).trim();
  const above = text.slice(0, span.bodyStart).replaceAll(/[ \t]+(?=\r?$)/gm, '');
  return above + body + close + formatSql(text.slice(span.end));
}

/** White space inside of texts and quoted names means something, so it stays. */
function formatSql(text: string): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const kept = sqlTokens(text).tokens.filter(({ kind }) => kind === 'text' || kind === 'name');
  const isKept = (at: number): boolean => kept.some(({ start, end }) => start < at && at < end);
  const lines = text.replaceAll(/[ \t]+(?=\r?$)/gm, (blank, at: number) => (isKept(at) ? blank : ''));
  return lines.trim() === '' ? text : `${lines.trimEnd()}${eol}`;
}

/** A model's SQL file and its settings file. */
export interface ModelFiles {
  readonly sql: string;
  /** Undefined: there is none. */
  readonly yaml: string | undefined;
}

/** With settings of more than ten lines in the .yml beside the SQL; undefined when there is nothing to move. */
export function splitSettings({ sql, yaml }: ModelFiles): ModelFiles | undefined {
  const span = settingsSpan(sql);
  const body = span?.closed === true ? sql.slice(span.bodyStart, span.bodyEnd) : '';
  if (span === undefined || linesOf(body) <= settingsLimit) return undefined;
  const rest = sql.slice(0, span.start) + sql.slice(span.end).replace(/^[ \t]*\r?\n/, '');
  return { sql: rest, yaml: joined(yaml ?? '', body) };
}

/** With the settings in the comment of the SQL file, where they take ten lines or less; undefined when they stay. */
export function joinSettings({ sql, yaml }: ModelFiles): ModelFiles | undefined {
  const span = settingsSpan(sql);
  if (yaml === undefined || span?.closed === false) return undefined;
  const beside = yaml.replaceAll(/^# yaml-language-server:.*\r?\n?/gm, '');
  const body = joined(span === undefined ? '' : sql.slice(span.bodyStart, span.bodyEnd), beside);
  // A comment ends where its text says so.
  if (linesOf(body) > settingsLimit || /\*\/|\/\*|^[ \t]*---/m.test(body)) return undefined;
  const lead = /^(?:--[^\n]*\n|[ \t]*\r?\n)*/.exec(sql)?.[0].length ?? 0;
  const [above, below] = span === undefined ? [lead, lead] : [span.start, span.end];
  const rest = sql.slice(below).replace(/^[ \t]*\r?\n/, '');
  return { sql: `${sql.slice(0, above)}/* ---\n${body}--- */\n${rest}`, yaml: undefined };
}

function linesOf(body: string): number {
  return body.split('\n').filter((line) => line.trim() !== '').length;
}

function joined(first: string, second: string): string {
  return [first, second].map((text) => (text.trim() === '' ? '' : `${text.trimEnd()}\n`)).join('');
}
