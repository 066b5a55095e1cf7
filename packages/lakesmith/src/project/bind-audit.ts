import { LakeError } from '../core/errors.ts';
import type { Diagnostic } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { SqlBinding, SqlCompiler } from '../sql/compiler.ts';
import { tableReferences } from '../sql/references.ts';
import { keepRows } from '../sql/rules-in-tree.ts';
import { engineAdvises, engineSays } from './engine-words.ts';
import { fingerprint } from './fingerprint.ts';
import type { Check, ProjectTable, Rule } from './model.ts';
import { columnsNamed } from './plain-rules.ts';
import { vagueName } from './rule-names.ts';
import { rulePlace } from './rule-sql.ts';
import type { Untold } from './untold-columns.ts';
import { columnHint, untoldHint } from './untold-columns.ts';

type Schemas = ReadonlyMap<string, readonly Column[] | undefined>;

interface AuditContext {
  readonly compiler: SqlCompiler;
  readonly schemas: Schemas;
  /** Columns of sources that have no value yet. */
  readonly untold?: Untold | undefined;
  readonly timezone: string;
}

/** Binds the rules of a table over its output columns, and finds checks that name what is not there. */
export async function bindAudit(table: ProjectTable, context: AuditContext): Promise<readonly Diagnostic[]> {
  const columns = context.schemas.get(table.name);
  if (columns === undefined) return [];
  const vague = table.rules.flatMap((rule) => vagueName(rule, table) ?? []);
  const rules = vague.length > 0 ? vague : await bindRules(table, columns, context);
  const checks: Diagnostic[] = [];
  for (const check of table.checks) checks.push(...(await bindCheck(table, check, context)));
  return [...rules, ...checks, ...(rules.length > 0 ? [] : placeRules(table))];
}

async function bindRules(
  table: ProjectTable,
  columns: readonly Column[],
  context: AuditContext,
): Promise<readonly Diagnostic[]> {
  const ready = table.rules.filter((rule) => tablesOf(rule, context.schemas) !== undefined);
  if (ready.length === 0) return [];
  const named = columnsNamed(ready, columns);
  // The same question for every table with such a rule.
  if (named !== undefined && areRight(await bindOverColumns(ready, named, context))) return [];
  if (areRight(await bindOver(ready, { table, columns, context }))) return [];
  const diagnostics: Diagnostic[] = [];
  for (const rule of ready) {
    const alone = await bindOver([rule], { table, columns, context });
    const found = judgeRule(rule, alone, { of: table, columns, untold: context.untold });
    if (found !== undefined) diagnostics.push(found);
  }
  return diagnostics;
}

function areRight(rules: SqlBinding): boolean {
  return rules.ok && rules.columns.every((column) => column.type === 'boolean');
}

const beforeRule = 'select (';
const afterRules = (table: ProjectTable): string => {
  const [schema = '', name = ''] = table.name.split('.');
  const from = relationOf(table) === table.name ? `${quoteName(schema)}.${quoteName(name)}` : outputName;
  return `) from ${from} as ${quoteName(name)} where (`;
};

const outputName = '_output';

/** What the rows of a table are called while its rules are bound. The name of a view would mean its query. */
function relationOf(table: ProjectTable): string {
  return table.kind === 'model' && table.modelKind === 'view' ? outputName : table.name;
}

/** Rules stand in the select list, for their types, and in WHERE, where aggregates and windows are refused. */
function questionOf(rules: readonly Rule[], from: string): string {
  const list = rules.map((rule) => `${rule.sql}\n`).join('), (');
  const conditions = rules.map((rule) => `${rule.sql}\n`).join(') and (');
  return `${beforeRule}${list}${from}${conditions})`;
}

/** Rules over just these columns, of a table whose name is theirs, so that no two mean different ones by it. */
async function bindOverColumns(
  rules: readonly Rule[],
  columns: readonly Column[],
  { compiler, timezone }: AuditContext,
): Promise<SqlBinding> {
  const sorted = [...columns].sort((a, b) => (a.name < b.name ? -1 : 1));
  const name = `_rows_${fingerprint(sorted)}`;
  return await compiler.bind(questionOf(rules, `) from ${name} where (`), new Map([[name, sorted]]), timezone);
}

async function bindOver(
  rules: readonly Rule[],
  { table, columns, context }: { table: ProjectTable; columns: readonly Column[]; context: AuditContext },
): Promise<SqlBinding> {
  const tables = new Map<string, readonly Column[]>([[relationOf(table), columns]]);
  for (const rule of rules) for (const [name, found] of tablesOf(rule, context.schemas) ?? []) tables.set(name, found);
  return await context.compiler.bind(questionOf(rules, afterRules(table)), tables, context.timezone);
}

/** Columns of the tables that a rule's sub-selects read; undefined when one is not known. */
function tablesOf(rule: Rule, schemas: Schemas): ReadonlyMap<string, readonly Column[]> | undefined {
  const tables = new Map<string, readonly Column[]>();
  for (const reference of tableReferences(rule.tree)) {
    if (reference.kind === 'function') continue;
    const name = `${reference.schema}.${reference.name}`.toLowerCase();
    const columns = schemas.get(name);
    if (columns === undefined) return undefined;
    tables.set(name, columns);
  }
  return tables;
}

