import { pathToFileURL } from 'node:url';
import type { Diagnostic, Place } from '../core/errors.ts';
import type { Thrown } from './messages.ts';

/** The first place of a stack that is in a file of the user, or in the one that is named; undefined when there is none. */
export function placeInStack(stack: string, folder: string, only?: string): Place | undefined {
  for (const line of stack.split('\n')) {
    const [, url = '', row = '1', column = '1'] = /(file:\/\/[^\s)]+?):(\d+)(?::(\d+))?\)?$/.exec(line) ?? [];
    const file = userFile(url, folder);
    if (file !== undefined && (only === undefined || file === only))
      return { file, line: Number(row), column: Number(column) };
  }
  return undefined;
}

/** The path of a module in the folder; undefined for what is of a package, or of the program. */
export function userFile(url: string, folder: string): string | undefined {
  const root = `${pathToFileURL(folder).href}/`;
  if (!url.startsWith(root) || url.includes('/node_modules/')) return undefined;
  // Each file that is read has modules of its own, which is told by a number behind their addresses.
  return decodeURIComponent(url.slice(root.length).replace(/\?\d*$/, ''));
}

/** The line at a place of a text, and the one above it, as a diagnostic has them. */
export function excerptAt(text: string | undefined, line: number): Pick<Diagnostic, 'excerpt'> {
  const lines = text?.split(/\r?\n/) ?? [];
  const [above, found] = [lines[line - 2], lines[line - 1]];
  if (found === undefined) return {};
  return { excerpt: { line: found, ...(above === undefined ? {} : { above }) } };
}

/** What was thrown, in a sentence without paths of this machine. */
export function thrownText({ name, message }: Thrown, folder: string): string {
  const said = message
    .replaceAll(/\?\d+(?=[\s'"]|$)/g, '')
    .replaceAll(`${pathToFileURL(folder).href}/`, '')
    .replaceAll(`${folder}/`, '');
  const [first = ''] = said.split('\n');
  const missing = /^Cannot find package '([^']+)' imported from (\S+)$/.exec(first);
  if (missing !== null) return `it imports ${missing[1]}, which is not installed`;
  return name === 'Error' || name === 'Exit' ? first : `${name}: ${first}`;
}
