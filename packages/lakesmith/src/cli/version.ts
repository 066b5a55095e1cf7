import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { packageFile } from '../core/package-files.ts';

/** The program's version, from its own package.json. */
export function programVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What is another one for each program that could understand a project otherwise; in a checkout, each time it was built. */
export function programStamp(): string {
  const built = statSync(packageFile('tsconfig.tsbuildinfo'), { throwIfNoEntry: false });
  return `${programVersion()} ${built?.mtimeMs ?? ''} engine ${engineVersion()} node ${process.versions.node}`;
}

/** The version of the engine's library, which need not be loaded to know it. */
export function engineVersion(): string {
  const { version } = createRequire(import.meta.url)('@duckdb/node-api/package.json') as { version: string };
  return version.replace(/-r\..*$/, '');
}
