import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What lies at a path of a table: bytes, nothing, or a link to somewhere. */
export type Content = Buffer | null | { readonly link: string };

/** All files of a table by their paths. */
export type Files = ReadonlyMap<string, Buffer>;

export function filesIn(folder: string): Files {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = found.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

export function put(folder: string, changes: ReadonlyMap<string, Content>): void {
  for (const [path, content] of changes) {
    const place = join(folder, path);
    rmSync(place, { force: true, recursive: true });
    if (content === null) continue;
    mkdirSync(dirname(place), { recursive: true });
    if (Buffer.isBuffer(content)) writeFileSync(place, content);
    else symlinkSync(content.link, place);
  }
}

/** What `put` must be given so that the folder is as it was. */
export function undoing(files: Files, changes: ReadonlyMap<string, Content>): ReadonlyMap<string, Content> {
  return new Map([...changes.keys()].map((path) => [path, files.get(path) ?? null]));
}