function judgeRule(
  rule: Rule,
  binding: SqlBinding,
  { of, columns, untold }: { of: ProjectTable; columns: readonly Column[]; untold: Untold | undefined },
): Diagnostic | undefined {
  const table = of.name;
  if (binding.ok) {
    const type = binding.columns[0]?.type;
    if (type === 'boolean') return undefined;
    const found = typeof type === 'string' ? type : (type?.type ?? 'nothing');
    const message = `Rule "${rule.name}" of ${table} is of type ${found}, and a rule must be true or false`;
    return { code: 'LS1102', message, place: rule.place, hint: 'write a comparison, such as amount > 0' };
  }
  const inList = binding.offset === undefined ? -1 : binding.offset - beforeRule.length;
  const inWhere = inList - `${rule.sql}\n${afterRules(of)}`.length;
  const place = rulePlace(rule, inList < rule.sql.length ? inList : inWhere);
  if (binding.problem === 'column') {
    const name = binding.name ?? '';
    const message = `Rule "${rule.name}" names column ${name}, which ${table} does not have`;
    const names = columns.map((column) => column.name);
    const wanted = name.split('.').at(-1) ?? name;
    return {
      code: 'LS1106',
      message,
      place,
      hint: untoldHint(untold, [table], wanted) ?? columnHint(table, names, wanted),
    };
  }
  const message = `Rule "${rule.name}" of ${table} cannot be judged: ${engineSays(binding.message)}`;
  return {
    code: 'LS1102',
    message,
    place,
    hint: engineAdvises(binding) ?? 'a rule is about the values of one row of the table',
  };
}

/** Finds rules that take rows out and for which the SELECT has no place. */
function placeRules(table: ProjectTable): readonly Diagnostic[] {
  if (table.kind !== 'model') return [];
  const removing = table.rules.filter((rule) => rule.severity === 'drop' || rule.severity === 'quarantine');
  return removing.flatMap((rule) => {
    try {
      keepRows(table.tree(), [rule]);
      return [];
    } catch (error) {
      if (!(error instanceof LakeError) || !error.code.startsWith('LS11')) throw error;
      return [{ code: error.code, message: error.message, place: rule.place, hint: 'or make the rule warn or fail' }];
    }
  });
}

async function bindCheck(table: ProjectTable, check: Check, context: AuditContext): Promise<readonly Diagnostic[]> {
  const missing = (name: string, wanted: readonly string[]): Diagnostic[] => {
    const columns = context.schemas.get(name)?.map((column) => column.name);
    return wanted
      .filter((column) => columns !== undefined && !columns.includes(column))
      .map((column) => ({
        code: 'LS1106',
        message: `Check "${check.name}" of ${table.name} names column ${column}, which ${name} does not have`,
        place: check.place,
        hint: untoldHint(context.untold, [name], column) ?? columnHint(name, columns ?? [], column),
      }));
  };
  switch (check.kind) {
    case 'row_count':
      return [];
    case 'fresh':
    case 'drift': {
      const type = context.schemas.get(table.name)?.find(({ name }) => name === check.column)?.type;
      const fits = type === undefined || (check.kind === 'fresh' ? isTime(type) : isComparable(type));
      return [...missing(table.name, [check.column]), ...(fits ? [] : [unfit(table.name, check)])];
    }
    case 'references':
      return [...missing(table.name, check.columns), ...missing(check.table, check.toColumns)];
    case 'sql':
      return await bindQuery(table, check, context);
    default:
      return missing(table.name, check.columns);
  }
}

function isTime(type: Column['type']): boolean {
  return type === 'date' || type === 'timestamp' || type === 'timestamp_ntz';
}

function isComparable(type: Column['type']): boolean {
  return typeof type === 'string' && type !== 'binary' && type !== 'variant';
}

function unfit(table: string, check: Extract<Check, { kind: 'fresh' | 'drift' }>): Diagnostic {
  const wants = check.kind === 'fresh' ? 'a date or a time' : 'a number, a text, a date, a time or a boolean';
  return {
    code: 'LS1106',
    message: `Check "${check.name}" of ${table} wants a column that is ${wants}, and ${check.column} is none`,
    place: check.place,
    hint: `name another column of ${table}`,
  };
}

async function bindQuery(
  table: ProjectTable,
  check: Extract<Check, { kind: 'sql' }>,
  { compiler, schemas, timezone }: AuditContext,
): Promise<readonly Diagnostic[]> {
  const [parse] = await compiler.parse([check.sql]);
  if (parse === undefined || !parse.ok) return [];
  const tables = new Map<string, readonly Column[]>();
  for (const reference of tableReferences(parse.tree)) {
    if (reference.kind === 'function') continue;
    const name = `${reference.schema}.${reference.name}`.toLowerCase();
    const columns = schemas.get(name);
    if (columns === undefined) return [];
    tables.set(name, columns);
  }
  const binding = await compiler.bind(check.sql, tables, timezone);
  if (binding.ok) return [];
  const message = `Check "${check.name}" of ${table.name} cannot be bound: ${engineSays(binding.message)}`;
  return [
    {
      code: 'LS1105',
      message,
      place: check.place,
      hint: engineAdvises(binding) ?? 'write a SELECT that returns the rows that are wrong',
    },
  ];
}
