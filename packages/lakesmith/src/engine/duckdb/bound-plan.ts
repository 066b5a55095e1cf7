import { quoteName } from '../../core/sql-text.ts';
import type { SqlPlan } from '../../sql/compiler.ts';
import { isNode, nodesAt, textAt } from '../../sql/tree.ts';
import type { PlanRequest } from '../engine.ts';
import { columnsSql } from './empty.ts';
import { qualifiedName, relationName } from './names.ts';
import type { Session } from './session.ts';
import { parseTree } from './tree-json.ts';

/** The plans of SELECTs over tables without rows. They are tables and not views, which a plan would show the inside of. */
export async function planStatements(session: Session, request: PlanRequest): Promise<readonly SqlPlan[]> {
  if (request.statements.length === 0) return [];
  await session.attach();
  const made = request.relations.map(({ name, columns }) => {
    const table = qualifiedName(session.catalog, relationName(name));
    return `CREATE TABLE ${table} (${columnsSql(columns)})`;
  });
  const schemas = new Set(request.relations.map(({ name }) => relationName(name).schema));
  schemas.delete('main');
  const inside = [...schemas].map((schema) => `CREATE SCHEMA ${quoteName(session.catalog)}.${quoteName(schema)}`);
  if (made.length > 0) await session.run([...inside, ...made].join('; '));
  const plans: SqlPlan[] = [];
  for (const sql of request.statements) plans.push(await planStatement(session, sql));
  return plans;
}

async function planStatement(session: Session, sql: string): Promise<SqlPlan> {
  const [row] = await session.rows('SELECT CAST(json_serialize_plan(CAST($sql AS VARCHAR)) AS VARCHAR) AS plan', {
    sql,
  });
  const answer = parseTree(String(row?.['plan']), sql);
  if (!isNode(answer)) return { ok: false, message: 'no plan' };
  const [plan, ...others] = nodesAt(answer, 'plans');
  if (answer['error'] === true) return { ok: false, message: textAt(answer, 'error_message') };
  return plan === undefined || others.length > 0
    ? { ok: false, message: 'it is not one statement' }
    : { ok: true, plan };
}
