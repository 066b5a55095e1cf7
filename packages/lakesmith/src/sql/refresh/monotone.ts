import type { Expression } from './expression.ts';

/**
 * A column of times from which a key is made so that the one says about when the other is: a row with a key of day d has a time
 * from `before` days before d to `after` days after it.
 */
export interface NearTime {
  /** The column's place in its table. */
  readonly column: number;
  readonly before: number;
  readonly after: number;
}

/** How far a time may be from what it is cut to; where a day begins in its zone, and that clocks change, comes on top. */
const daysOf: Readonly<Record<string, number>> = {
  second: 1,
  minute: 1,
  hour: 1,
  day: 1,
  week: 7,
  month: 31,
  quarter: 92,
  year: 366,
};

const times: ReadonlySet<string> = new Set(['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE']);

/** The column of times that a key is near to: a day, or a time that is cut to a unit. Undefined for all other keys. */
export function nearTimeOf(expression: Expression): NearTime | undefined {
  if (expression.type === undefined || !times.has(expression.type)) return undefined;
  if (expression.kind === 'column') return { column: expression.index, before: 0, after: 0 };
  if (expression.kind === 'cast') {
    const near = nearTimeOf(expression.args[0]);
    // A day begins and ends elsewhere in another zone.
    return near && { ...near, before: near.before + 1, after: near.after + 2 };
  }
  if (expression.kind !== 'call' || expression.name !== 'date_trunc') return undefined;
  const [unit, of] = expression.args;
  const days = unit?.kind === 'constant' ? daysOf[unit.sql.slice(1, -1).toLowerCase()] : undefined;
  const near = of && nearTimeOf(of);
  return days === undefined || near === undefined
    ? undefined
    : { ...near, before: near.before + 1, after: near.after + days + 2 };
}
