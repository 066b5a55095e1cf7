import { join } from 'node:path';

/** Where programs that work on a project put what goes with them. */
export function temporaryPlace(project: { readonly folder: string }): string {
  return join(project.folder, '.lakesmith', 'tmp');
}
