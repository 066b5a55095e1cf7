import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { LakeError, messageOf } from '../core/errors.ts';
import type { ProjectFiles } from './files.ts';

/** The files of a project as a git reference has them: a branch, a tag, a commit. LS4003 when there is none, or no git. */
export async function gitProjectFiles(folder: string, reference: string): Promise<ProjectFiles> {
  const listed = await git(folder, reference, [
    'ls-tree',
    '-r',
    '-z',
    '--name-only',
    '--end-of-options',
    reference,
    '.',
  ]);
  const names = listed.split('\0').filter((name) => name !== '' && !/(^|\/)\./.test(name));
  const contents = await contentsOf(
    folder,
    names.map((name) => `${reference}:./${name}`),
  );
  const files = new Map(names.map((name, i) => [name, contents[i]]));
  return {
    folder,
    list: (below) => Promise.resolve(names.filter((name) => name.startsWith(`${below}/`)).sort()),
    read: (path) => Promise.resolve(files.get(path)),
  };
}

async function git(folder: string, reference: string, args: readonly string[]): Promise<string> {
  try {
    const options = { cwd: folder, maxBuffer: 2 ** 28 };
    return (await promisify(execFile)('git', [...args], options)).stdout;
  } catch (error) {
    const why = messageOf(error).trim().split('\n').at(-1) ?? '';
    throw new LakeError('LS4003', `git knows nothing of ${reference} in ${folder}: ${why}`, { cause: error });
  }
}

/** All of them with one call: a process for each would take longer than reading them. */
async function contentsOf(folder: string, objects: readonly string[]): Promise<readonly Uint8Array[]> {
  const child = spawn('git', ['cat-file', '--batch'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(objects.map((object) => `${object}\n`).join(''));
  await once(child, 'close');
  const bytes = Buffer.concat(chunks);
  const contents: Uint8Array[] = [];
  for (let at = 0; contents.length < objects.length;) {
    const end = bytes.indexOf(10, at);
    const size = /^\S+ \S+ (\d+)$/.exec(bytes.subarray(at, Math.max(at, end)).toString())?.[1];
    if (size === undefined) throw new LakeError('LS9001', `git did not give ${objects[contents.length] ?? ''}.`);
    contents.push(bytes.subarray(end + 1, end + 1 + Number(size)));
    at = end + 2 + Number(size);
  }
  return contents;
}
