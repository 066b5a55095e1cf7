import type { Diagnostic } from '../core/errors.ts';
import { parseYaml } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

/** A SQL file taken apart: its settings, its SELECT, and where the SELECT begins. */
export interface SqlFile {
  readonly settings: YamlValue | undefined;
  readonly sql: string;
  readonly sqlStart: SqlStart;
  /** The `--` lines on top of the file, as text for people. */
  readonly lead: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Where the SQL of a model begins. */
export interface SqlStart {
  readonly line: number;
  readonly column: number;
  /** It is not written out in the file: all of it counts as standing here. */
  readonly isMade?: true;
}

const opening = /^\/\*[ \t]*---/m;
const closing = /^[ \t]*---[ \t]*\*\//m;

/**
 * Takes the settings block, a comment that opens with three dashes and closes with three dashes, off a SQL file. It must
 * stand on top, with nothing but line comments above it.
 */
export function splitSqlFile(content: string, file: string): SqlFile {
  const lead = leadingComment(content);
  const span = settingsSpan(content);
  if (span === undefined) return { settings: undefined, ...sqlFrom(content, 0), lead, diagnostics: [] };
  if (!span.closed) {
    const line = lineOf(content, span.start);
    const diagnostic: Diagnostic = {
      code: 'LS1002',
      message: 'The settings on top of the file are never closed',
      place: { file, line, column: 1, length: 6 },
      hint: 'end them with a line --- */',
    };
    return { settings: undefined, sql: '', sqlStart: { line, column: 1 }, lead, diagnostics: [diagnostic] };
  }
  const { bodyStart, bodyEnd, end } = span;
  const body = content.slice(bodyStart, bodyEnd);
  const { value, diagnostics } = parseYaml({ text: body, file, linesAbove: lineOf(content, bodyStart) - 1 });
  return { settings: value, ...sqlFrom(content, end), lead, diagnostics };
}

/** Where the settings comment of a SQL file stands, in characters. */
interface SettingsSpan {
  readonly start: number;
  /** Its YAML. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly end: number;
  /** False when the file ends before the comment does. */
  readonly closed: boolean;
}

/** Finds the settings comment of a SQL file; undefined when it has none on top. */
export function settingsSpan(content: string): SettingsSpan | undefined {
  const start = opening.exec(content)?.index;
  if (start === undefined || !/^(\s|--[^\n]*(\n|$))*$/.test(content.slice(0, start))) return undefined;
  const bodyStart = content.indexOf('\n', start) + 1;
  const end = bodyStart === 0 ? null : closing.exec(content.slice(bodyStart));
  const length = content.length;
  if (end === null) return { start, bodyStart: bodyStart || length, bodyEnd: length, end: length, closed: false };
  const bodyEnd = bodyStart + end.index;
  return { start, bodyStart, bodyEnd, end: bodyEnd + end[0].length, closed: true };
}

function sqlFrom(content: string, from: number): Pick<SqlFile, 'sql' | 'sqlStart'> {
  const start = from + content.slice(from).search(/\S|$/);
  const sql = content.slice(start).replace(/[\s;]+$/, '');
  const column = start - (content.lastIndexOf('\n', start - 1) + 1) + 1;
  return { sql, sqlStart: { line: lineOf(content, start), column } };
}

function leadingComment(content: string): string | undefined {
  const lines: string[] = [];
  for (const line of content.split(/\r?\n/)) {
    const comment = /^--\s?(.*)$/.exec(line);
    if (comment === null) break;
    lines.push(comment[1] ?? '');
  }
  const text = lines.join(' ').replace(/\s+/g, ' ').trim();
  return text === '' ? undefined : text;
}

function lineOf(content: string, offset: number): number {
  let line = 1;
  for (let at = content.indexOf('\n'); at >= 0 && at < offset; at = content.indexOf('\n', at + 1)) line++;
  return line;
}
