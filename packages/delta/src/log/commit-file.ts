import type { Action, CommitInfo } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { parseJson, serializeJson } from '../json.ts';
import { parseAction } from './action-form.ts';

/**
 * The actions of a commit file: one JSON object a line. Kinds of actions that we do not know are left out.
 * A line that is cut or malformed makes the whole commit 'log-corrupt': half a commit is never read.
 */
export function parseCommit(bytes: Uint8Array, path: string): Action[] {
  const lines = decodeText(bytes, path).split('\n');
  const actions: Action[] = [];
  let seen = 0;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    seen += 1;
    const where = `${path}:${index + 1}`;
    const action = parseAction(parseLine(line, where), where);
    if (action !== undefined) actions.push(action);
  }
  if (seen === 0) throw new DeltaError('log-corrupt', `The commit ${path} is empty.`, { context: { path } });
  return actions;
}

/** The bytes of a commit file. */
export function serializeCommit(actions: readonly Action[]): Uint8Array {
  return new TextEncoder().encode(actions.map((action) => `${serializeJson(action)}\n`).join(''));
}

/** What a commit says of itself, if it does. */
export function commitInfoOf(actions: readonly Action[]): CommitInfo | undefined {
  for (const action of actions) if ('commitInfo' in action) return action.commitInfo;
  return undefined;
}

function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DeltaError('log-corrupt', `The commit ${path} is not UTF-8.`, { context: { path }, cause: error });
  }
}

function parseLine(line: string, where: string): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    throw new DeltaError('log-corrupt', `The log cannot be read: ${where} is not a whole JSON object.`, {
      context: { path: where },
      cause: error,
    });
  }
}
