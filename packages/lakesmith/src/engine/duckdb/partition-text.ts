import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { requirePartitionType } from '../../core/type-policy.ts';
import { storeFailure } from './errors.ts';

/** SQL for the value of a partition column as the text that stands for it in the log; NULL stays NULL. */
export function partitionText(column: Column): string {
  const value = quoteName(column.name);
  switch (column.type) {
    case 'string':
      return `CASE WHEN ${value} = '' THEN ${storeFailure(column.name, 'an empty text in a column that the table is partitioned by: tables keep it as NULL there')} ELSE ${value} END`;
    case 'date':
      return calendarText(column.name, value, '%Y-%m-%d');
    case 'timestamp':
      return calendarText(column.name, `(${value} AT TIME ZONE 'UTC')`, '%Y-%m-%dT%H:%M:%S.%fZ');
    case 'timestamp_ntz':
      return calendarText(column.name, value, '%Y-%m-%d %H:%M:%S.%f');
    case 'float':
    case 'double':
      return `CASE WHEN isnan(${value}) THEN 'NaN' WHEN isinf(${value}) THEN CASE WHEN ${value} > 0 THEN 'Infinity' ELSE '-Infinity' END ELSE CAST(${value} AS VARCHAR) END`;
    default:
      requirePartitionType(column);
      return `CAST(${value} AS VARCHAR)`;
  }
}

/** Four digits of a year are all that every reader understands, and infinite days have none. */
function calendarText(column: string, value: string, format: string): string {
  const failure = storeFailure(
    column,
    'a day outside of the years 1 to 9999 in a column that the table is partitioned by: others could not read it',
  );
  return `CASE WHEN ${value} IS NULL OR year(${value}) BETWEEN 1 AND 9999 THEN strftime(${value}, '${format}') ELSE ${failure} END`;
}
