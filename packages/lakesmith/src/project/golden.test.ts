import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { errorCodes, LakeError } from '../core/errors.ts';
import type { Memory } from '../core/memory.ts';
import type { Column } from '../core/schema.ts';
import type { Scripts } from '../script/scripts.ts';
import { openScripts } from '../script/scripts.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { bindProject } from './bind.ts';
import { renderDiagnostics } from './diagnostic-text.ts';
import { nodeProjectFiles } from './files.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { loadProject } from './load.ts';
import { mapMemory } from './map-memory.test-suite.ts';
import type { Project } from './model.ts';

// A case is a folder with a wrong project and what a terminal shows for it. GOLDEN=write writes expected.txt anew:
// read the difference before it is committed. `environment`, where there is one, names the environment.
const root = fileURLToPath(new URL('golden/wrong', import.meta.url));
const cases = readdirSync(root);

let compiler: SqlCompiler;
/** Only what waits for ever, or never ends, meets a limit of time. */
const scriptsFor = (name: string): Scripts => {
  const timeMs = /endless|never/.test(name) ? 2000 : 60_000;
  return openScripts({ program: 'golden', timeMs, memoryBytes: 64 * 2 ** 20 });
};
beforeAll(async () => {
  compiler = await openEngineCompiler();
});

/** In place of the engine's inference: declared types, and text for what the header of a reference table names. */
function declaredSchemas(project: Project): ReadonlyMap<string, readonly Column[] | undefined> {
  const schemas = new Map<string, readonly Column[] | undefined>();
  for (const table of project.tables.values()) {
    if (table.kind === 'source' && table.types.size > 0) schemas.set(table.name, columns(table.types));
    if (table.kind !== 'reference') continue;
    const header = new Map((headers.get(table.csv) ?? []).map((name) => [name, 'string' as const]));
    schemas.set(table.name, columns(new Map([...header, ...table.types])));
  }
  return schemas;
}

function columns(types: ReadonlyMap<string, Column['type']>): readonly Column[] {
  return [...types].map(([name, type]) => ({ name, type }));
}

const headers = new Map<string, readonly string[]>();

async function complaintsOf(name: string, memory?: Memory): Promise<string> {
  const files = nodeProjectFiles(path.join(root, name));
  for (const csv of (await files.list('reference')).filter((file) => file.endsWith('.csv'))) {
    const text = new TextDecoder().decode(await files.read(csv));
    headers.set(csv, (text.split('\n')[0] ?? '').split(','));
  }
  const environment = await files.read('environment');
  try {
    const project = await loadProject(files, {
      environment: environment === undefined ? undefined : new TextDecoder().decode(environment).trim(),
      env: {},
      compiler,
      ...(memory === undefined ? {} : { memory }),
      scripts: scriptsFor(name),
      sourceSchemas: (found) => Promise.resolve(declaredSchemas(found)),
    });
    return renderDiagnostics((await bindProject(project, compiler, { schemas: declaredSchemas(project) })).diagnostics);
  } catch (error) {
    if (error instanceof LakeError) return renderDiagnostics(error.diagnostics);
    throw error;
  }
}

describe('a wrong project is told what is wrong, where, and what to do', () => {
  it.each(cases)('%s', async (name) => {
    const found = `${(await complaintsOf(name)).replaceAll(path.join(root, name), '<project>')}\n`;
    const file = path.join(root, name, 'expected.txt');
    if (process.env['GOLDEN'] === 'write') await writeFile(file, found);
    expect(found).toBe(await readFile(file, 'utf8'));
    const code = /^ls\d{4}/.exec(name)?.[0].toUpperCase();
    if (code !== undefined) expect(found).toContain(`error  ${code}  `);
  });

  it.each(cases)('%s, also when its models are remembered', async (name) => {
    const memory = mapMemory();
    for (const _ of ['not known', 'remembered']) {
      const found = `${(await complaintsOf(name, memory)).replaceAll(path.join(root, name), '<project>')}\n`;
      expect(found).toBe(await readFile(path.join(root, name, 'expected.txt'), 'utf8'));
    }
  });

  it('covers every error that a project can have', () => {
    const codes = Object.keys(errorCodes).filter((code) => code.startsWith('LS1'));
    const covered = new Set(cases.map((name) => name.slice(0, 6).toUpperCase()));
    expect(codes.filter((code) => !covered.has(code))).toEqual([]);
  });
});
