import type { PlantedBug } from './plant.ts';

const sql = 'packages/lakesmith/src/sql/refresh';
const plan = 'packages/lakesmith/src/plan/refresh';
const random = `${plan}/strategies.test.ts`;
const directed = `${sql}/proof.test.ts`;

/** Faults in the proof that a table may be made by parts. */
export const proofBugs: readonly PlantedBug[] = [
  {
    name: 'of several UNIONs in a row the first two are seen',
    file: `${sql}/operators.ts`,
    replace: ['const sides = childrenOf(node).map((child)', 'const sides = childrenOf(node).slice(0, 2).map((child)'],
    caughtBy: directed,
  },
  {
    name: 'a window is followed by a key that only another window has',
    file: `${sql}/operators.ts`,
    replace: ['keys: keysIn(rows, partitions), linear', 'keys: keysIn(rows, partitions.slice(0, 1)), linear'],
    caughtBy: 'packages/lakesmith/src/run/laws/check-laws.test.ts',
  },
  {
    name: 'a key is asked of rows that the SELECT leaves out as if it were to have them',
    file: `${sql}/proven-keys.ts`,
    replace: ['printExpression(attempted(expression), ', 'printExpression(expression, '],
    caughtBy: directed,
  },
  {
    name: 'the other side of UNION ALL speaks while one takes its changes',
    file: `${sql}/operators.ts`,
    replace: ['new Set([...silenced, ...silent])', 'silenced'],
    caughtBy: directed,
  },
  {
    name: 'a constant is taken for silent',
    file: `${sql}/operators.ts`,
    replace: ['    if (!others.every(({ zero }) => zero)) continue;\n', ''],
    caughtBy: directed,
  },
  {
    name: 'each side of a set operation is followed by columns of the other',
    file: `${sql}/operators.ts`,
    replace: [
      'const carriers = sides.map((side) => carriersOf(known.output, side));',
      'const carriers = [new Map(sides.flatMap((side) => [...side.leaves]).map((leaf) => [leaf, known.output]))];',
    ],
    caughtBy: random,
  },
  {
    name: 'EXCEPT is a sum',
    file: `${sql}/operators.ts`,
    replace: [
      '{ ...ofSides(node, sides), zero, linear: new Map() }',
      '{ ...ofSides(node, sides), zero, linear: left.linear }',
    ],
    caughtBy: directed,
  },
  {
    name: 'DISTINCT is a sum',
    file: `${sql}/operators.ts`,
    replace: ['{ ...rows, linear: new Map(), unique: [...rows.unique,', '{ ...rows, unique: [...rows.unique,'],
    caughtBy: directed,
  },
  {
    name: 'a key is in the partition of some window',
    file: `${sql}/operators.ts`,
    replace: ['lists.every((list) => throughExpressions(', 'lists.some((list) => throughExpressions('],
    caughtBy: directed,
  },
  {
    name: 'a rollup is grouped by all it names',
    file: `${sql}/operators.ts`,
    replace: ['sets.every((set) => set.includes(index)) ? readExpression(group) : undefined', 'readExpression(group)'],
    caughtBy: directed,
  },
  {
    name: 'LIMIT keeps keys and order',
    file: `${sql}/operators.ts`,
    replace: [
      "  tell({ kind: 'order', what: 'LIMIT' });\n  return unknownRows(rows, rows[0]?.width ?? 0);",
      '  return rows[0] ?? unknownRows(rows, 0);',
    ],
    caughtBy: directed,
  },
  {
    name: 'NOT IN looks at rows of its key only',
    file: `${sql}/joins.ts`,
    replace: ["    if (type === 'MARK' && !nullSafe && !isPositive) continue;\n", ''],
    caughtBy: directed,
  },
  {
    name: 'columns of the right side of LEFT JOIN are keys',
    file: `${sql}/joins.ts`,
    replace: [
      '  const keys = KeyMap.of(left.keys.entries());\n  for',
      '  const keys = KeyMap.of([...left.keys.entries(), ...shiftedKeys(right.keys, left.width)]);\n  for',
    ],
    caughtBy: directed,
  },
  {
    name: 'LEFT JOIN is a sum over its right side',
    file: `${sql}/joins.ts`,
    replace: ['linear: left.linear,', 'linear: new Map([...left.linear, ...right.linear]),'],
    caughtBy: directed,
  },
  {
    name: 'FULL JOIN is followed by one side',
    file: `${sql}/joins.ts`,
    replace: [
      '    const there = shifted(other, left.width);\n',
      '    const there = shifted(other, left.width);\n    keys.add(one, carriers);\n',
    ],
    caughtBy: directed,
  },
  {
    name: 'FULL JOIN is followed by what is NULL of itself',
    file: `${sql}/joins.ts`,
    replace: ['if (!isNullOnlyOfNull(one) || !isNullOnlyOfNull(other)) continue;', ''],
    caughtBy: directed,
  },
  {
    name: 'a key of one side says which row of a join it is',
    file: `${sql}/joins.ts`,
    replace: [
      "...(meetsOne(right, equalities, 'right') ? left.unique : []),\n    ...(meets",
      '...left.unique,\n    ...(meets',
    ],
    caughtBy: directed,
  },
  {
    name: 'ties stand as they stand',
    file: `${sql}/determinism.ts`,
    replace: [
      'return node.unique.some((set) => set.every((column) => columns.has(column)));',
      'return node.unique.length + columns.size >= 0;',
    ],
    caughtBy: directed,
  },
  {
    name: 'random() is the same each time',
    file: `${sql}/determinism.ts`,
    replace: ['isVolatile(name) || clockReading(name) !== undefined ? name : undefined', 'undefined'],
    caughtBy: directed,
  },
  {
    name: 'an aggregate that nobody knows is exact',
    file: `${sql}/determinism.ts`,
    replace: ["if (!exactAggregates.has(name)) return { kind: 'order', what: name };", ''],
    caughtBy: directed,
  },
  {
    name: 'values that are equal and not the same are keys',
    file: `${sql}/expression.ts`,
    replace: [
      'TIMESTAMP_MS TIMESTAMP_NS VARCHAR JSON UUID BLOB',
      'TIMESTAMP_MS TIMESTAMP_NS VARCHAR JSON UUID BLOB DOUBLE',
    ],
    caughtBy: directed,
  },
  {
    name: 'whichever row is the second of equal ones, it is the same',
    file: `${sql}/tied-rows.ts`,
    replace: ["condition?.['type'] === 'COMPARE_EQUAL' && limit === 1", "condition?.['type'] === 'COMPARE_EQUAL'"],
    caughtBy: `${sql}/ties.test.ts`,
  },
  {
    name: 'a CTE is asked about with those that come after it',
    file: `${sql}/ties.ts`,
    replace: ['[...levels, entries.slice(0, i)]', '[...levels, entries]'],
    caughtBy: `${sql}/ties.test.ts`,
  },
  {
    name: 'rows that are equal, and not the same, may stand either way',
    file: `${sql}/ties.ts`,
    replace: ['count(distinct r) > 1 or count(distinct cast(r as varchar)) > 1', 'count(distinct r) > 1'],
    caughtBy: `${sql}/ties.test.ts`,
  },
  {
    name: 'a join by what is not equal says which rows meet',
    file: `${sql}/joins.ts`,
    replace: ["type !== 'COMPARE_EQUAL' && type !== 'COMPARE_NOT_DISTINCT_FROM'", "type === 'COMPARE_LESSTHAN'"],
    caughtBy: directed,
  },
  {
    name: 'the number of an item in its list is no column',
    file: `${sql}/plan-facts.ts`,
    replace: ['columnIndexes(right).length + length', '1 + length'],
    caughtBy: directed,
  },
  {
    name: 'sums beside those that are rounded are added to',
    file: `${sql}/plan-facts.ts`,
    replace: ["find(({ kind }) => kind === 'rounding')", "find(({ kind }) => kind === 'order')"],
    caughtBy: `${sql}/fold.test.ts`,
  },
  {
    name: 'groups of which some are chosen are added to',
    file: `${sql}/fold.ts`,
    replace: ["return no('rows are chosen after they are grouped');", 'return foldedRows(first, scope, made);'],
    caughtBy: `${sql}/fold.test.ts`,
  },
  {
    name: 'two times that become one are two groups',
    file: `${sql}/fold.ts`,
    replace: ["!/^TIMESTAMP(?:_|$)/.test(type ?? '')", "type !== ''"],
    caughtBy: `${sql}/fold.test.ts`,
  },
  {
    name: 'distinct values are counted as they come',
    file: `${sql}/fold.ts`,
    replace: ["aggregate['aggregate_type'] !== 'NON_DISTINCT'", "name === ''"],
    caughtBy: `${sql}/fold.test.ts`,
  },
  {
    name: 'a sum is rounded before it is added to',
    file: `${sql}/fold.ts`,
    replace: ['!(scaleOf(type) <= scaleOf(', '!(0 <= scaleOf('],
    caughtBy: `${sql}/fold.test.ts`,
  },
  {
    name: 'a total is taken for a sum that is NULL of nothing',
    file: `${sql}/fold.ts`,
    replace: ["if (measure.kind !== 'total') show(", "if (measure.kind !== 'min') show("],
    caughtBy: `${sql}/fold.test.ts`,
  },
  {
    name: 'a derived column is whatever it was printed as',
    file: `${sql}/derived-columns.ts`,
    replace: ['bound !== undefined && isSameBound(bound, meant)', 'bound !== undefined && meant !== undefined'],
    caughtBy: `${sql}/bound-sql.test.ts`,
  },
];
