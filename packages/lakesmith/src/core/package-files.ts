import { fileURLToPath } from 'node:url';

/**
 * A file of this installation, by its path in the package. Modules ask here and not by where they lie themselves: they run from their source (tests),
 * compiled, and as parts of the program in `dist/program/`, and all of these lie two folders deep.
 */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
