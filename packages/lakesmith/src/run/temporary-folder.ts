import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Does something with a folder of its own inside the project, which goes with it. */
export async function withTemporaryFolder<T>(
  project: { readonly folder: string },
  purpose: string,
  act: (folder: string) => Promise<T>,
): Promise<T> {
  const parent = join(project.folder, '.lakesmith', 'tmp');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, `${purpose}-`));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
