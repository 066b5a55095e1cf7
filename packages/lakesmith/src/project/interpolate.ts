import type { Diagnostic } from '../core/errors.ts';
import type { YamlValue } from './yaml.ts';

/** What `${env:NAME}` is read from. */
export type Environment = Readonly<Record<string, string | undefined>>;

const reference = /\$\{([^}]*)\}/g;

/**
 * Replaces `${env:NAME}` and `${env:NAME:-default}` in every text of a value. `${secret:…}` stays: secrets are
 * resolved where they are used and never become part of a project.
 */
export function interpolate(
  value: YamlValue,
  env: Environment,
): { value: YamlValue; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const visit = (node: YamlValue): YamlValue => {
    if (node.kind === 'list') return { ...node, items: node.items.map(visit) };
    if (node.kind === 'map') {
      const entries = [...node.entries].map(([key, entry]) => [key, { ...entry, value: visit(entry.value) }] as const);
      return { ...node, entries: new Map(entries) };
    }
    if (typeof node.value !== 'string' || !node.value.includes('${')) return node;
    const replaced = node.value.replace(reference, (whole, inner: string) => {
      const found = resolve(inner, env);
      if (typeof found === 'string') return found;
      if (found !== undefined) diagnostics.push({ ...found, place: node.place });
      return whole;
    });
    return { ...node, value: replaced };
  };
  return { value: visit(value), diagnostics };
}

/** The text, a finding, or undefined for what stays as it is. */
function resolve(inner: string, env: Environment): string | Omit<Diagnostic, 'place'> | undefined {
  if (inner.startsWith('secret:') && inner.length > 'secret:'.length) return undefined;
  const match = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inner);
  if (match === null) {
    const word = /^[A-Za-z_][A-Za-z0-9_]*$/.test(inner) ? inner : 'NAME';
    return {
      code: 'LS1004',
      message: `\${${inner}} is not a reference`,
      hint: `write \${env:${word}}, \${env:${word}:-default} or \${secret:store/name}`,
    };
  }
  const [, name = '', fallback] = match;
  const set = env[name];
  if (set !== undefined && set !== '') return set;
  if (fallback !== undefined) return fallback;
  return {
    code: 'LS1006',
    message: `Environment variable ${name} is not set`,
    hint: `set it, or give a default: \${env:${name}:-…}`,
  };
}
