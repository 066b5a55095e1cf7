import { nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode, TreeValue } from '../tree.ts';

/**
 * An expression over numbered columns that can be printed and asked again somewhere else. `type` is the engine's own name of its
 * type; undefined for types whose values can be equal and yet differ by more than their bytes tell (collations).
 */
export type Expression =
  | { readonly kind: 'column'; readonly index: number; readonly type: string | undefined }
  | { readonly kind: 'constant'; readonly sql: string; readonly type: string | undefined }
  | {
      readonly kind: 'cast';
      readonly args: readonly [Expression];
      readonly attempt: boolean;
      readonly type: string | undefined;
    }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly type: string | undefined;
    };

/** Types in which equal values are the same value: no -0.0, no NaN, no month that is thirty days. */
const exactTypes: ReadonlySet<string> = new Set(
  `BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT DECIMAL DATE TIME TIMESTAMP TIMESTAMP_S
  TIMESTAMP_MS TIMESTAMP_NS VARCHAR JSON UUID BLOB`.split(/\s+/),
);

const infix: ReadonlySet<string> = new Set(['+', '-', '*', '%', '||', '//', '->>']);

/** Functions of which a key may be made: printed, they bind to themselves. */
const printable: ReadonlySet<string> = new Set(
  `coalesce struct_extract date_trunc year month day quarter week hour minute dayofweek isodow date_part last_day strftime strptime try_strptime
  epoch_ms lower upper abs length substring substr concat concat_ws md5 sha256 trim ltrim rtrim lpad rpad left right replace reverse
  regexp_extract regexp_replace json_extract_string`.split(/\s+/),
);

/** Functions that refuse some values, and those that make NULL of these. */
const attempts: Readonly<Record<string, string>> = { strptime: 'try_strptime' };

/** Takes a part out of a value. That is the same of values that are equal, whatever else they are made of, if it is exact itself. */
const takesPart = 'struct_extract';

/** The name of a type as the engine writes it; undefined for text that is compared otherwise than by its bytes. */
export function typeName(type: TreeNode | undefined): string | undefined {
  if (type === undefined) return undefined;
  const info = nodeAt(type, 'type_info');
  const id = textAt(type, 'id');
  if (info !== undefined && textAt(info, 'collation') !== '') return undefined;
  // JSON is text that was looked at.
  if (info !== undefined && textAt(info, 'alias') === 'JSON') return 'JSON';
  if (id !== 'DECIMAL' || info === undefined) return id;
  return `DECIMAL(${Number(info['width'])},${Number(info['scale'])})`;
}

