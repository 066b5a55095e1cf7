import { stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/**
 * The comment by which editors know a YAML file's schema, as its first line; empty when lakesmith is not installed in
 * the project's folder or above it, since a path that holds on one machine only does not belong into a project.
 */
export async function schemaComment(file: string, schema: 'project' | 'source'): Promise<string> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules/lakesmith/schemas', `${schema}.json`);
    if ((await stat(path).catch(() => undefined))?.isFile() === true) {
      const shown = relative(dirname(file), path).split(sep).join('/');
      return `# yaml-language-server: $schema=${shown.startsWith('.') ? shown : `./${shown}`}\n`;
    }
    if (folder === dirname(folder)) return '';
  }
}
