import type { Snapshot } from '@lakesmith/delta';
import type { DeltaTable } from './delta-table.ts';
import { newestVersion } from './delta-table.ts';
import { optimizeTable } from './optimize-table.ts';

const MB = 2 ** 20;
/** How many small files a partition has before they are put together, and how much is done after one append. */
const within = { minFiles: 50, maxBytes: 128 * MB };

/**
 * Puts small files together after an append, where the table asks for it (`delta.autoOptimize.autoCompact`). The append stands
 * whatever comes of it: what fails is told, and done after a later one. Says whether something was put together.
 */
export async function compactAfterAppend(
  table: DeltaTable,
  base: Snapshot,
  options: { readonly signal?: AbortSignal; readonly onError?: (error: unknown) => void } = {},
): Promise<boolean> {
  const wish = base.metadata.configuration['delta.autoOptimize.autoCompact']?.toLowerCase();
  if (wish !== 'true' && wish !== 'auto') return false;
  try {
    const newest = await newestVersion(table, base);
    const { signal } = options;
    const optimize = { targetBytes: within.maxBytes, within, ...(signal === undefined ? {} : { signal }) };
    return (await optimizeTable(table, newest, optimize)) !== undefined;
  } catch (error) {
    options.onError?.(error);
    return false;
  }
}
