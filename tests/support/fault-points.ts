import type { FaultStore } from '../../packages/lakesmith/src/storage/fault.ts';

/** Calls that leave the store other than it was. */
const changes: ReadonlySet<string> = new Set(['put', 'putIfAbsent', 'putIfMatch', 'delete']);

/** True for a call after which the store is another. */
export function isChange({ call }: FaultStore['steps'][number]): boolean {
  return changes.has(call);
}

/** About so many of the changes that a store saw, spread over all of them; 'all': every one. */
export function someChanges(steps: FaultStore['steps'], count: string): FaultStore['steps'] {
  const telling = steps.filter(isChange);
  const stride = count === 'all' ? 1 : Math.max(1, Math.ceil(telling.length / Number(count)));
  return telling.filter((_, i) => i % stride === 0);
}
