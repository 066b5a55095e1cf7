import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError } from '../../../core/errors.ts';
import { systemErrorCode } from '../../../core/platform.ts';
import type { DbtManifest } from './manifest.ts';
import { compile, readManifest } from './manifest.ts';

/** A dbt project as it was found. */
export interface DbtProject {
  readonly folder: string;
  readonly manifest: DbtManifest;
  /** Whether incremental models are known to be compiled as on their first run. */
  readonly full: boolean;
}

/** Reads what dbt left in target/. LS4005 when there is no manifest that can be imported. */
export async function readDbt(folder: string): Promise<DbtProject> {
  const file = join(folder, 'target/manifest.json');
  const json = await textOf(file);
  if (json === undefined) throw new LakeError('LS4005', `${file} is no file that can be read`, { hint: compile });
  const manifest = readManifest(json, file);
  return { folder, manifest, full: await isFull(folder, manifest) };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) throw error;
    return undefined;
  }
}

/** The results of the command that made the manifest say how it was called. */
async function isFull(folder: string, { metadata }: DbtManifest): Promise<boolean> {
  const text = await textOf(join(folder, 'target/run_results.json'));
  if (text === undefined) return false;
  const results = JSON.parse(text) as { metadata?: { invocation_id?: string }; args?: { full_refresh?: boolean } };
  return results.metadata?.invocation_id === metadata.invocation_id && results.args?.full_refresh === true;
}
