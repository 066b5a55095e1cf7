import type { PlantedBug } from './plant.ts';

const sql = 'packages/lakesmith/src/sql/refresh';
const plan = 'packages/lakesmith/src/plan/refresh';
const random = `${plan}/strategies.test.ts`;
const directed = `${sql}/proof.test.ts`;

/** Faults in the proof that a table may be made by parts, and in the making. */
export const refreshBugs: readonly PlantedBug[] = [
  {
    name: 'a window is followed by a key that only another window has',
    file: `${sql}/operators.ts`,
    replace: ['keys: keysIn(rows, partitions), linear', 'keys: keysIn(rows, partitions.slice(0, 1)), linear'],
    caughtBy: 'packages/lakesmith/src/run/laws/check-laws.test.ts',
  },
  {
    name: 'a key is asked of rows that the SELECT leaves out as if it were to have them',
    file: `${sql}/proof.ts`,
    replace: ['printExpression(attempted(expression), ', 'printExpression(expression, '],
    caughtBy: directed,
  },
  {
    name: 'keys of rows that went are not looked for',
    file: `${plan}/keyed.ts`,
    replace: ['[relationNames.gained(input), relationNames.lost(input)]', '[relationNames.gained(input)]'],
    caughtBy: random,
  },
  {
    name: 'rows whose key is NULL are not found',
    file: `${plan}/keyed.ts`,
    replace: ["?.nulls === false ? '=' : 'is not distinct from'", "?.nulls === false ? '=' : '='"],
    caughtBy: random,
  },
  {
    name: 'rows of other keys come along',
    file: `${plan}/keyed.ts`,
    replace: [" ${this.#join('semi', pass, made)} ", ' '],
    caughtBy: random,
  },
  {
    name: 'a row with keys of two passes is put in twice',
    file: `${plan}/keyed.ts`,
    replace: ["made)} ${earlier.join(' ')}`", 'made)}`'],
    caughtBy: random,
  },
  {
    name: 'of a table that is read twice one change is followed',
    file: `${plan}/keyed.ts`,
    replace: ['changedLeaves(proof, changed))', 'changedLeaves(proof, changed).slice(0, 1))'],
    caughtBy: random,
  },
  {
    name: 'a CTE that is read twice is bound to the rows of one',
    file: `${plan}/keyed.ts`,
    replace: [
      '(leaf.occurrence === occurrence ? [i] : []));',
      '(leaf.occurrence === occurrence ? [i] : [])).slice(0, 1);',
    ],
    caughtBy: random,
  },
  {
    name: 'two changes of one join are counted together once more',
    file: `${plan}/linear.ts`,
    replace: ['isLater ? relationNames.old(input) : relationNames.now(input)', 'relationNames.now(input)'],
    caughtBy: random,
  },
  {
    name: 'the other side of UNION ALL speaks while one takes its changes',
    file: `${sql}/operators.ts`,
    replace: ['new Set([...silenced, ...other.leaves])', 'silenced'],
    caughtBy: directed,
  },
  {
    name: 'a constant is taken for silent',
    file: `${sql}/operators.ts`,
    replace: ['    if (!other.zero) continue;\n', ''],
    caughtBy: directed,
  },
  {
    name: 'each side of a set operation is followed by columns of the other',
    file: `${sql}/operators.ts`,
    replace: [
      'bothCarriers(carriersOf(known.output, left), carriersOf(known.output, right))',
      'new Map([...allLeaves(left, right)].map((leaf) => [leaf, known.output]))',
    ],
    caughtBy: random,
  },
  {
    name: 'EXCEPT is a sum',
    file: `${sql}/operators.ts`,
    replace: [
      '{ ...ofBothSides(node, sides), zero, linear: new Map() }',
      '{ ...ofBothSides(node, sides), zero, linear: left.linear }',
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
    name: 'cluster_by gives one zero for another',
    file: 'packages/lakesmith/src/lake/row-equality.ts',
    replace: ['holdsFloat(type) ? `[${quoteName(name)}]` : quoteName(name)', 'quoteName(name)'],
    caughtBy: 'tests/e2e/refresh-inputs.test.ts',
  },
  {
    name: 'rows that are alike are one',
    file: 'packages/lakesmith/src/lake/row-equality.ts',
    replace: ['most !== undefined && most <= 1', 'most !== undefined'],
    caughtBy: 'tests/e2e/refresh.test.ts',
  },
  {
    name: 'rows that went are forgotten when others came',
    file: 'packages/lakesmith/src/run/refresh-model.ts',
    replace: ['.every(({ loses }) => !loses)', '.every(({ loses }) => loses || !loses)'],
    caughtBy: 'tests/e2e/refresh.test.ts',
  },
  {
    name: 'only columns of the first mention are looked at',
    file: 'packages/lakesmith/src/run/refresh-model.ts',
    replace: ['leaves.flatMap(({ columns }) => columns)', 'leaves.slice(0, 1).flatMap(({ columns }) => columns)'],
    caughtBy: 'tests/e2e/refresh-inputs.test.ts',
  },
  {
    name: 'a zero is a zero',
    file: 'packages/lakesmith/src/lake/row-equality.ts',
    replace: ['if (!holdsFloat(type)) return [sql];', 'if (type !== undefined) return [sql];'],
    caughtBy: 'tests/e2e/refresh-inputs.test.ts',
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
    name: 'nobody looks whether rows that came are equal in an order',
    file: 'packages/lakesmith/src/run/count-ties.ts',
    replace: ['for (const check of checks) {', 'for (const check of checks.slice(checks.length)) {'],
    caughtBy: 'tests/e2e/refresh-inputs.test.ts',
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
    name: 'groups that rows left are not found',
    file: `${plan}/keyed.ts`,
    replace: ["state === 'old' && this.#changed.has(", "state !== 'old' && this.#changed.has("],
    caughtBy: random,
  },
  {
    name: 'groups that rows left are not looked for',
    file: `${plan}/script.ts`,
    replace: ["['old', 'now'] as const", "['now'] as const"],
    caughtBy: random,
  },
  {
    name: 'groups tell of a table that is read beside them as well',
    file: `${plan}/keyed.ts`,
    replace: ['within > 0 && within === changedLeaves(proof, one).length', 'within > 0'],
    caughtBy: `${plan}/tpch.test.ts`,
  },
  {
    name: 'a group stays when nothing of it is left',
    file: `${plan}/fold.ts`,
    replace: ["groups === undefined || measures.some(({ kind }) => kind === 'rows');", 'measures.length >= 0;'],
    caughtBy: random,
  },
  {
    name: 'a group that is counted stays when nothing of it is left',
    file: `${plan}/fold.ts`,
    replace: ['` having sum(c${counted.column}) <> 0`', "''"],
    caughtBy: random,
  },
  {
    name: 'a sum of nothing is 0',
    file: `${plan}/fold.ts`,
    replace: ['const all = [...sums, ', 'const all = ['],
    caughtBy: random,
  },
  {
    name: 'what went is added once more',
    file: `${plan}/fold.ts`,
    replace: ['`-c${i} as c${i}`', '`c${i}`'],
    caughtBy: random,
  },
  {
    name: 'what went is not taken away',
    file: `${plan}/fold.ts`,
    replace: ['(isAdded ? [] :', '(isAdded || !isAdded ? [] :'],
    caughtBy: random,
  },
  {
    name: 'the smallest of what is left is the smallest of what was there',
    file: `${plan}/fold.ts`,
    replace: ["kind === 'min' || kind === 'max');\n}", "kind === 'min' && kind !== 'min');\n}"],
    caughtBy: 'tests/e2e/refresh-fold.test.ts',
  },
  {
    name: 'a total goes when nothing is left',
    file: `${plan}/fold.ts`,
    replace: ['groups === undefined || counted === undefined ?', 'counted === undefined ?'],
    caughtBy: random,
  },
  {
    name: 'groups that do not tell what is left are not made anew',
    file: 'packages/lakesmith/src/run/refresh-model.ts',
    replace: ['open.rows === 0 ? [] : [script.again]', '[script.again].slice(1)'],
    caughtBy: 'tests/e2e/refresh-fold.test.ts',
  },
  {
    name: 'a day is the same day everywhere',
    file: 'packages/lakesmith/src/run/refresh-model.ts',
    replace: ['made.under !== madeUnder(context)', "made.under === ''"],
    caughtBy: 'tests/e2e/refresh-fold.test.ts',
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
    name: 'a way that took much longer than it should have is weighed as if it had not',
    file: `${plan}/cost.ts`,
    replace: ['const ms = slowerBy(size.took, way) * (', 'const ms = 1 * ('],
    caughtBy: `${plan}/cost.test.ts`,
  },
  {
    name: 'what a busy machine took is believed at once',
    file: `${plan}/took.ts`,
    replace: ['Math.min(ms, (before + ms) / 2)', 'ms'],
    caughtBy: `${plan}/took.test.ts`,
  },
];
