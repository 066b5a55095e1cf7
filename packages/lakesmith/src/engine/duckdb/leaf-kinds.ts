import { quoteText } from '../../core/sql-text.ts';

/** What texts of one place may all be, beside text. */
export type LeafKind = 'long' | 'double' | 'boolean' | 'date' | 'timestamp';

const number = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const date = String.raw`\d{4}-\d\d-\d\d`;
const time = String.raw`[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6}0*)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?`;

/** NULL for NULL, so that it says nothing about the others; else true or false. */
export function leafTest(kind: LeafKind, value: string): string {
  return `CASE WHEN ${value} IS NOT NULL THEN coalesce(${valueTest(kind, value)}, false) END`;
}

function valueTest(kind: LeafKind, value: string): string {
  switch (kind) {
    case 'long':
      return `(CAST(TRY_CAST(${value} AS BIGINT) AS VARCHAR) = ${value} OR ${value} = '-0')`;
    case 'double':
      return doubleTest(value);
    case 'boolean':
      return `(lower(${value}) IN ('true', 'false'))`;
    case 'date':
      return `(regexp_full_match(${value}, ${quoteText(date)}) AND TRY_CAST(${value} AS DATE) IS NOT NULL)`;
    case 'timestamp':
      return `(regexp_full_match(${value}, ${quoteText(date + time)}) AND TRY_CAST(${value} AS TIMESTAMPTZ) IS NOT NULL)`;
  }
}

// Not infinite, no other digits than the DOUBLE has, and whole numbers no larger than a DOUBLE can count.
function doubleTest(value: string): string {
  const cast = `TRY_CAST(${value} AS DOUBLE)`;
  const digits = (text: string): string =>
    `trim(regexp_replace(regexp_replace(${text}, '[eE].*$', ''), '[-.]', '', 'g'), '0')`;
  // As few as tell it from all others, or seventeen: so programs write them.
  const written = `${digits(value)} IN (${digits(`CAST(${cast} AS VARCHAR)`)}, ${digits(`format('{:.17g}', ${cast})`)})`;
  const exact = `(length(${digits(value)}) <= 15 OR ${written})`;
  const whole = `(NOT regexp_full_match(${value}, '-?\\d{16,}') OR abs(TRY_CAST(${value} AS HUGEINT)) <= 9007199254740992)`;
  const closely = `(regexp_full_match(${value}, ${quoteText(number)}) AND isfinite(${cast}) AND (${exact} OR regexp_full_match(${value}, '-?\\d+')) AND (${cast} <> 0 OR length(${digits(value)}) = 0) AND ${whole})`;
  // What comes back as the same short text needs no closer look.
  return `CASE WHEN length(${value}) <= 17 AND isfinite(${cast}) AND CAST(${cast} AS VARCHAR) = ${value} THEN true ELSE ${closely} END`;
}
