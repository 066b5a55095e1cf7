import { isNode, nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode, TreeValue } from '../tree.ts';
import { numberText, typeName } from './expression.ts';

// Expressions of a bound plan as SQL that should bind to them again. Whether it does has to be seen: what is not understood here, or not
// printed as it should be, is told apart by that.

/** The numbers of the columns that an expression reads. */
export function referencesIn(value: TreeValue | undefined): readonly number[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isNode(value)) return [];
  if (value['expression_class'] === 'BOUND_REF') return typeof value['index'] === 'number' ? [value['index']] : [-1];
  return Object.values(value).flatMap(referencesIn);
}

/** The expression with others in the place of the columns that it reads; those for which there is none stay. */
export function mapReferences(
  made: TreeNode,
  to: (index: number, reference: TreeNode) => TreeNode | undefined,
): TreeNode {
  const mapped = (value: TreeValue): TreeValue => {
    if (Array.isArray(value)) return value.map(mapped);
    return isNode(value) ? mapReferences(value, to) : value;
  };
  if (made['expression_class'] === 'BOUND_REF' && typeof made['index'] === 'number')
    return to(made['index'], made) ?? made;
  return Object.fromEntries(Object.entries(made).map(([name, value]) => [name, mapped(value)]));
}

/** Whether two bound expressions are the same, whatever they are called and wherever they stand in a text. */
export function isSameBound(one: TreeNode, other: TreeNode): boolean {
  return plainText(one) === plainText(other);
}

function plainText(node: TreeNode): string {
  return JSON.stringify(node, (name, value: unknown) =>
    name === 'alias' || name === 'query_location' ? undefined : value,
  );
}

/** SQL of an expression, with these names for its columns; undefined where it has what is not known here. */
export function boundSql(node: TreeNode | undefined, column: (index: number) => string): string | undefined {
  if (node === undefined) return undefined;
  const of = (one: TreeNode | undefined): string | undefined => boundSql(one, column);
  const joined = (nodes: readonly TreeNode[], word: string): string | undefined => {
    const parts = nodes.map(of);
    return parts.every((one) => one !== undefined) ? parts.join(word) : undefined;
  };
  switch (node['expression_class']) {
    case 'BOUND_REF':
      return typeof node['index'] === 'number' ? column(node['index']) : undefined;
    case 'BOUND_CONSTANT':
      return constantSql(nodeAt(node, 'value') ?? {});
    case 'BOUND_CAST':
      return castSql(node, of);
    case 'BOUND_FUNCTION': {
      const name = textAt(node, 'name');
      const args = nodesAt(node, 'children');
      if (/^\w+$/.test(name)) return enclosed(joined(args, ', '), name);
      return args.length === 2 ? enclosed(joined(args, ` ${name} `)) : enclosed(joined(args, ''), name);
    }
    case 'BOUND_CONJUNCTION':
      return enclosed(joined(nodesAt(node, 'children'), node['type'] === 'CONJUNCTION_OR' ? ' or ' : ' and '));
    case 'BOUND_COMPARISON': {
      const word = comparisons[textAt(node, 'type')];
      const sides = [nodeAt(node, 'left') ?? {}, nodeAt(node, 'right') ?? {}];
      return word === undefined ? undefined : enclosed(joined(sides, ` ${word} `));
    }
    case 'BOUND_OPERATOR':
      return operatorSql(textAt(node, 'type'), joined(nodesAt(node, 'children'), ', '));
    case 'BOUND_CASE':
      return caseSql(node, of);
    default:
      return undefined;
  }
}

const comparisons: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  COMPARE_DISTINCT_FROM: 'is distinct from',
  COMPARE_NOT_DISTINCT_FROM: 'is not distinct from',
};

type Printed = (node: TreeNode | undefined) => string | undefined;

function enclosed(inner: string | undefined, name = ''): string | undefined {
  return inner === undefined ? undefined : `${name}(${inner})`;
}

function operatorSql(type: string, inner: string | undefined): string | undefined {
  if (inner === undefined) return undefined;
  switch (type) {
    case 'OPERATOR_COALESCE':
      return `coalesce(${inner})`;
    case 'OPERATOR_NOT':
      return `(not ${inner})`;
    case 'OPERATOR_IS_NULL':
      return `(${inner} is null)`;
    case 'OPERATOR_IS_NOT_NULL':
      return `(${inner} is not null)`;
    default:
      return undefined;
  }
}

function castSql(node: TreeNode, of: Printed): string | undefined {
  const child = nodeAt(node, 'child');
  const [inner, type] = [of(child), typeName(nodeAt(node, 'return_type'))];
  if (inner === undefined || type === undefined) return undefined;
  // The engine casts texts to texts.
  const given = typeName(nodeAt(nodeAt(child ?? {}, 'value') ?? {}, 'type'));
  if (given === 'VARCHAR' && type === 'VARCHAR') return inner;
  return `${node['try_cast'] === true ? 'try_cast' : 'cast'}(${inner} as ${type})`;
}

function caseSql(node: TreeNode, of: Printed): string | undefined {
  const checks = nodesAt(node, 'case_checks').map((check) => {
    const [when, then] = [of(nodeAt(check, 'when_expr')), of(nodeAt(check, 'then_expr'))];
    return when === undefined || then === undefined ? undefined : `when ${when} then ${then}`;
  });
  const otherwise = of(nodeAt(node, 'else_expr'));
  if (otherwise === undefined || !checks.every((one) => one !== undefined)) return undefined;
  return `case ${checks.join(' ')} else ${otherwise} end`;
}

function constantSql(constant: TreeNode): string | undefined {
  if (constant['is_null'] === true) return 'null';
  const type = typeName(nodeAt(constant, 'type')) ?? '';
  const value = constant['value'];
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string' && type === 'VARCHAR') return `'${value.replaceAll("'", "''")}'`;
  const text = numberText(value) ?? '';
  if (type === 'DOUBLE' && text !== '') return Number(text).toExponential();
  const [, sign = '', digits] = /^(-?)(\d+)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
  if (scale !== undefined) return `${sign}${withPoint(digits, Number(scale))}`;
  return /INT$|^INTEGER$/.test(type) ? text : undefined;
}

function withPoint(unscaled: string, scale: number): string {
  const digits = unscaled.padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}
