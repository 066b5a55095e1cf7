import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageFile } from '../../core/package-files.ts';
import { typesFile, typesFileName } from '../../project/types-file.ts';
import { prepare } from '../../run/prepare.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';

export interface TypesOptions extends CommonOptions {
  readonly check?: boolean;
}

/** What tsc is told of a project that tells it nothing itself. */
const settings = {
  compilerOptions: {
    target: 'es2023',
    module: 'esnext',
    moduleResolution: 'bundler',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
  },
};

/** Writes the types of all tables, and a tsconfig.json where there is none; with --check it only tells whether they are right. */
export async function types(options: TypesOptions): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const { folder } = bench.project;
    const { bound } = await prepare(bench);
    const declarations = await readFile(packageFile('dist/script/authoring.d.ts'), 'utf8');
    const text = typesFile(bound, declarations);
    const file = join(folder, typesFileName);
    const isCurrent = existsSync(file) && (await readFile(file, 'utf8')) === text;
    const written: string[] = [];
    if (options.check !== true && !isCurrent) {
      await writeFile(file, text);
      written.push(typesFileName);
    }
    if (options.check !== true && !hasSettings(folder)) {
      await writeFile(join(folder, 'tsconfig.json'), `${JSON.stringify(settings, null, 2)}\n`);
      written.push('tsconfig.json');
    }
    const isWrong = options.check === true && !isCurrent;
    if (options.json === true) printJson({ ok: !isWrong, file: typesFileName, written });
    else if (isWrong) print(`${typesFileName} is not up to date · \`lakesmith types\` writes it`);
    else print(written.length === 0 ? `${typesFileName} is up to date` : `${written.join(' and ')} written`);
    return isWrong ? 2 : 0;
  });
}

/** True when the folder, or one above it, has a tsconfig.json. */
function hasSettings(folder: string): boolean {
  if (existsSync(join(folder, 'tsconfig.json'))) return true;
  const above = dirname(folder);
  return above !== folder && hasSettings(above);
}
