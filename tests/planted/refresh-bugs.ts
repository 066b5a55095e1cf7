import type { PlantedBug } from './plant.ts';

const plan = 'packages/lakesmith/src/plan/refresh';
const random = `${plan}/strategies.test.ts`;

/** Faults in making a table by parts. */
export const refreshBugs: readonly PlantedBug[] = [
  {
    name: 'keys of rows that went are not looked for',
    file: `${plan}/keyed.ts`,
    replace: ['[relationNames.gained(input), relationNames.lost(input)]', '[relationNames.gained(input)]'],
    caughtBy: random,
  },
  {
    name: 'rows that went are made of an input as it is now',
    file: `${plan}/keyed.ts`,
    replace: ["const isOld = state === 'old' && this", "const isOld = state === 'old' && 1 > 2 && this"],
    caughtBy: random,
  },
  {
    name: 'groups that went are made of their rows as they are now',
    file: `${plan}/keyed.ts`,
    replace: ['if (below === undefined || grouped === undefined) return', 'if (1 < 2) return'],
    caughtBy: random,
  },
  {
    name: 'rows that are known by their keys are made as they are now',
    file: `${plan}/keyed.ts`,
    replace: ["(state === 'now' ? relationNames.gained : relationNames.lost)", '(relationNames.gained)'],
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
    replace: ['changedLeaves(proof, changed).filter((leaf)', 'changedLeaves(proof, changed).slice(0, 1).filter((leaf)'],
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
    name: 'of several commits only the newest is followed',
    file: 'packages/lakesmith/src/lake/input-changes.ts',
    replace: ['from: since + 1, to: head', 'from: head, to: head'],
    caughtBy: 'tests/e2e/refresh-lives.test.ts',
  },
  {
    name: 'rows that went are forgotten when others came',
    file: 'packages/lakesmith/src/run/refresh-model.ts',
    replace: ['.every(({ loses }) => !loses)', '.every(({ loses }) => loses || !loses)'],
    caughtBy: 'tests/e2e/refresh.test.ts',
  },
  {
    name: 'only columns of the first mention are looked at',
    file: 'packages/lakesmith/src/run/refresh-inputs.ts',
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
    name: 'nobody looks whether rows that came are equal in an order',
    file: 'packages/lakesmith/src/run/count-ties.ts',
    replace: ['for (const check of checks) {', 'for (const check of checks.slice(checks.length)) {'],
    caughtBy: 'tests/e2e/refresh-inputs.test.ts',
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
    file: `${plan}/fold-changes.ts`,
    replace: ['(isAdded ? [] :', '(isAdded || !isAdded ? [] :'],
    caughtBy: random,
  },
  {
    name: 'the smallest of what is left is the smallest of what was there',
    file: `${plan}/fold-changes.ts`,
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
    file: 'packages/lakesmith/src/run/fold-groups.ts',
    replace: ['if (open.rows > 0) again.push(', 'if (open.rows < 0) again.push('],
    caughtBy: 'tests/e2e/refresh-fold.test.ts',
  },
  {
    name: 'a day is the same day everywhere',
    file: 'packages/lakesmith/src/run/refresh-model.ts',
    replace: ['made.under !== madeUnder(context)', "made.under === ''"],
    caughtBy: 'tests/e2e/refresh-fold.test.ts',
  },
  {
    name: 'a way that took much longer than it should have is weighed as if it had not',
    file: `${plan}/cost.ts`,
    replace: [': slowerBy(size.took, way);', ': 1;'],
    caughtBy: `${plan}/cost.test.ts`,
  },
  {
    name: 'what a busy machine took is believed at once',
    file: `${plan}/took.ts`,
    replace: ['Math.min(ms, (before + ms) / 2)', 'ms'],
    caughtBy: `${plan}/took.test.ts`,
  },
  {
    name: 'what rows were is taken for what they are',
    file: `${plan}/fold-changes.ts`,
    replace: ['if (place === pass) return state;', "if (place === pass) return 'now';"],
    caughtBy: random,
  },
  {
    name: 'what changes after has changed when rows are compared',
    file: `${plan}/fold-changes.ts`,
    replace: ["return place < pass ? 'now' : 'old';", "return place < pass ? 'now' : 'now';"],
    caughtBy: random,
  },
  {
    name: 'what is compared has changed when rows are added',
    file: `${plan}/linear.ts`,
    replace: ['isNext || later.has(occurrence)', 'isNext || later.size < 0'],
    caughtBy: random,
  },
  {
    name: 'the smallest is compared as it was and as it is',
    file: `${plan}/fold-changes.ts`,
    replace: ['(isAdded && way.passes.length === 0)', '(isAdded && way.passes.length >= 0)'],
    caughtBy: 'tests/e2e/refresh-compared.test.ts',
  },
  {
    name: 'what came and went between is compared as well',
    file: `${plan}/fold-changes.ts`,
    replace: ['takesAway(fold) && fold.passes.length === 0', 'takesAway(fold) && fold.passes.length >= 0'],
    caughtBy: 'tests/e2e/refresh-compared.test.ts',
  },
  {
    name: 'columns that are made of others stay when these change',
    file: `${plan}/fold.ts`,
    replace: ['derived.columns.length === 0 ? merged :', 'derived.columns.length >= 0 ? merged :'],
    caughtBy: random,
  },
  {
    name: 'of rows that are alike one is left',
    file: `${plan}/bag.ts`,
    replace: [
      "error('rows went that the table does not have'), ${more})",
      "error('rows went that the table does not have'), 1)",
    ],
    caughtBy: random,
  },
  {
    name: 'rows that went and are not there are overlooked',
    file: `${plan}/bag.ts`,
    replace: ["if(${more} < 0, error('rows went that the table does not have'), ${more})", '${more}'],
    caughtBy: `${plan}/bag.test.ts`,
  },
];
