import type { ColumnPlace, SchemaEdit } from '@lakesmith/delta';
import { fieldAt, readSnapshot } from '@lakesmith/delta';
import { parseNestedDefinition } from '../../../core/column-definitions.ts';
import { parseColumnPath } from '../../../core/column-path.ts';
import { LakeError } from '../../../core/errors.ts';
import { parseUserType } from '../../../core/type-policy.ts';
import type { Alteration } from '../../../lake/alter-table.ts';
import { alterTable } from '../../../lake/alter-table.ts';
import { metadataOf } from '../../../lake/write-table.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { parsePairs } from '../../pairs.ts';
import { reportNothing, reportWrite } from '../../write-report.ts';

export interface AlterOptions extends TableOptions {
  readonly first?: boolean;
  readonly after?: string;
  readonly drop?: boolean;
}

/** Changes what a Delta table is: columns, properties, constraints, features. */
export async function tableAlter(
  path: string,
  what: string,
  words: readonly string[],
  options: AlterOptions,
): Promise<number> {
  const startedMs = performance.now();
  const alteration = alterationOf(what, words, options);
  return await withTable(path, options, async (table) => {
    const base = await readSnapshot(table.io);
    const known = 'path' in alteration && fieldAt(base.schema, [alteration.path.join('.')]) !== undefined;
    const meant = known ? { ...alteration, path: [alteration.path.join('.')] } : alteration;
    const report = await alterTable(table, base, meant);
    if (report === undefined)
      reportNothing('It is so already', { json: options.json, version: base.version, startedMs });
    else reportWrite(report, { json: options.json, startedMs });
    return 0;
  });
}

const usage: Readonly<Record<string, string>> = {
  add: `add "price DECIMAL(9,2) COMMENT 'net'" [--first | --after COLUMN]`,
  drop: 'drop COLUMN',
  rename: 'rename COLUMN NAME',
  move: 'move COLUMN --first | --after OTHER',
  type: 'type COLUMN TYPE',
  comment: 'comment COLUMN TEXT',
  nullable: 'nullable COLUMN [true|false]',
  default: 'default COLUMN EXPRESSION, or default COLUMN --drop',
  property: 'property NAME=VALUE ..., or property NAME ... --drop',
  constraint: 'constraint "NAME: CONDITION", or constraint NAME --drop',
  feature: 'feature NAME',
};

function alterationOf(what: string, words: readonly string[], options: AlterOptions): Alteration {
  const [first = '', second] = words;
  const wrong = (): LakeError => {
    const form = usage[what];
    if (form === undefined)
      return new LakeError('LS4001', `A table has no ${what} to alter: there are ${Object.keys(usage).join(', ')}.`);
    return new LakeError('LS4001', `That cannot be understood: write ${form}.`);
  };
  if (first === '') throw wrong();
  switch (what) {
    case 'property':
      return { kind: 'properties', set: options.drop === true ? removed(words) : parsePairs('property', words) };
    case 'constraint':
      if (options.drop === true && second === undefined)
        return { kind: 'constraint', name: first, expression: undefined };
      if (second !== undefined) throw wrong();
      return { kind: 'constraint', ...parseConstraint(first) };
    case 'feature':
      return { kind: 'feature', name: first };
    default: {
      const edit = editOf(what, words, options);
      if (edit === undefined) throw wrong();
      return edit;
    }
  }
}

/** Reads `name: condition`. */
export function parseConstraint(text: string): { readonly name: string; readonly expression: string } {
  const [, name, expression] = /^\s*([\p{L}_][\p{L}\p{N}_]*)\s*:\s*([\s\S]*\S)\s*$/u.exec(text) ?? [];
  if (name !== undefined && expression !== undefined) return { name, expression };
  throw new LakeError('LS4001', `"${text}" is no constraint: write name: condition, such as positive: amount > 0.`);
}

function removed(names: readonly string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

function editOf(what: string, words: readonly string[], options: AlterOptions): SchemaEdit | undefined {
  const [first = '', second, third] = words;
  const place = placeOf(options);
  if (third !== undefined) return undefined;
  if (what === 'add') {
    if (second !== undefined) return undefined;
    const { path, type, nullable, ...column } = parseNestedDefinition(first);
    if (column.default !== undefined || column.generated !== undefined || column.identity !== undefined)
      throw new LakeError('LS4001', 'A column is added without values: add it, and set its default then.');
    const field = { type, nullable, metadata: metadataOf({ type, nullable, ...column }) };
    return { kind: 'add', path, field, ...(place === undefined ? {} : { place }) };
  }
  const parsed = parseColumnPath(first);
  if (parsed === undefined || parsed.rest !== '') return undefined;
  const { path } = parsed;
  if (what === 'drop') return second === undefined ? { kind: 'drop', path } : undefined;
  if (what === 'move') return second === undefined && place !== undefined ? { kind: 'move', path, place } : undefined;
  if (what === 'default' && options.drop === true) return metadataEdit(path, 'CURRENT_DEFAULT', null);
  if (what === 'nullable')
    return second === undefined || /^(?:true|false)$/i.test(second)
      ? { kind: 'nullable', path, nullable: second?.toLowerCase() !== 'false' }
      : undefined;
  if (second === undefined) return undefined;
  if (what === 'rename') return { kind: 'rename', path, name: newName(path, second) };
  if (what === 'type') return { kind: 'widen', path, type: parseUserType(second) };
  if (what === 'comment') return metadataEdit(path, 'comment', second === '' ? null : second);
  return what === 'default' ? metadataEdit(path, 'CURRENT_DEFAULT', second) : undefined;
}

function metadataEdit(path: readonly string[], key: string, value: string | null): SchemaEdit {
  return { kind: 'metadata', path, set: { [key]: value } };
}

function placeOf({ first, after }: AlterOptions): ColumnPlace | undefined {
  if (first === true) return 'first';
  return after === undefined ? undefined : { after };
}

/** A name alone, in quotes or without; a dot in it is a letter like others, but not where it repeats where the column is. */
function newName(path: readonly string[], text: string): string {
  const quoted = /^["`]/.test(text) ? parseColumnPath(text) : undefined;
  if (quoted?.rest === '' && quoted.path.length === 1) return quoted.path[0] ?? text;
  const above = path
    .slice(0, -1)
    .map((name) => `${name}.`)
    .join('');
  if (above !== '' && text.toLowerCase().startsWith(above.toLowerCase()))
    throw new LakeError(
      'LS4001',
      `The new name stands alone, since a column stays where it is: ${text.slice(above.length)}.`,
    );
  return text;
}
