import { quoteName, quoteNames } from '../../core/sql-text.ts';
import type { HistorySettings } from '../../project/model.ts';

export interface HistoryQuery {
  /** The model's SELECT over the change log, with `changeColumns` added to its output. */
  readonly sql: string;
  /** The model's own output columns. */
  readonly columns: readonly string[];
  readonly key: readonly string[];
  readonly settings: HistorySettings;
}

/**
 * Every version of a key, from its changes in any order of arrival: changes are put in the order of their own time,
 * the later log entry wins a tie, a change of nothing that is tracked makes no version, a delete closes the last one.
 * Intervals are closed-open; the current version has no end.
 */
export function historySql({ sql, columns, key, settings }: HistoryQuery): string {
  const at = settings.validFrom === undefined ? '_committed_at' : quoteName(settings.validFrom);
  const untracked = new Set([...key, ...(settings.validFrom === undefined ? [] : [settings.validFrom])]);
  const tracked = settings.track ?? columns.filter((column) => !untracked.has(column));
  const keys = quoteNames(key);
  const first =
    settings.firstValidFrom === undefined ? "timestamptz '1900-01-01 00:00:00+00'" : quoteName(settings.firstValidFrom);
  const state = `row(_change_type = 'delete', ${tracked.map((column) => quoteName(column)).join(', ')})`;
  return `with __change as (${sql}),
__dated as (
  select *, ${at}::timestamptz as __at, ${state} as __state from __change
  qualify row_number() over (partition by ${keys}, ${at}::timestamptz order by _change_number desc) = 1
),
__version as (
  select * from __dated
  qualify lag(__state) over (partition by ${keys} order by __at) is distinct from __state
),
__interval as (
  select *, row_number() over (partition by ${keys} order by __at) as __place,
    lead(__at) over (partition by ${keys} order by __at) as __until from __version
)
select ${quoteNames(columns)},
  case when __place = 1 then ${first}::timestamptz else __at end as valid_from,
  __until as valid_to,
  __until is null as is_current
from __interval where _change_type <> 'delete'`;
}
