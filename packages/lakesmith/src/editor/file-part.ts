import { schemaOf } from '../project/json-schema.ts';
import { settingsSpan } from '../project/settings-comment.ts';

/** What a file of a project is, by where it stands. */
export interface FileRole {
  /** The JSON Schema of its YAML. */
  readonly schema: string;
  /** The table that it defines; undefined when it defines none or several. */
  readonly table: string | undefined;
}

/** The part of a file that a cursor is in. */
export type FilePart =
  | { readonly kind: 'yaml'; readonly lines: readonly string[]; readonly firstLine: number }
  | { readonly kind: 'sql'; readonly sql: string; readonly start: number }
  | { readonly kind: 'none' };

/** The role of a file by its path in the project; undefined for one that means nothing to it. */
export function roleOf(path: string): FileRole | undefined {
  const schema = schemaOf(path);
  if (schema === undefined) return undefined;
  const [, folder = '', word = ''] = /^(?:(\w+)\/)?(?:.*\/)?([^/]*)\.[^.]+$/.exec(path) ?? [];
  const makesTable = ['bronze', 'reference', 'silver', 'gold'].includes(folder);
  return { schema, table: makesTable ? `${folder}.${word}` : undefined };
}

/** A settings comment is YAML, what stands below it SQL, and a .yml YAML all through. */
export function partAt(path: string, text: string, offset: number): FilePart {
  if (/\.ya?ml$/.test(path)) return { kind: 'yaml', lines: linesOf(text), firstLine: 0 };
  const span = settingsSpan(text);
  if (span === undefined) return { kind: 'sql', sql: text, start: 0 };
  const { bodyStart, bodyEnd, end, closed } = span;
  if (offset < bodyStart) return { kind: 'none' };
  if (offset < bodyEnd || !closed) {
    const firstLine = text.slice(0, bodyStart).split('\n').length - 1;
    return { kind: 'yaml', lines: linesOf(text.slice(bodyStart, bodyEnd)), firstLine };
  }
  return offset < end ? { kind: 'none' } : { kind: 'sql', sql: text.slice(end), start: end };
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/);
}
