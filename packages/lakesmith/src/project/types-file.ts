import type { Column, DataType } from '../core/schema.ts';
import { toUserType } from '../core/type-policy.ts';
import type { BoundProject, ProjectTable } from './model.ts';

/** The file that types are written to, in the folder of the project: editors and tsc find it without being told. */
export const typesFileName = 'lakesmith-env.d.ts';

/** The types of all tables, and of what files import from 'lakesmith', whose declarations are given. */
export function typesFile({ project, schemas }: BoundProject, declarations: string): string {
  const names = interfaceNames([...project.tables.keys()]);
  const interfaces = [...project.tables.values()].map((table) =>
    interfaceOf(table, names.get(table.name) ?? '', schemas.get(table.name)),
  );
  const entries = [...names].map(([table, name]) => `    ${JSON.stringify(table)}: ${name};`);
  const [before = '', after = ''] = declarations
    .replaceAll(/^export declare /gm, 'export ')
    .replaceAll(/^declare /gm, '')
    .split(/(?<=^export interface Tables \{\n)(?=\})/m);
  const indented = (text: string): string => text.trimEnd().replaceAll(/^(?=.)/gm, '  ');
  return [
    '// Written by `lakesmith types`: run it again when tables change. `lakesmith types --check` tells whether that is so.',
    "declare module 'lakesmith' {",
    ...interfaces,
    indented(before),
    ...entries,
    indented(after),
    '}',
    '',
  ].join('\n');
}

function interfaceNames(tables: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const table of tables) {
    const words = table.split(/[._]+/).filter((word) => word !== '');
    const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
    const taken = [...names.values()].filter((other) => other === name || other.startsWith(`${name}_`)).length;
    names.set(table, taken === 0 ? name : `${name}_${taken + 1}`);
  }
  return names;
}

function interfaceOf(table: ProjectTable, name: string, columns: readonly Column[] | undefined): string {
  const about = [table.name, table.description ?? ''].filter((part) => part !== '').join(': ');
  const lines =
    columns === undefined
      ? [
          '    /** What else it has is not known before its source has something to load. */',
          '    readonly [column: string]: unknown;',
        ]
      : columns.flatMap((column) => columnLines(table, column));
  return [`  /** ${commentText(about)} */`, `  export interface ${name} {`, ...lines, '  }', ''].join('\n');
}

function columnLines(table: ProjectTable, { name, type }: Column): readonly string[] {
  const note = table.columnNotes.get(name)?.description;
  const about = `${toUserType(type)}${note === undefined ? '' : `: ${note}`}`;
  // Only of models and reference tables a key is judged.
  const isNever = table.kind !== 'source' && table.key.includes(name);
  return [
    `    /** ${commentText(about)} */`,
    `    readonly ${propertyName(name)}: ${typeText(type)}${isNever ? '' : ' | null'};`,
  ];
}

/** What a value of the type is when rows() gets it: nothing is rounded, so what JavaScript has no number for is text or bigint. */
function typeText(type: DataType): string {
  if (typeof type === 'string') return plainTypes[type] ?? 'string';
  switch (type.type) {
    case 'array':
      return `readonly (${typeText(type.elementType)} | null)[]`;
    case 'map':
      return `Readonly<Record<string, ${typeText(type.valueType)} | null>>`;
    case 'struct':
      return `{ ${type.fields.map((field) => `readonly ${propertyName(field.name)}: ${typeText(field.type)} | null`).join('; ')} }`;
  }
}

const plainTypes: Readonly<Record<string, string>> = {
  long: 'bigint',
  integer: 'number',
  short: 'number',
  byte: 'number',
  float: 'number',
  double: 'number',
  boolean: 'boolean',
  binary: 'Uint8Array',
};

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function commentText(text: string): string {
  return text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ').trim();
}
