import { describe, expect, it } from 'vitest';
import { memoryProjectFiles } from './files.ts';
import { loadProject } from './load.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { bindProject } from './bind.ts';
import { typesFile } from './types-file.ts';

const declarations =
  '/** Tables. */\nexport interface Tables {\n}\ndeclare const made: unique symbol;\nexport declare function model(definition: unknown): unknown;\nexport {};\n';

async function typesOf(files: Readonly<Record<string, string>>): Promise<string> {
  const compiler = await openEngineCompiler();
  const project = await loadProject(
    memoryProjectFiles({ 'lakesmith.yml': 'lakesmith: 1\nname: x\nlake: ./lake\n', ...files }),
    { environment: undefined, env: {}, compiler },
  );
  const { bound } = await bindProject(project, compiler, { schemas: new Map() });
  return typesFile(bound, declarations);
}

describe('the types of tables', () => {
  it('say exactly what a value is, what may be null, and what people wrote', async () => {
    const text = await typesOf({
      'silver/all.yml':
        'description: all kinds, and */ in a comment\nkey: id\ncolumns:\n  price: { description: net }\n',
      'silver/all.sql': `select 1::bigint as id, 1.5::decimal(4,2) as price, 1::tinyint as t, 'x' as "a-name", [1::bigint] as list,
        {'a': 1, 'b-c': 'x'} as s, map {'k': 1.5::double} as m, '\\x00'::blob as raw, true as yes`,
    });
    expect(text)
      .toBe(`// Written by \`lakesmith types\`: run it again when tables change. \`lakesmith types --check\` tells whether that is so.
declare module 'lakesmith' {
  /** silver.all: all kinds, and * / in a comment */
  export interface SilverAll {
    /** BIGINT */
    readonly id: bigint;
    /** DECIMAL(4,2): net */
    readonly price: string | null;
    /** TINYINT */
    readonly t: number | null;
    /** VARCHAR */
    readonly "a-name": string | null;
    /** BIGINT[] */
    readonly list: readonly (bigint | null)[] | null;
    /** STRUCT("a" INTEGER, "b-c" VARCHAR) */
    readonly s: { readonly a: number | null; readonly "b-c": string | null } | null;
    /** MAP(VARCHAR, DOUBLE) */
    readonly m: Readonly<Record<string, number | null>> | null;
    /** BLOB */
    readonly raw: Uint8Array | null;
    /** BOOLEAN */
    readonly yes: boolean | null;
  }

  /** Tables. */
  export interface Tables {
    "silver.all": SilverAll;
  }
  const made: unique symbol;
  export function model(definition: unknown): unknown;
  export {};
}
`);
  });

  it('have a name for each table, also for those whose names are alike', async () => {
    const text = await typesOf({ 'silver/a_b.sql': 'select 1 as x', 'silver/a__b.sql': 'select 1 as x' });
    expect([...text.matchAll(/export interface (Silver\w+)/g)].map(([, name]) => name)).toEqual([
      'SilverAB',
      'SilverAB_2',
    ]);
  });

  it('do not pretend to know columns of a source that nobody has seen', async () => {
    const text = await typesOf({ 'bronze/orders.yml': 'files: landing/*.csv\n' });
    expect(text).toContain('export interface BronzeOrders {\n    /** What else it has is not known');
    expect(text).toContain('readonly [column: string]: unknown;');
  });
});
