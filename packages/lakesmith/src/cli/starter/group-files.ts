import { basename, dirname, extname } from 'node:path';
import { plainName } from '../plain-name.ts';

export type TextKind = 'csv' | 'json' | 'ndjson';

/** Files whose names are the same word but for numbers and dates. */
export interface AlikeFiles {
  /** The word as a name of a table. */
  readonly word: string;
  readonly kind: TextKind;
  readonly ending: string;
  /** Paths as they were given, sorted. */
  readonly files: readonly string[];
}

/** Files of one source. */
export interface FileGroup extends Omit<AlikeFiles, 'word'> {
  readonly name: string;
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
 * whose name is nothing but those, or has no letter that the name of a table can have, is called after its folder.
 */
export function alikeFiles(files: readonly string[]): readonly AlikeFiles[] {
  const groups = new Map<string, AlikeFiles & { readonly files: string[] }>();
  for (const file of [...files].sort()) {
    const kind = kindOf(file);
    if (kind === undefined) continue;
    const ending = extname(file);
    const folder = dirname(file);
    const written = steadyPart(basename(file, ending));
    const word =
      [written, folder === '.' ? '' : basename(folder)].map(plainName).find((name) => name !== 't_') ?? 'data';
    const id = `${folder}\n${written}\n${ending}`;
    const group = groups.get(id) ?? { word: word.replace(/__changes$/, '_log'), kind, ending, files: [] };
    group.files.push(file);
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** The sources that files make, and what is to be said of their names. */
export interface Sources {
  readonly groups: readonly FileGroup[];
  readonly said: readonly string[];
}

/**
 * Words that make one name, such as a-b and A_B in one folder, are one source when their files have the same columns; else
 * each is one of its own. `columnsOf` gives the names of the columns in any form that can be compared.
 */
export function sourcesOf(alike: readonly AlikeFiles[], columnsOf: (files: AlikeFiles) => string): Sources {
  const joined = new Map<string, AlikeFiles[]>();
  for (const one of alike) {
    const id = [dirname(one.files[0] ?? ''), one.word, one.ending, columnsOf(one)].join('\n');
    joined.set(id, [...(joined.get(id) ?? []), one]);
  }
  const firsts = new Map<string, string>();
  const said: string[] = [];
  const groups = [...joined.values()].flatMap((parts): readonly FileGroup[] => {
    const [part] = parts;
    if (part === undefined) return [];
    const { word, kind, ending } = part;
    let name = word;
    for (let n = 2; firsts.has(name); n += 1) name = `${word}_${n}`;
    const files = parts.flatMap((one) => one.files).sort();
    const [first = ''] = files;
    if (name !== word) said.push(`${first} is bronze.${name}: bronze.${word} is of ${firsts.get(word) ?? ''}`);
    if (parts.length > 1) {
      const each = parts.map((one) => one.files[0]).join(', ');
      said.push(`${each} have the same columns: they are one source, bronze.${name}`);
    }
    firsts.set(name, first);
    return [{ name, kind, ending, files }];
  });
  return { groups, said };
}

/** A name without the dates and numbers at its end. */
function steadyPart(stem: string): string {
  const changing = /(?:^|[-_. ])(?:[wvq]?\d+(?:t\d+z?)?|part[-_]?\d+|\d{4}[-_]?[wq]\d+)$|(?<=[a-z])\d{4,}$/i;
  let word = stem;
  while (changing.test(word)) word = word.replace(changing, '');
  return word;
}
