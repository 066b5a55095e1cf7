import { clockWord } from './clock.ts';
import { clockReading, isVolatile } from './functions.ts';
import { isAggregated, isSubquery, isUnnest, modifierOf, someNode } from './select-list.ts';
import { columnNames, ctesOf, isNode, nodeAt, nodesAt, offsetOf, queryOf, textAt, walkTree } from './tree.ts';
import type { TreeNode } from './tree.ts';

/** What a syntax tree proves about its query, without knowing any table. */
export interface SelectFacts {
  /** current_date, today(): the result moves with the day. */
  readonly usesClock: boolean;
  /** now(), current_timestamp: the result moves all the time. */
  readonly usesNow: boolean;
  /** Functions and samples whose result changes from run to run, with their offsets in characters. */
  readonly volatile: readonly { readonly name: string; readonly offset: number }[];
  /** Whether each input row gives its output rows by itself, so that new input rows can be appended; else why not. */
  readonly rowWise: { readonly proven: true } | { readonly proven: false; readonly why: string };
  /** 'latest row per order_id', or ''. */
  readonly shape: string;
}

/** Reads the facts off the tree of one SELECT. What is not understood is not proven. */
export function selectFacts(tree: unknown): SelectFacts {
  const query = queryOf(tree);
  const words = new Set<string>();
  const volatile: { name: string; offset: number }[] = [];
  walkTree(query, (node) => {
    const word = clockWord(node);
    if (word !== undefined) words.add(word);
    const name = volatileName(node);
    if (name !== undefined) volatile.push({ name, offset: offsetOf(node) ?? 0 });
  });
  const usesClock = [...words].some((word) => word === 'age' || clockReading(word) === 'day');
  const usesNow = [...words].some((word) => clockReading(word) === 'moment');
  const reads = volatile[0]?.name ?? [...words][0];
  const why = reads === undefined ? whyNotRowWise(query) : `it reads ${reads}`;
  return {
    usesClock,
    usesNow,
    volatile: volatile.sort((a, b) => a.offset - b.offset),
    rowWise: why === undefined ? { proven: true } : { proven: false, why },
    shape: latestRowShape(query),
  };
}

function volatileName(node: TreeNode): string | undefined {
  if (isNode(node['sample'])) return 'sample';
  if (node['class'] === 'FUNCTION') {
    const name = textAt(node, 'function_name');
    return isVolatile(name) ? name.toLowerCase() : undefined;
  }
  const names = columnNames(node);
  const keyword = names?.length === 1 ? (names[0] ?? '').toLowerCase() : '';
  return ['current_user', 'session_user', 'user', 'current_role', 'current_schema', 'current_catalog'].includes(keyword)
    ? keyword
    : undefined;
}

function whyNotRowWise(query: TreeNode): string | undefined {
  if (query['type'] !== 'SELECT_NODE') return 'a set operation';
  if (ctesOf(query).length > 0) return 'a WITH';
  const window = firstWindow(query);
  if (window !== undefined) return window;
  if (isNode(query['qualify'])) return 'QUALIFY';
  if (isAggregated(query)) return 'rows are grouped';
  if (modifierOf(query, 'DISTINCT') !== undefined) return 'DISTINCT';
  if (modifierOf(query, 'LIMIT') !== undefined) return 'LIMIT';
  return holdsSubquery(query) ? 'a sub-select' : whyNotOneInput(nodeAt(query, 'from_table'));
}

function firstWindow(query: TreeNode): string | undefined {
  let name: string | undefined;
  someNode(Object.values(query), (node) => {
    if (node['class'] !== 'WINDOW') return false;
    name = `${textAt(node, 'function_name')}() looks at other rows`;
    return true;
  });
  return name;
}

function holdsSubquery(query: TreeNode): boolean {
  let found = false;
  walkTree(Object.values(query), (node) => {
    if (isSubquery(node)) found = true;
    return !found;
  });
  return found;
}

function whyNotOneInput(from: TreeNode | undefined): string | undefined {
  if (from === undefined || from['type'] === 'EMPTY') return 'it reads no table';
  if (from['type'] === 'BASE_TABLE') return undefined;
  if (from['type'] !== 'JOIN') return 'its input is not one table';
  const right = nodeAt(from, 'right');
  const call = right?.['type'] === 'TABLE_FUNCTION' ? nodeAt(right, 'function') : undefined;
  const unnests =
    call !== undefined && isUnnest(call) && from['ref_type'] !== 'POSITIONAL' && from['ref_type'] !== 'ASOF';
  if (!unnests || !['INNER', 'LEFT'].includes(textAt(from, 'join_type'))) return 'it joins tables';
  return whyNotOneInput(nodeAt(from, 'left'));
}

/** QUALIFY row_number() OVER (PARTITION BY keys ORDER BY something DESC) = 1. */
function latestRowShape(query: TreeNode): string {
  const qualify = query['type'] === 'SELECT_NODE' ? nodeAt(query, 'qualify') : undefined;
  if (qualify?.['type'] !== 'COMPARE_EQUAL') return '';
  const window = nodeAt(qualify, 'left');
  const right = nodeAt(qualify, 'right');
  const isFirst = right?.['class'] === 'CONSTANT' && nodeAt(right, 'value')?.['value'] === 1;
  if (window?.['type'] !== 'WINDOW_ROW_NUMBER' || !isFirst || nodesAt(window, 'orders')[0]?.['type'] !== 'DESCENDING')
    return '';
  const keys = nodesAt(window, 'partitions').map((key) => columnNames(key)?.at(-1));
  return keys.length > 0 && keys.every((key) => key !== undefined) ? `latest row per ${keys.join(', ')}` : '';
}
