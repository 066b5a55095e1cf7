// What a random SELECT is built of, by its text, and which ways of refresh have to meet it.

const operators = {
  'inner join': / join (?!rr)|, \(select/,
  'left join': / left join /,
  'right join': / right join /,
  'full join': / full join /,
  'semi join': / semi join /,
  'anti join': / anti join /,
  'join by more than equality': / or q\.\w+ is null\)/,
  'group by': / group by (?!rollup|grouping)/,
  'grouping sets': / group by (?:rollup|grouping)/,
  'total of all rows': /^select (?:count|sum)\(/,
  having: / having /,
  filter: / filter \(where /,
  'count(distinct)': /count\(distinct /,
  'min, max': /\b(?:min|max)\(/,
  median: /median\(/,
  'ordered list': /(?:list|string_agg)\(/,
  distinct: /select distinct (?!on )/,
  'distinct on': /select distinct on /,
  'ranking window': /(?:row_number|rank)\(\) over /,
  'window sum': /(?:sum|count|max)\([^()]*\) over /,
  lag: /lag\(/,
  qualify: / qualify /,
  'union all': / union all /,
  union: / union (?!all)/,
  except: / except /,
  intersect: / intersect /,
  in: / in \(select /,
  'not in': / not in \(select /,
  exists: /(?<!not )exists \(select /,
  'not exists': /not exists \(select /,
  'scalar subquery': /\(select (?:count|min|max|sum|avg|median|list|string_agg|any_value)\(/,
  lateral: / lateral \(/,
  unnest: /unnest\(/,
  'order by': /\) q order by \w+(?! limit)/,
  'CTE read once or more': /\bfrom cte\d/,
} as const satisfies Readonly<Record<string, RegExp>>;

type Operator = keyof typeof operators;

export function operatorsIn(sql: string): readonly Operator[] {
  return (Object.keys(operators) as Operator[]).filter((name) => operators[name].test(sql));
}

/** The ways that are looked at beside each operator. */
const ways = ['keyed by all', 'keyed by one', 'fold', 'append', 'bag'] as const;

/** The cells that the counters have to know. A total of all rows has no keys, and is one row, to which none is added: it only has sums. */
export function cellsToMeet(): readonly string[] {
  const all = Object.keys(operators) as Operator[];
  const met = ways.map((way) =>
    all.filter((name) => way === 'fold' || name !== 'total of all rows').map((name) => cellOf(way, name)),
  );
  return met.flat();
}

export const cellOf = (way: string, operator: string): string => `${way} where there is ${operator}`;
