import { Recent } from '../../core/recent.ts';

/** The same SQL is parsed, bound, then run: its tree is wanted again soon. Who asks for one must not change it. */
const recent = new Recent<() => unknown>(1000);

export function recentTree(sql: string): unknown {
  return recent.get(sql)?.();
}

export function rememberTree(sql: string, tree: () => unknown): void {
  recent.set(sql, tree);
}
