import { LakeError } from '../core/errors.ts';
import type { Diagnostic } from '../core/errors.ts';

/** Findings as they are told: by file, line and column (those without a place first), each once, with its line. */
export function arrangeFindings(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
): readonly Diagnostic[] {
  const lines = new Map<string, readonly string[]>();
  const linesOf = (file: string): readonly string[] => {
    const known = lines.get(file) ?? texts.get(file)?.split(/\r?\n/) ?? [];
    lines.set(file, known);
    return known;
  };
  const seen = new Set<string>();
  const once = diagnostics.filter((diagnostic) => {
    const { place, code, message } = diagnostic;
    const identity = `${place?.file}:${place?.line}:${place?.column} ${code} ${message}`;
    return !seen.has(identity) && seen.add(identity);
  });
  return once.map((diagnostic) => withExcerpt(diagnostic, linesOf)).sort(byPlace);
}

/** One error that carries all findings. */
export function findingsError(diagnostics: readonly [Diagnostic, ...Diagnostic[]]): LakeError {
  const [first] = diagnostics;
  return new LakeError(first.code, first.message, { diagnostics });
}

function withExcerpt(diagnostic: Diagnostic, linesOf: (file: string) => readonly string[]): Diagnostic {
  if (diagnostic.place === undefined || diagnostic.excerpt !== undefined) return diagnostic;
  const lines = linesOf(diagnostic.place.file);
  const line = lines[diagnostic.place.line - 1];
  const above = lines[diagnostic.place.line - 2];
  if (line === undefined) return diagnostic;
  return { ...diagnostic, excerpt: { line, ...(above === undefined ? {} : { above }) } };
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const [one, other] = [a.place, b.place];
  if (one === undefined || other === undefined) return Number(one !== undefined) - Number(other !== undefined);
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  return one.line - other.line || one.column - other.column;
}
