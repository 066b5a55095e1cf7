import { treeIn } from '../../sql/tree-text.ts';
import { isNode } from '../../sql/tree.ts';
import type { ParseResult } from '../engine.ts';
import type { Session } from './session.ts';
import { rememberTree } from './recent-trees.ts';
import { exactTree, fromCodePoints, plainText, printTree } from './tree-json.ts';
import { writtenJoins } from './written-joins.ts';

/** So many statements go to the engine together: each call costs more than a statement. */
const together = 200;

/** The engine's trees of statements, in order, or where one stops making sense. */
export async function parseStatements(session: Session, statements: readonly string[]): Promise<ParseResult[]> {
  const results: ParseResult[] = [];
  for (let from = 0; from < statements.length; from += together) {
    const some = statements.slice(from, from + together);
    const texts = await serialized(session, some);
    results.push(...some.map((sql, i) => readTree(texts[i] ?? '', sql)));
  }
  return results;
}

async function serialized(session: Session, statements: readonly string[]): Promise<readonly string[]> {
  const [only = ''] = statements;
  const rows =
    statements.length === 1
      ? await session.rows('SELECT CAST(json_serialize_sql(CAST($sql AS VARCHAR)) AS VARCHAR) AS tree', { sql: only })
      : await session.rows(
          `SELECT CAST(json_serialize_sql(sql) AS VARCHAR) AS tree
          FROM (SELECT unnest(from_json($sqls, '["VARCHAR"]')) AS sql, unnest(range(${statements.length})) AS i) ORDER BY i`,
          { sqls: JSON.stringify(statements) },
        );
  return rows.map((row) => String(row['tree']));
}

function readTree(text: string, sql: string): ParseResult {
  if (text.startsWith('{"error":true')) return refusal(text, sql);
  if (/"value":-?Infinity|"value":NaN/.test(text))
    return { ok: false, message: 'A number in the SQL is too large', offset: 0 };
  const plain = plainText(text, sql);
  if (plain === undefined) {
    const tree = exactTree(text, sql);
    rememberTree(sql, () => tree);
    return { ok: true, tree };
  }
  const tree = treeIn(plain);
  rememberTree(sql, tree);
  return {
    ok: true,
    get tree() {
      return tree();
    },
    text: plain,
  };
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
  if (Number.isNaN(offset)) return { ok: false, message: String(message), offset: 0 };
  return { ok: false, message: `${String(message)}${hintOf(sql.slice(0, offset))}`, offset };
}

/** Many tables have a column of this name, and of all words that begin something in SQL it looks least like one. */
function hintOf(before: string): string {
  const isWord = /(?:^|[^\w".])at\s*$/i.test(before);
  return isWord ? '; at is a word of the SQL, so a column of that name stands in quotes: "at"' : '';
}

/** The SQL text of a tree. */
export async function printStatement(session: Session, tree: unknown): Promise<string> {
  const [row] = await session.rows('SELECT json_deserialize_sql(CAST($tree AS JSON)) AS sql', {
    tree: printTree(isNode(tree) ? writtenJoins(tree) : tree),
  });
  return String(row?.['sql']);
}
