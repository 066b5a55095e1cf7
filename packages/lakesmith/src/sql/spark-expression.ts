import { LakeError } from '../core/errors.ts';
import type { DataType, StructField } from '../core/schema.ts';
import { clockWord, freezeClock } from './clock.ts';
import type { SqlCompiler } from './compiler.ts';
import { callNode, caseNode, castNode, columnNode, nullNode, textNode } from './nodes.ts';
import { engineText } from './spark-text.ts';
import { columnNames, isNode, nodeAt, nodesAt, queryOf, textAt } from './tree.ts';
import type { TreeNode, TreeValue } from './tree.ts';

/** What an expression of a table's own may speak of. */
export interface ExpressionScope {
  readonly fields: readonly StructField[];
  /** What the clock says; absent: it may not be read. */
  readonly nowIso?: string;
}

/** An expression in the engine's SQL. */
interface EngineExpression {
  readonly sql: string;
  /** The columns that it speaks of. */
  readonly columns: readonly string[];
}

/**
 * An expression that a table keeps in Spark's SQL, as SQL of the engine that gives the same. Only what is known to mean the same
 * in both is let through; all else is a LakeError LS1205 that says why.
 */
export async function engineExpression(
  compiler: Pick<SqlCompiler, 'parse' | 'print'>,
  spark: string,
  scope: ExpressionScope,
): Promise<EngineExpression> {
  const written = engineText(spark, namesIn(scope.fields));
  if ('problem' in written) throw refused(spark, `it has ${written.problem}`);
  const [parsed] = await compiler.parse([`SELECT (${written.text}\n)`]);
  if (parsed?.ok !== true) throw refused(spark, parsed?.message ?? 'it is empty');
  const frozen =
    scope.nowIso === undefined
      ? parsed.tree
      : freezeClock(parsed.tree, { day: scope.nowIso.slice(0, 10), nowIso: scope.nowIso });
  const query = queryOf(frozen);
  const [item, another] = nodesAt(query, 'select_list');
  if (item === undefined || another !== undefined) throw refused(spark, 'it is not one expression');
  const translation = new Translation(spark, scope);
  const node = translation.node(item);
  const statement = { ...query, select_list: [{ ...node, alias: '' }] };
  const [printed = ''] = await compiler.print([
    { error: false, statements: [{ node: statement, named_param_map: [] }] },
  ]);
  const match = /^SELECT ([\s\S]+?);?$/.exec(printed.trim());
  if (match?.[1] === undefined) throw new LakeError('LS9001', `The engine printed ${printed} for an expression`);
  return { sql: match[1], columns: [...translation.columns] };
}

function namesIn(fields: readonly StructField[]): ReadonlySet<string> {
  return new Set(
    fields.flatMap(({ name, type }) => [
      name.toLowerCase(),
      ...(typeof type === 'object' && type.type === 'struct' ? namesIn(type.fields) : []),
    ]),
  );
}

const comparisons: ReadonlySet<string> = new Set(
  'COMPARE_EQUAL COMPARE_NOTEQUAL COMPARE_LESSTHAN COMPARE_GREATERTHAN COMPARE_LESSTHANOREQUALTO COMPARE_GREATERTHANOREQUALTO COMPARE_DISTINCT_FROM COMPARE_NOT_DISTINCT_FROM'.split(
    ' ',
  ),
);
const operators: ReadonlySet<string> = new Set(
  'OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE COMPARE_IN COMPARE_NOT_IN'.split(' '),
);

/** Functions that are the same in both, by the number of their arguments. */
const same: Readonly<Record<string, readonly number[]>> = {
  '+': [2],
  '-': [1, 2],
  '*': [2],
  '%': [2],
  '||': [2],
  abs: [1],
  ceil: [1],
  floor: [1],
  lower: [1],
  upper: [1],
  trim: [1],
  ltrim: [1],
  rtrim: [1],
  year: [1],
  quarter: [1],
  month: [1],
  day: [1],
  dayofmonth: [1],
  dayofyear: [1],
  hour: [1],
  minute: [1],
  md5: [1],
  nullif: [2],
};

