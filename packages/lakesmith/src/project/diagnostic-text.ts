import type { Diagnostic } from '../core/errors.ts';

const gutter = 5;

/** Findings for a terminal: code, place and message, then the line itself with the word underlined, and what to do. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(renderDiagnostic).join('\n\n');
}

function renderDiagnostic({ code, message, place, hint, excerpt }: Diagnostic): string {
  const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column}   `;
  const head = `error  ${code}  ${where}${message}`;
  if (place === undefined || excerpt === undefined || excerpt.line.trim() === '') {
    return hint === undefined ? head : `${head}\n${' '.repeat(gutter)}   ${hint}`;
  }
  const { above, line } = excerpt;
  const indent = line.slice(0, place.column - 1).replace(/[^\t]/g, ' ');
  const marks = '^'.repeat(Math.max(1, Math.min(place.length ?? 1, line.length - place.column + 1)));
  const under = `${indent}${marks}${hint === undefined ? '' : ` ${hint}`}`;
  return [
    head,
    ...(above === undefined || above.trim() === '' ? [] : [numbered(place.line - 1, above)]),
    numbered(place.line, line),
    `${' '.repeat(gutter)} │ ${under}`,
  ].join('\n');
}

function numbered(line: number, text: string): string {
  return `${String(line).padStart(gutter)} │ ${text}`.trimEnd();
}
