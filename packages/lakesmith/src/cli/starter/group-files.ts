import { basename, dirname, extname } from 'node:path';
import { plainName } from '../plain-name.ts';

export type TextKind = 'csv' | 'json' | 'ndjson';

/** Files of one source: they are called alike but for a number or a date. */
export interface FileGroup {
  readonly name: string;
  readonly kind: TextKind;
  readonly ending: string;
  /** Paths as they were given, sorted. */
  readonly files: readonly string[];
}

const kinds: Readonly<Record<string, TextKind>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

/** The format of a file by its ending; undefined when it has none that is known. */
export function kindOf(file: string): TextKind | undefined {
  return kinds[extname(file).toLowerCase()];
}

/**
 * Puts files together whose names differ by dates and numbers only: orders-2026-01.json and orders-2026-02.json. A file
 * whose name is nothing but those is called after its folder.
 */
export function groupFiles(files: readonly string[]): readonly FileGroup[] {
  const groups = new Map<string, { word: string; ending: string; files: string[] }>();
  for (const file of [...files].sort()) {
    const ending = extname(file);
    const folder = dirname(file);
    const word = steadyPart(basename(file, ending)) || (folder === '.' ? 'data' : basename(folder));
    const id = `${folder}\n${plainName(word)}\n${ending}`;
    const group = groups.get(id) ?? { word, ending, files: [] };
    group.files.push(file);
    groups.set(id, group);
  }
  const taken = new Set<string>();
  return [...groups.values()].flatMap(({ word, ending, files: grouped }) => {
    const kind = kindOf(`x${ending}`);
    if (kind === undefined) return [];
    const plain = plainName(word).replace(/__changes$/, '_log');
    let name = plain;
    for (let n = 2; taken.has(name); n += 1) name = `${plain}_${n}`;
    taken.add(name);
    return [{ name, kind, ending, files: grouped }];
  });
}

/** A name without the dates and numbers at its end. */
function steadyPart(stem: string): string {
  const changing = /(?:^|[-_. ])(?:[wvq]?\d+(?:t\d+z?)?|part[-_]?\d+|\d{4}[-_]?[wq]\d+)$|(?<=[a-z])\d{4,}$/i;
  let word = stem;
  while (changing.test(word)) word = word.replace(changing, '');
  return word;
}
