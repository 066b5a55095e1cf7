import { clockReading } from './functions.ts';
import { castNode, namedNode, textNode } from './nodes.ts';
import { columnNames, mapNode, nodesAt, queryOf, textAt, withQuery } from './tree.ts';
import type { TreeNode } from './tree.ts';

/** A moment, and the day it falls on in the project's time zone. */
export interface FrozenMoment {
  /** '2026-03-10'. */
  readonly day: string;
  /** ISO 8601 with zone: '2026-03-10T12:00:00Z'. */
  readonly nowIso: string;
}

/**
 * The name of the clock word at a node: current_date, today(), now(), …; undefined for any other node. `age(x)` reads the day.
 */
export function clockWord(node: TreeNode): string | undefined {
  const names = columnNames(node);
  const isCall = node['class'] === 'FUNCTION';
  const name = isCall ? textAt(node, 'function_name') : names?.length === 1 ? names[0] : undefined;
  const count = isCall ? nodesAt(node, 'children').length : 0;
  if (name === undefined) return undefined;
  if (isCall && name.toLowerCase() === 'age' && count === 1) return 'age';
  return count === 0 && clockReading(name) !== undefined ? name.toLowerCase() : undefined;
}

/** The same query with every reading of the clock replaced by a constant of the same type. */
export function freezeClock(tree: unknown, moment: FrozenMoment): unknown {
  const freeze = (node: TreeNode): TreeNode | undefined => {
    const named = node['type'] === 'SELECT_NODE' ? nameClockItems(node) : undefined;
    if (named !== undefined) return mapNode(named, freeze);
    const word = clockWord(node);
    return word === undefined ? undefined : frozenNode(node, word, moment);
  };
  return withQuery(tree, mapNode(queryOf(tree), freeze));
}

function frozenNode(node: TreeNode, word: string, moment: FrozenMoment): TreeNode {
  const alias = textAt(node, 'alias');
  const day = castNode(textNode(moment.day), 'DATE');
  if (word === 'age') {
    return { ...node, children: [castNode(day, 'TIMESTAMP'), ...nodesAt(node, 'children')] };
  }
  if (clockReading(word) === 'day') return namedNode(day, alias);
  const instant = castNode(textNode(moment.nowIso), 'TIMESTAMP WITH TIME ZONE');
  return namedNode(inTypeOf(word, instant), alias);
}

// A cast from an instant to a local type goes through the session's time zone, as the clock words do.
function inTypeOf(word: string, instant: TreeNode): TreeNode {
  switch (word) {
    case 'localtimestamp':
    case 'current_localtimestamp':
      return castNode(instant, 'TIMESTAMP');
    case 'localtime':
    case 'current_localtime':
      return castNode(castNode(instant, 'TIMESTAMP'), 'TIME');
    case 'current_time':
    case 'get_current_time':
      return castNode(instant, 'TIME WITH TIME ZONE');
    default:
      return instant;
  }
}

// A column without a name of its own is called after its expression, which is about to change.
function nameClockItems(select: TreeNode): TreeNode | undefined {
  let changed = false;
  const items = nodesAt(select, 'select_list').map((item) => {
    if (clockWord(item) === undefined || clockWord(item) === 'age' || textAt(item, 'alias') !== '') return item;
    changed = true;
    return namedNode(item, columnNames(item)?.[0] ?? `${textAt(item, 'function_name')}()`);
  });
  return changed ? { ...select, select_list: items } : undefined;
}
