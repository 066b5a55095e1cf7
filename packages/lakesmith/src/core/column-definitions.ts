import { LakeError } from './errors.ts';
import type { Column } from './schema.ts';
import { splitList } from './sql-list.ts';
import { parseUserType } from './type-policy.ts';

/** A column as somebody defines it in text. */
export interface ColumnDefinition extends Column {
  readonly nullable: boolean;
  readonly comment?: string;
}

/** Reads `id BIGINT NOT NULL, name VARCHAR COMMENT 'as on the invoice'`. */
export function parseColumnDefinitions(text: string): readonly ColumnDefinition[] {
  const columns = splitList(text).map(parseDefinition);
  for (const [i, { name }] of columns.entries()) {
    const same = columns.findIndex((other) => other.name.toLowerCase() === name.toLowerCase());
    if (same !== i) throw new LakeError('LS4001', `The column ${name} is defined twice.`);
  }
  return columns;
}

function parseDefinition(text: string): ColumnDefinition {
  const [whole, quoted, bare] = /^\s*(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*))\s+/u.exec(text) ?? [];
  if (whole === undefined)
    throw new LakeError(
      'LS4001',
      `"${text.trim()}" defines no column: write a name and a type, such as id BIGINT NOT NULL.`,
    );
  let rest = text.slice(whole.length).trim();
  const comment = /\s+comment\s+'((?:[^']|'')*)'$/i.exec(rest);
  if (comment !== null) rest = rest.slice(0, comment.index);
  const nullness = /\s+(not\s+)?null$/i.exec(rest);
  if (nullness !== null) rest = rest.slice(0, nullness.index);
  return {
    name: quoted?.replaceAll('""', '"') ?? bare ?? '',
    type: parseUserType(rest),
    nullable: nullness?.[1] === undefined,
    ...(comment === null ? {} : { comment: (comment[1] ?? '').replaceAll("''", "'") }),
  };
}
