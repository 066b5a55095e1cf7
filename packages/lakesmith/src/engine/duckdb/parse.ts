import type { ParseResult } from '../engine.ts';
import type { Session } from './session.ts';
import { fromCodePoints, parseTree, printTree } from './tree-json.ts';

/** The engine's tree of a statement, or where it stops making sense. */
export async function parseStatement(session: Session, sql: string): Promise<ParseResult> {
  const [row] = await session.rows('SELECT CAST(json_serialize_sql(CAST($sql AS VARCHAR)) AS VARCHAR) AS tree', {
    sql,
  });
  const text = String(row?.['tree']);
  if (text.startsWith('{"error":true')) return refusal(text, sql);
  if (/"value":-?Infinity|"value":NaN/.test(text))
    return { ok: false, message: 'A number in the SQL is too large', offset: 0 };
  const tree: unknown = parseTree(text, sql);
  return { ok: true, tree };
}

function refusal(text: string, sql: string): ParseResult {
  const facts: unknown = JSON.parse(text);
  const {
    error_type: kind,
    error_message: message,
    position,
  } = typeof facts === 'object' && facts !== null ? (Object(facts) as Record<string, unknown>) : {};
  const offset = fromCodePoints(sql, Number(position ?? 0));
  if (kind === 'not implemented')
    return { ok: false, message: 'Only a SELECT can stand here (PIVOT as FROM (PIVOT …))', offset: 0 };
  return { ok: false, message: String(message), offset: Number.isNaN(offset) ? 0 : offset };
}

/** The SQL text of a tree. */
export async function printStatement(session: Session, tree: unknown): Promise<string> {
  const [row] = await session.rows('SELECT json_deserialize_sql(CAST($tree AS JSON)) AS sql', {
    tree: printTree(tree),
  });
  return String(row?.['sql']);
}
