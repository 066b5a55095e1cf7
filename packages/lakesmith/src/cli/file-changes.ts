import { watch } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long an editor may take to write what belongs together. */
const settleMs = 80;

/** Yields at once, and then whenever a file below the folder has changed, until the signal comes. What a run writes does not count. */
export async function* changes(folder: string, signal: AbortSignal): AsyncGenerator<void> {
  const events = watch(folder, { recursive: true, signal });
  let changed = true;
  let wake: (() => void) | undefined;
  const ended = follow(events, (name) => {
    if (/^(lake|\.lakesmith|\.git|node_modules)([/\\]|$)/.test(name)) return;
    changed = true;
    wake?.();
  }).finally(() => wake?.());
  while (!signal.aborted) {
    if (changed) {
      await sleep(settleMs);
      changed = false;
      yield;
    } else {
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  await ended;
}

async function follow(
  events: AsyncIterable<{ readonly filename: string | null }>,
  tell: (name: string) => void,
): Promise<void> {
  try {
    for await (const { filename } of events) tell(filename ?? '');
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
  }
}
