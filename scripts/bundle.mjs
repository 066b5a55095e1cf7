// The program in few files, put together of the compiled modules: Node takes longer to find and link 570 modules than to run most commands.
import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../packages/lakesmith/', import.meta.url));
const program = join(root, 'dist/program');
const drafted = join(root, 'dist/program.draft');
const isCurrent = () => {
  const made = statSync(join(program, 'main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return [
    'tsconfig.tsbuildinfo',
    '../delta/tsconfig.tsbuildinfo',
    '../../scripts/bundle.mjs',
    '../../package-lock.json',
  ].every((file) => statSync(join(root, file)).mtimeMs < made);
};

// It is native: where it cannot be loaded, the program runs from its modules as they are, which only takes longer to start.
const bundler = isCurrent()
  ? undefined
  : await import('rolldown').catch((error) => console.warn(`the program stays in its modules: ${error.message}`));

if (bundler !== undefined) {
  // A package with native parts, or one that finds its own files by where it lies, stays where it is.
  const external = [/^node:/, /^@duckdb\/node-bindings/, /^@swc\//];
  const bundle = await bundler.rolldown({
    input: { main: join(root, 'dist/cli/main.js') },
    platform: 'node',
    external,
  });
  rmSync(drafted, { recursive: true, force: true });
  const { output } = await bundle.write({
    dir: drafted,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // Names stay, so that an error says where it was.
    minify: { mangle: false, compress: false, codegen: true },
  });
  writeFileSync(join(drafted, 'LICENSES.txt'), licenses(output.flatMap((file) => Object.keys(file.modules ?? {}))));
  rmSync(program, { recursive: true, force: true });
  renameSync(drafted, program);
}

/** What those ask to be told whose packages became part of the program. */
function licenses(modules) {
  const folders = new Set(modules.filter((file) => file.includes('node_modules')).map(packageOf));
  return [...folders]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const texts = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice)/i.test(file));
      return [`${name} ${version} (${license})`, ...texts.map((file) => readFileSync(join(folder, file), 'utf8'))].join(
        '\n\n',
      );
    })
    .join(`\n\n${'-'.repeat(80)}\n\n`);
}

function packageOf(file) {
  const found = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
  return found === null ? dirname(file) : found[0];
}
