import type { Diagnostic } from '../core/errors.ts';
import { LakeError } from '../core/errors.ts';
import type { Engine, QueryRequest } from '../engine/engine.ts';
import { describeBindFailure } from '../project/column-findings.ts';
import { engineSays } from '../project/engine-words.ts';
import { sqlPlace } from '../project/sql-place.ts';

const file = 'query';
const sqlStart = { line: 1, column: 1 };

/** Where a character of a question stands, with its line. */
export function placeInQuestion(sql: string, offset: number): Pick<Diagnostic, 'place' | 'excerpt'> {
  const place = sqlPlace({ file, sql, sqlStart }, offset);
  return { place, excerpt: { line: sql.split('\n')[place.line - 1] ?? '' } };
}

export function questionError(finding: Diagnostic): LakeError {
  return new LakeError(finding.code, finding.message, { diagnostics: [finding] });
}

/** Why the engine refused a question, in the words of who asked it; an error that is not about its names stays as it is. */
export async function explainRefusal(engine: Engine, request: QueryRequest, error: unknown): Promise<unknown> {
  if (!(error instanceof LakeError) || error.code !== 'LS2101') return error;
  const [parsed] = await engine.parse([request.sql]);
  const binding = await engine.describe(request);
  if (binding.ok || parsed?.ok !== true) return error;
  const { sql } = request;
  const inputs = new Map(request.relations.map((relation) => [relation.name.toLowerCase(), relation.columns]));
  const named = binding.problem === 'column' || binding.problem === 'table';
  const found = named
    ? describeBindFailure({ name: file, file, sql, sqlStart, tree: () => parsed.tree }, binding, {
        inputs,
        untold: undefined,
      })
    : { message: `The query cannot be answered: ${engineSays(binding.message)}` };
  const at = 'place' in found ? offsetOf(sql, found.place) : binding.offset;
  return questionError({ ...found, code: 'LS2101', ...(at === undefined ? {} : placeInQuestion(sql, at)) });
}

function offsetOf(sql: string, place: Diagnostic['place']): number {
  const { line = 1, column = 1 } = place ?? {};
  return (
    sql
      .split('\n')
      .slice(0, line - 1)
      .reduce((sum, text) => sum + text.length + 1, 0) +
    column -
    1
  );
}
