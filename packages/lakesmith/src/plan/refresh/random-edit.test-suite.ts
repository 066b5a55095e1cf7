import type { Dice } from '../../core/dice.ts';
import { isNode, mapNode, textAt } from '../../sql/tree.ts';
import type { TreeNode, TreeValue } from '../../sql/tree.ts';

// One change somewhere in the syntax tree of a SELECT, such as a hand would make: most mean something else, some do not.

/** What else may stand where one of them stands. */
const words: readonly (readonly string[])[] = [
  ['COMPARE_EQUAL', 'COMPARE_NOTEQUAL', 'COMPARE_LESSTHAN', 'COMPARE_GREATERTHAN', 'COMPARE_DISTINCT_FROM'],
  ['CONJUNCTION_AND', 'CONJUNCTION_OR'],
  ['OPERATOR_IS_NULL', 'OPERATOR_IS_NOT_NULL'],
  ['INNER', 'LEFT', 'RIGHT', 'OUTER', 'SEMI', 'ANTI'],
  ['UNION', 'EXCEPT', 'INTERSECT'],
  ['ASCENDING', 'DESCENDING', 'ORDER_DEFAULT'],
  ['NULLS FIRST', 'NULLS LAST', 'ORDER_DEFAULT'],
  ['sum', 'min', 'max', 'count', 'avg', 'any_value', 'median'],
  ['+', '-', '*'],
  ['year', 'month', 'day'],
  ['lower', 'upper'],
  ['bronze.wide', 'bronze.keyed', 'bronze.bag'].map((name) => name.slice('bronze.'.length)),
];

interface Spot {
  readonly node: TreeNode;
  readonly key: string;
  readonly edits: readonly Edit[];
}

interface Edit {
  readonly kind: string;
  readonly value: TreeValue;
}

/** The tree with one of its parts changed, and what was done to it; undefined: nothing of it can be. */
export function editedTree(tree: TreeNode, dice: Dice): { readonly kind: string; readonly tree: TreeNode } | undefined {
  const expressions = new Map<string, TreeNode[]>();
  const nodes: TreeNode[] = [];
  const collect = (value: TreeValue): void => {
    if (Array.isArray(value)) return value.forEach(collect);
    if (!isNode(value)) return;
    nodes.push(value);
    if (typeof value['class'] === 'string')
      expressions.set(value['class'], [...(expressions.get(value['class']) ?? []), value]);
    Object.values(value).forEach(collect);
  };
  collect(tree);
  const spots = nodes.flatMap((node) =>
    Object.keys(node).flatMap((key): readonly Spot[] => {
      const edits = editsOf(node[key] ?? null, key, { expressions, dice });
      return edits.length === 0 ? [] : [{ node, key, edits }];
    }),
  );
  if (spots.length === 0) return undefined;
  // What stands in few places is tried as often as what stands in many.
  const kind = dice.pick([...new Set(spots.flatMap(({ edits }) => edits.map((edit) => edit.kind)))]);
  const spot = dice.pick(spots.filter(({ edits }) => edits.some((edit) => edit.kind === kind)));
  const { value } = dice.pick(spot.edits.filter((edit) => edit.kind === kind));
  const edited = mapNode(tree, (node) => (node === spot.node ? { ...node, [spot.key]: value } : undefined));
  return { kind, tree: edited };
}

function editsOf(
  value: TreeValue,
  key: string,
  { expressions, dice }: { readonly expressions: ReadonlyMap<string, readonly TreeNode[]>; readonly dice: Dice },
): readonly Edit[] {
  if (typeof value === 'string') {
    if (/alias|name$|^id$/.test(key) && key !== 'function_name' && key !== 'table_name') return [];
    const others = words.find((list) => list.includes(value)) ?? [];
    if (key === 'value') return [{ kind: 'text', value: `${value}x` }];
    return others.filter((other) => other !== value).map((other) => ({ kind: 'word', value: other }));
  }
  if (typeof value === 'number') return key === 'value' ? [{ kind: 'number', value: value + 1 }] : [];
  if (typeof value === 'boolean')
    return ['distinct', 'setop_all', 'try_cast'].includes(key) ? [{ kind: 'flag', value: !value }] : [];
  if (Array.isArray(value)) {
    if (value.length < 2 || key === 'statements' || key === 'map') return [];
    const at = dice.below(value.length - 1);
    const swapped = [...value.slice(0, at), value[at + 1] ?? null, value[at] ?? null, ...value.slice(at + 2)];
    return [
      { kind: 'swap', value: swapped },
      { kind: 'drop', value: value.filter((_, i) => i !== at) },
    ];
  }
  if (!isNode(value)) return [];
  if (key === 'where_clause' || key === 'having' || key === 'qualify') return [{ kind: 'condition', value: null }];
  const alike = expressions.get(textAt(value, 'class')) ?? [];
  const other = alike.length < 2 ? undefined : dice.pick(alike);
  // A node inside of itself would never end.
  if (other === undefined || other === value || value['class'] !== 'COLUMN_REF') return [];
  return [{ kind: 'column', value: { ...other, alias: value['alias'] ?? '' } }];
}