/** The same under another name. */
const renamed: Readonly<Record<string, readonly [string, number]>> = {
  ceiling: ['ceil', 1],
  lcase: ['lower', 1],
  ucase: ['upper', 1],
  length: ['length', 1],
  char_length: ['length', 1],
  character_length: ['length', 1],
  startswith: ['starts_with', 2],
  endswith: ['suffix', 2],
  contains: ['contains', 2],
};

const units: ReadonlySet<string> = new Set('year quarter month week day hour minute second'.split(' '));

class Translation {
  readonly columns = new Set<string>();
  readonly #spark: string;
  readonly #scope: ExpressionScope;

  constructor(spark: string, scope: ExpressionScope) {
    this.#spark = spark;
    this.#scope = scope;
  }

  node(node: TreeNode): TreeNode {
    if (clockWord(node) !== undefined) throw this.#refused('it reads the clock');
    switch (node['class']) {
      case 'CONSTANT':
        return node;
      case 'COLUMN_REF':
        return this.#column(node);
      case 'COMPARISON':
        if (!comparisons.has(textAt(node, 'type'))) break;
        return this.#inside(node);
      case 'CONJUNCTION':
      case 'BETWEEN':
      case 'CASE':
        return this.#inside(node);
      case 'OPERATOR':
        if (!operators.has(textAt(node, 'type'))) break;
        return this.#inside(node);
      case 'CAST':
        return this.#cast(node);
      case 'FUNCTION':
        return this.#call(node);
    }
    throw this.#refused('a part of it is not known to mean the same here');
  }

