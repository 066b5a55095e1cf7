import { DeltaError } from '../errors.ts';
import { parseAction } from './action-form.ts';
import { AddLines } from './add-lines.ts';
import { parseCommit, parseLines, textStart } from './commit-file.ts';
import type { LogRow } from './pending-add.ts';

const NEWLINE = 10;
/** Smaller commits are read as fast as looked through. */
const LARGE_BYTES = 65_536;

/** What a commit file says, as `parseCommit` tells it, but of most files no more than it takes to know which there are. */
export function readCommitRows(bytes: Uint8Array, path: string): readonly LogRow[] {
  if (bytes.length < LARGE_BYTES) return parseCommit(bytes, path);
  try {
    const rows = scanRows(bytes, path);
    if (rows.length > 0) return rows;
  } catch (error) {
    // What is unusual here may have a meaning when all is read; else this is what tells exactly what is wrong.
    if (!(error instanceof SyntaxError || error instanceof DeltaError)) throw error;
  }
  return parseCommit(bytes, path);
}

function scanRows(bytes: Uint8Array, path: string): LogRow[] {
  const lines = new AddLines(bytes);
  const rows: LogRow[] = [];
  let unread = textStart(bytes);
  const readUpTo = (end: number): void => {
    const values: unknown[] = [];
    parseLines(bytes.subarray(unread, end), path, values);
    for (const value of values) {
      const action = parseAction(value, path, rows.length);
      if (action !== undefined) rows.push(action);
    }
  };
  for (let start = unread; start < bytes.length;) {
    const add = lines.find(start);
    if (add === undefined) {
      const newline = bytes.indexOf(NEWLINE, start);
      start = newline < 0 ? bytes.length : newline + 1;
    } else {
      if (unread < start) readUpTo(start);
      rows.push(add);
      start = lines.lineEnd + 1;
      unread = start;
    }
  }
  if (unread < bytes.length) readUpTo(bytes.length);
  return rows;
}