/** Whether equal values of a type are the same value. */
export function isExactType(type: string | undefined): boolean {
  if (type === undefined) return false;
  return type === 'TIMESTAMP WITH TIME ZONE' || exactTypes.has(type.replace(/\(.*/, ''));
}

/** Whether a value of this expression, and of everything that it is made of, says which value it is. */
export function isExact(expression: Expression): boolean {
  if (!isExactType(expression.type)) return false;
  if (expression.kind === 'call' && expression.name === takesPart) return true;
  return expression.kind === 'column' || expression.kind === 'constant' || expression.args.every(isExact);
}

/** Whether it can be followed to the rows that it came from: it is exact, or made of parts that may be. */
export function isFollowed(expression: Expression): boolean {
  return isExact(expression) || (expression.kind !== 'constant' && expression.type === 'STRUCT');
}

/** Two expressions with the same text are the same over the same columns. */
export function identityOf(expression: Expression): string {
  switch (expression.kind) {
    case 'column':
      return `#${expression.index}`;
    case 'constant':
      return expression.sql;
    case 'cast':
      return `${expression.attempt ? 'try_cast' : 'cast'}(${identityOf(expression.args[0])} as ${expression.type ?? '?'})`;
    case 'call':
      return `${expression.name}(${expression.args.map(identityOf).join(', ')})`;
  }
}

/** The numbers of its columns. */
export function columnsOf(expression: Expression): readonly number[] {
  if (expression.kind === 'constant') return [];
  return expression.kind === 'column' ? [expression.index] : expression.args.flatMap(columnsOf);
}

/** SQL of the expression, with these names for its columns. */
export function printExpression(expression: Expression, column: (index: number) => string): string {
  switch (expression.kind) {
    case 'column':
      return column(expression.index);
    case 'constant':
      return expression.sql;
    case 'cast':
      return `${expression.attempt ? 'try_cast' : 'cast'}(${printExpression(expression.args[0], column)} as ${expression.type ?? ''})`;
    case 'call': {
      const args = expression.args.map((arg) => printExpression(arg, column));
      return infix.has(expression.name)
        ? `(${args.join(` ${expression.name} `)})`
        : `${expression.name}(${args.join(', ')})`;
    }
  }
}

/** The same, but NULL where that refuses a value. */
export function attempted(expression: Expression): Expression {
  switch (expression.kind) {
    case 'cast':
      return { ...expression, args: [attempted(expression.args[0])], attempt: true };
    case 'call':
      return {
        ...expression,
        name: attempts[expression.name] ?? expression.name,
        args: expression.args.map(attempted),
      };
    default:
      return expression;
  }
}

/** An expression of a bound plan; undefined for one that is not to be printed. */
export function readExpression(node: TreeNode | undefined): Expression | undefined {
  if (node === undefined) return undefined;
  const type = typeName(nodeAt(node, 'return_type'));
  switch (node['expression_class']) {
    case 'BOUND_REF':
      return typeof node['index'] === 'number' ? { kind: 'column', index: node['index'], type } : undefined;
    case 'BOUND_CONSTANT':
      return readConstant(nodeAt(node, 'value'));
    case 'BOUND_CAST': {
      const child = readExpression(nodeAt(node, 'child'));
      if (child === undefined || type === undefined) return undefined;
      // The engine casts texts to texts, which says nothing.
      if (child.kind === 'constant' && child.type === type) return child;
      return { kind: 'cast', args: [child], attempt: node['try_cast'] === true, type };
    }
    case 'BOUND_FUNCTION':
      return readCall(textAt(node, 'name'), node, type);
    case 'BOUND_OPERATOR':
      return node['type'] === 'OPERATOR_COALESCE' ? readCall('coalesce', node, type) : undefined;
    default:
      return undefined;
  }
}

function readCall(name: string, node: TreeNode, type: string | undefined): Expression | undefined {
  if (!infix.has(name) && !printable.has(name)) return undefined;
  const args = nodesAt(node, 'children').map(readExpression);
  return args.every((arg) => arg !== undefined) ? { kind: 'call', name, args, type } : undefined;
}

function readConstant(value: TreeNode | undefined): Expression | undefined {
  const type = typeName(value && nodeAt(value, 'type'));
  if (value === undefined || type === undefined) return undefined;
  if (value['is_null'] === true) return { kind: 'constant', sql: `cast(null as ${type})`, type };
  const text = numberText(value['value']);
  if (/INT$|^INTEGER$/.test(type) && text !== undefined)
    return { kind: 'constant', sql: `cast(${text} as ${type})`, type };
  if (type === 'BOOLEAN') return { kind: 'constant', sql: String(value['value'] === true), type };
  if (type !== 'VARCHAR' || typeof value['value'] !== 'string') return undefined;
  return { kind: 'constant', sql: `'${value['value'].replaceAll("'", "''")}'`, type };
}

/** A number as it stands in a tree, with all of its digits. */
export function numberText(value: TreeValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  const exact = typeof value === 'object' && value !== null && '$number' in value ? value['$number'] : undefined;
  return typeof exact === 'string' ? exact : undefined;
}

/** The same expression of columns that stand so much further to the right. */
export function shifted(expression: Expression, by: number): Expression {
  if (expression.kind === 'constant') return expression;
  if (expression.kind === 'column') return { ...expression, index: expression.index + by };
  if (expression.kind === 'cast') return { ...expression, args: [shifted(expression.args[0], by)] };
  return { ...expression, args: expression.args.map((arg) => shifted(arg, by)) };
}

/** The expression said over the results of others: `made[j]` is what column j is now. Undefined when it needs more than they tell. */
export function throughExpressions(
  expression: Expression,
  made: readonly (Expression | undefined)[],
): Expression | undefined {
  const identity = identityOf(expression);
  const index = made.findIndex((one) => one !== undefined && identityOf(one) === identity);
  if (index >= 0) return { kind: 'column', index, type: expression.type };
  if (expression.kind === 'column') return undefined;
  if (expression.kind === 'constant') return expression;
  return withArgs(
    expression,
    expression.args.map((arg) => throughExpressions(arg, made)),
  );
}

/** The same cast or call of other arguments. */
export function withArgs(
  expression: Expression & { readonly kind: 'cast' | 'call' },
  args: readonly (Expression | undefined)[],
): Expression | undefined {
  if (!args.every((arg) => arg !== undefined)) return undefined;
  if (expression.kind === 'call') return { ...expression, args };
  const [child] = args;
  return child === undefined ? undefined : { ...expression, args: [child] };
}
