import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import type { ModuleAnswer, ModuleQuestion } from './messages.ts';

// Runs in the thread that looks for modules on behalf of a worker: modules of the user come from the program, which
// knows their text and takes the types off; packages come from where Node finds them.

const own = new URL('../', import.meta.url).href;
const waiting = new Map<number, (answer: ModuleAnswer) => void>();
let port: MessagePort | undefined;
let asked = 0;

type Question = ModuleQuestion extends infer Q ? (Q extends { readonly id: number } ? Omit<Q, 'id'> : never) : never;

export const initialize: InitializeHook<MessagePort> = (modules) => {
  port = modules;
  modules.on('message', (answer: ModuleAnswer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
};

async function ask(question: Question): Promise<ModuleAnswer> {
  const id = asked++;
  const answer = new Promise<ModuleAnswer>((resolve) => waiting.set(id, resolve));
  port?.postMessage({ id, ...question });
  const given = await answer;
  if ('failed' in given) throw new Error(given.failed);
  return given;
}

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const parent = context.parentURL ?? '';
  if (specifier === 'lakesmith' && !parent.startsWith(own))
    return { url: new URL('authoring.js', import.meta.url).href, shortCircuit: true };
  const isFile = /^\.{0,2}\//.test(specifier) || specifier.startsWith('file:');
  const isOwn = specifier.startsWith(own) || (parent.startsWith(own) && specifier.startsWith('.'));
  if (!isFile || isOwn || (isInPackage(parent) && !parent.startsWith(own))) {
    const found = await nextResolve(specifier, context);
    if (!parent.startsWith(own) && isInPackage(found.url)) await notePackage(found.url, parent);
    return found;
  }
  const answer = await ask({ kind: 'resolve', specifier, parent });
  return 'url' in answer ? { url: answer.url, shortCircuit: true } : nextResolve(specifier, context);
};

export const load: LoadHook = async (url, context, nextLoad) => {
  if (!url.startsWith('file:') || url.startsWith(own) || isInPackage(url)) return nextLoad(url, context);
  const answer = await ask({ kind: 'load', url });
  return 'source' in answer
    ? { format: answer.format, source: answer.source, shortCircuit: true }
    : nextLoad(url, context);
};

/** By package, those that it imports: they are loaded once, and files that are read later need them too. */
const imported = new Map<string, Set<string>>();

async function notePackage(url: string, parent: string): Promise<void> {
  const root = packageOf(url);
  const importer = isInPackage(parent) ? packageOf(parent) : undefined;
  if (importer !== undefined) imported.set(importer, new Set([...(imported.get(importer) ?? []), root]));
  const needed = new Set([root]);
  for (const one of needed) for (const other of imported.get(one) ?? []) needed.add(other);
  for (const one of needed) await ask({ kind: 'package', url: one });
}

/** The folder of the package that a module is of. */
function packageOf(url: string): string {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(url)?.[0] ?? url;
}

function isInPackage(url: string): boolean {
  return url.includes('/node_modules/');
}
