import type { ProjectFiles } from '../project/files.ts';
import type { BoundProject } from '../project/model.ts';

/**
 * A project together with what was known of it before: a table whose file is wrong just now, and columns that cannot be
 * bound just now, are as they last were. What has no file any more is gone.
 */
export async function rememberProject(
  before: BoundProject | undefined,
  now: BoundProject | undefined,
  files: ProjectFiles,
): Promise<BoundProject | undefined> {
  if (before === undefined || now === undefined) return now ?? before;
  const tables = new Map(now.project.tables);
  const schemas = new Map(now.schemas);
  for (const [name, table] of before.project.tables) {
    if (!tables.has(name) && (await files.read(table.file)) === undefined) continue;
    if (!tables.has(name)) tables.set(name, table);
    if (schemas.get(name) === undefined) schemas.set(name, before.schemas.get(name));
  }
  return { project: { ...now.project, tables }, schemas };
}