  /** The node with all that is in it translated. */
  #inside(node: TreeNode): TreeNode {
    const child = (value: TreeValue): TreeValue => {
      if (Array.isArray(value)) return value.map(child);
      if (!isNode(value)) return value;
      return 'class' in value ? this.node(value) : this.#inside(value);
    };
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, child(value)]));
  }

  #column(node: TreeNode): TreeNode {
    const names = columnNames(node) ?? [];
    const found: string[] = [];
    let { fields } = this.#scope;
    for (const name of names) {
      const field = fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
      if (field === undefined) throw this.#refused(`there is no column ${names.join('.')}`);
      found.push(field.name);
      fields = typeof field.type === 'object' && field.type.type === 'struct' ? field.type.fields : [];
    }
    this.columns.add(found[0] ?? '');
    return columnNode(...found);
  }

  #cast(node: TreeNode): TreeNode {
    const child = nodeAt(node, 'child') ?? {};
    const target = textAt(nodeAt(node, 'cast_type') ?? {}, 'id');
    const value = this.node(child);
    const from = this.#typeOf(child);
    switch (target) {
      case 'DATE':
      case 'BOOLEAN':
      case 'DOUBLE':
      case 'FLOAT':
      case 'DECIMAL':
        if (target === 'BOOLEAN' && from === 'string' && !isConstant(child)) break;
        return { ...node, child: value };
      // Spark's TIMESTAMP is an instant.
      case 'TIMESTAMP':
      case 'TIMESTAMP WITH TIME ZONE':
        return castNode(value, 'TIMESTAMP WITH TIME ZONE');
      // Spark cuts fractions off, and the engine rounds.
      case 'TINYINT':
      case 'SMALLINT':
      case 'INTEGER':
      case 'BIGINT':
        if (from === 'string' || from === undefined) break;
        return { ...node, child: callNode('trunc', [value]) };
      case 'VARCHAR':
        if (from === undefined || !/^(?:string|byte|short|integer|long|date)$/.test(from)) break;
        return { ...node, child: value };
    }
    throw this.#refused(`its cast to ${target} may give something else here`);
  }

  /** The type of what is cast, as far as it is plain; undefined otherwise. */
  #typeOf(node: TreeNode): string | undefined {
    if (isConstant(node)) {
      const id = textAt(nodeAt(nodeAt(node, 'value') ?? {}, 'type') ?? {}, 'id');
      return id === 'VARCHAR' ? 'string' : id.toLowerCase();
    }
    let type: DataType = { type: 'struct', fields: this.#scope.fields };
    for (const name of columnNames(node) ?? [undefined]) {
      if (typeof type === 'string' || type.type !== 'struct') return undefined;
      const field: StructField | undefined = type.fields.find(
        (candidate) => candidate.name.toLowerCase() === name?.toLowerCase(),
      );
      if (field === undefined) return undefined;
      ({ type } = field);
    }
    return typeof type === 'string' ? type : undefined;
  }

  #call(node: TreeNode): TreeNode {
    const name = textAt(node, 'function_name').toLowerCase();
    const given = nodesAt(node, 'children');
    const children = given.map((child) => this.node(child));
    const [first = nullNode(), second = nullNode()] = children;
    if (same[name]?.includes(children.length) === true) return { ...node, children };
    const [other, count] = renamed[name] ?? [];
    if (other !== undefined && children.length === count) return callNode(other, children);
    switch (`${name}/${children.length}`) {
      case '~~/2':
      case '!~~/2':
        // A backslash is an escape in Spark alone.
        if (constantText(given[1])?.includes('\\') === false) return { ...node, children };
        break;
      case 'to_date/1':
      case 'date/1':
        return castNode(first, 'DATE');
      case 'dayofweek/1':
        return callNode('+', [callNode('dayofweek', [first]), numberNode(1)]);
      case 'nvl/2':
      case 'ifnull/2':
        return { class: 'OPERATOR', type: 'OPERATOR_COALESCE', alias: '', children };
      case 'isnull/1':
        return { class: 'OPERATOR', type: 'OPERATOR_IS_NULL', alias: '', children };
      case 'isnotnull/1':
        return { class: 'OPERATOR', type: 'OPERATOR_IS_NOT_NULL', alias: '', children };
      case 'if/3':
        return caseNode(first, second, children[2] ?? nullNode());
      case 'date_trunc/2':
        if (units.has(constantText(given[0])?.toLowerCase() ?? '')) return { ...node, children };
        break;
      case 'date_format/2': {
        const format = strftime(constantText(given[1]));
        if (format !== undefined) return callNode('strftime', [first, textNode(format)]);
        break;
      }
      case 'substring/3':
      case 'substr/3':
        if (isPositive(given[1]) && isPositive(given[2])) return callNode('substring', children);
        break;
    }
    throw this.#refused(`the function ${name} is not known to give the same here`);
  }

  #refused(why: string): LakeError {
    return refused(this.#spark, why);
  }
}

function isConstant(node: TreeNode | undefined): boolean {
  return node?.['class'] === 'CONSTANT';
}

function constantText(node: TreeNode | undefined): string | undefined {
  const value = isConstant(node) && node !== undefined ? nodeAt(node, 'value')?.['value'] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function isPositive(node: TreeNode | undefined): boolean {
  const value = isConstant(node) && node !== undefined ? nodeAt(node, 'value')?.['value'] : undefined;
  return typeof value === 'number' && value > 0;
}

function numberNode(value: number): TreeNode {
  return castNode(textNode(String(value)), 'INTEGER');
}

/** The pattern of a date, when it has nothing but digits of year to second and what stands between them. */
function strftime(pattern: string | undefined): string | undefined {
  if (pattern === undefined || !/^(?:yyyy|MM|dd|HH|mm|ss|[-/:. ])+$/.test(pattern)) return undefined;
  const codes: Readonly<Record<string, string>> = { yyyy: '%Y', MM: '%m', dd: '%d', HH: '%H', mm: '%M', ss: '%S' };
  return pattern.replace(/yyyy|MM|dd|HH|mm|ss/g, (part) => codes[part] ?? part);
}

function refused(spark: string, why: string): LakeError {
  return new LakeError('LS1205', `The expression ${spark} cannot be computed here: ${why}.`, {
    context: { expression: spark },
  });
}
