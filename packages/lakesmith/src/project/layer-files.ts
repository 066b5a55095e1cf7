import type { YamlValue } from './yaml.ts';
import { entryOf } from './yaml.ts';

// What the name of a file in a layer says.

export function isYaml(file: string): boolean {
  return /\.ya?ml$/.test(file);
}

export function isScript(file: string): boolean {
  return /\.([cm]?[jt]s|py)$/.test(file) && !file.endsWith('.d.ts');
}

export function isTypeScript(file: string): boolean {
  return file.endsWith('.ts') && !file.endsWith('.d.ts');
}

/** The path without its ending. */
export function stem(file: string): string {
  return file.replace(/\.[^./]+$/, '');
}

/** What a file is called without folder and ending. */
export function wordOf(file: string): string {
  return stem(file).replace(/^.*\//, '');
}

/** A calendar needs no SQL. */
export function isCalendar(settings: YamlValue | undefined): boolean {
  const value = entryOf(settings, 'kind')?.value;
  return value?.kind === 'scalar' && value.value === 'date';
}
