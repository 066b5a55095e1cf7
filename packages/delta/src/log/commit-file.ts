import type { Action, CommitInfo } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { parseJson, serializeJson } from '../json.ts';
import { parseAction } from './action-form.ts';
import { wholeObjects } from './json-objects.ts';
import type { LogRow } from './pending-add.ts';

/** Text is made in pieces of about this size: larger strings cost more to parse, and the largest cannot be made at all. */
const CHUNK_BYTES = 65_536;
const NEWLINE = 10;
/** No action is as long as this; so long a text costs much before it turns out to be none. */
export const MAX_LINE_BYTES: number = 64 * 1024 * 1024;
/** Larger files have one object a line or are refused. */
const MAX_SPREAD_BYTES = 16 * 1024 * 1024;

/**
 * The actions of a commit file: one JSON object a line. Kinds of actions that we do not know are left out.
 * A line that is cut or malformed makes the whole commit 'log-corrupt': half a commit is never read.
 */
export function parseCommit(bytes: Uint8Array, path: string): Action[] {
  const actions: Action[] = [];
  for (const [index, row] of parseRows(bytes, path).entries()) {
    const action = parseAction(row, path, index + 1);
    if (action !== undefined) actions.push(action);
  }
  return actions;
}

/**
 * All rows of a log file in JSON. Some writers spread an object over several lines, which is read as well when nothing is
 * left over. A file without any row is 'log-corrupt': it was created and not written.
 */
export function parseRows(bytes: Uint8Array, path: string): unknown[] {
  const rows: unknown[] = [];
  try {
    parseLines(bytes.subarray(textStart(bytes)), path, rows);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const objects =
      bytes.length <= MAX_SPREAD_BYTES ? wholeObjects(decode(bytes.subarray(textStart(bytes)), path)) : undefined;
    if (objects === undefined) throw damaged(path, rows.length + 1, error);
    return objects;
  }
  if (rows.length === 0) throw new DeltaError('log-corrupt', `The log file ${path} is empty.`, { context: { path } });
  return rows;
}

/** Adds what stands on each line, past blank ones; a SyntaxError when a line is no JSON. */
export function parseLines(bytes: Uint8Array, path: string, into: unknown[]): void {
  for (const text of textChunks(bytes, path)) {
    for (let start = 0; start < text.length;) {
      const newline = text.indexOf('\n', start);
      const end = newline < 0 ? text.length : newline;
      const line = text.slice(start, end);
      start = end + 1;
      if (line.trim() !== '') into.push(parseLine(line));
    }
  }
}

function damaged(path: string, row: number, cause: unknown): DeltaError {
  return new DeltaError('log-corrupt', `The log cannot be read: row ${row} of ${path} is not a whole JSON object.`, {
    context: { path },
    cause,
  });
}

/** The text of a file in pieces that end where lines end. */
function* textChunks(bytes: Uint8Array, path: string): Generator<string> {
  for (let start = 0; start < bytes.length;) {
    const newline = start + CHUNK_BYTES < bytes.length ? bytes.indexOf(NEWLINE, start + CHUNK_BYTES) : -1;
    const end = newline < 0 ? bytes.length : newline + 1;
    if (end - start > MAX_LINE_BYTES) {
      throw new DeltaError(
        'log-corrupt',
        `The log file ${path} has a line of ${end - start} bytes, which is no action.`,
        {
          context: { path },
        },
      );
    }
    yield decode(bytes.subarray(start, end), path);
    start = end;
  }
}

/** A mark of the byte order is no part of the text. */
export function textStart(bytes: Uint8Array): number {
  const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasByteOrderMark ? 3 : 0;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array, path: string): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new DeltaError('log-corrupt', `The log file ${path} is not UTF-8.`, { context: { path }, cause: error });
  }
}

/**
 * One line. The numbers of file actions are nearly always plain integers, so those lines are parsed in the fast way, and
 * again in the exact way when one of their numbers is not; statistics are text at this point, whatever digits they hold.
 */
function parseLine(text: string): unknown {
  if (text.startsWith('{"add":') || text.startsWith('{"remove":')) {
    const value: unknown = JSON.parse(text);
    if (hasPlainNumbers(value, 0)) return value;
  }
  return parseJson(text);
}

/** Nothing but texts, flags and integers that a number holds exactly, at the depth of a file action at most. */
function hasPlainNumbers(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth > 2 || !isFields(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (typeof field !== 'string' && !hasPlainNumbers(field, depth + 1)) return false;
  }
  return true;
}

function isFields(value: object): value is { readonly [key: string]: unknown } {
  return !Array.isArray(value);
}

/** The bytes of a commit file. */
export function serializeCommit(actions: readonly Action[]): Uint8Array {
  return new TextEncoder().encode(actions.map((action) => `${serializeJson(action)}\n`).join(''));
}

/** What a commit says of itself, if it does. */
export function commitInfoOf(actions: readonly LogRow[]): CommitInfo | undefined {
  for (const action of actions) if ('commitInfo' in action) return action.commitInfo;
  return undefined;
}
