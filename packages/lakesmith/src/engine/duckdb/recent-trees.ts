/** The same SQL is parsed, bound, then run: its tree is wanted again soon. Who asks for one must not change it. */
const recent = new Map<string, unknown>();
const most = 5000;

export function recentTree(sql: string): unknown {
  return recent.get(sql);
}

export function rememberTree(sql: string, tree: unknown): void {
  if (recent.size >= most) recent.clear();
  recent.set(sql, tree);
}
