import type { Diagnostic } from '../core/errors.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import type { Step, Vocabulary } from '../sql/vocabulary.ts';
import type { Macros } from './macros.ts';
import { readMacros } from './macros.ts';
import type { Parameter } from './parameters.ts';
import { parameterNodes } from './parameters.ts';
import type { ProjectText } from './project-text.ts';

/** The words that the SQL of a project may use besides the engine's, and what reading them found. */
export async function readWords(
  text: ProjectText,
  parameters: readonly Parameter[],
  compiler: SqlCompiler,
): Promise<Vocabulary & Macros & { readonly steps: Map<string, Step> }> {
  const diagnostics: Diagnostic[] = [];
  const files = new Map<string, string>();
  for (const file of await text.list('macros')) {
    if (!file.endsWith('.sql')) {
      const message = `${file} is not a file of macros`;
      const place = { file, line: 1, column: 1 };
      diagnostics.push({ code: 'LS1209', message, place, hint: 'write CREATE MACRO statements in a .sql file' });
      continue;
    }
    const content = await text.read(file);
    if (content !== undefined) files.set(file, content);
  }
  const nodes = await parameterNodes(parameters, compiler);
  const macros = await readMacros(files, { parameters: nodes, compiler });
  return { ...macros, parameters: nodes, steps: new Map(), diagnostics: [...diagnostics, ...macros.diagnostics] };
}

/** Parameters that no SQL takes. What stands in files whose SQL is not read yet counts by its name alone. */
export function unusedParameters(
  parameters: readonly Parameter[],
  used: ReadonlySet<string>,
  texts: ReadonlyMap<string, string>,
): readonly Diagnostic[] {
  const unread = [...texts].filter(([file]) => /^(alerts|dashboards|jobs|publish|macros)\//.test(file));
  return parameters
    .filter(({ name }) => !used.has(`parameter ${name}`) && !unread.some(([, text]) => text.includes(`$${name}`)))
    .map(({ name, place }) => ({
      code: 'LS1011',
      message: `Nothing uses parameter ${name}`,
      place,
      hint: `write $${name} in a model, or remove it`,
    }));
}
