import type { SqlBinding } from '../sql/compiler.ts';

type Refusal = Extract<SqlBinding, { ok: false }>;

/** What the engine said, without the lists it adds. */
export function engineSays(message: string): string {
  return message
    .replace(
      /\s*(Candidate (functions|bindings|tables|columns):|Did you mean "|Either add it|You might need to add|Use "?)[\s\S]*$/,
      '',
    )
    .replace(/[.!:\s]+$/, '');
}

/** What to do about a refusal, as far as the engine knows. */
export function engineAdvises(refusal: Refusal): string | undefined {
  const { message, candidates } = refusal;
  if (/must appear in the GROUP BY/.test(message))
    return 'write group by all, or put it into an aggregate such as max()';
  if (/explicit (type )?cast/.test(message)) return 'cast one of the two: value::type';
  const names = candidates.filter((candidate) => /^[\w.]+$/.test(candidate)).slice(0, 3);
  return names.length === 0 ? undefined : `Did you mean ${names.join(' or ')}?`;
}

/** What to do where the engine stops making sense of a model. */
export function parseHint(sql: string, offset: number): string {
  if (/\{\{|\{%/.test(sql)) return 'there is no templating language: write plain SQL, and $name for a parameter';
  if (/,\s*$/.test(sql.slice(0, offset)) && /^(from|where|group|order)\b/i.test(sql.slice(offset)))
    return 'remove the comma before it';
  return 'the mistake is here or just before';
}
