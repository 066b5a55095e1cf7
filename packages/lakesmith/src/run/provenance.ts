import { quoteText } from '../core/sql-text.ts';
import { storageOf } from '../core/storage-settings.ts';
import type { MadeBy } from '../lake/release.ts';
import type { SourceTable } from '../project/model.ts';
import type { RunContext } from './context.ts';
import { nowIso } from './context.ts';

/** The values of the columns that say where rows come from, over rows that have a `_source`. */
export function provenanceItems(context: RunContext): readonly string[] {
  return ['_source', `${quoteText(nowIso(context))}::timestamptz as _ingested_at`, `${context.run}::bigint as _run`];
}

/** What a commit of bronze says about how it came to be. */
export function madeBySource(context: RunContext, table: SourceTable): MadeBy {
  return {
    run: context.run,
    fingerprint: table.fingerprint,
    rulesFingerprint: '',
    inputs: {},
    ...storageOf(table),
    day: undefined,
  };
}
