/**
 * Modules as one classic script: a page that is opened from disk may load no other. Each module becomes a function whose exports the
 * later ones take, so names stay their own. Modules import only each other (`import { a } from './b.js'`), and export what they declare.
 */
export function joinModules(modules: ReadonlyMap<string, string>, entry: string): string {
  const parts: string[] = [];
  const done = new Set<string>();
  const add = (name: string): void => {
    if (done.has(name)) return;
    done.add(name);
    const text = modules.get(name);
    if (text === undefined) throw new Error(`there is no module ${name}`);
    for (const [, , from = ''] of text.matchAll(importLine)) add(from);
    parts.push(partOf(name, text));
  };
  add(entry);
  return `'use strict';\n(() => {\nconst modules = {};\n${parts.join('')}})();\n`;
}

const importLine = /^import \{ ([^}]*) \} from ["']\.\/([\w-]+)\.js["'];\n/gm;
const exportWord = /^export (?=(?:async )?(?:function|const|class) (\w+))/gm;

function partOf(name: string, text: string): string {
  const exported = [...text.matchAll(exportWord)].map(([, word]) => word);
  const body = text
    .replaceAll(importLine, (_, names: string, from: string) => `const { ${names} } = modules['${from}'];\n`)
    .replaceAll(exportWord, '')
    .replaceAll(/^export \{\};\n?/gm, '');
  const left = /^(?:import|export) .*$/m.exec(body);
  if (left !== null) throw new Error(`module ${name} says more than can be joined: ${left[0]}`);
  return `modules['${name}'] = (() => {\n${body.trimEnd()}\nreturn { ${exported.join(', ')} };\n})();\n`;
}
