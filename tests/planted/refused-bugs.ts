import type { PlantedBug } from './plant.ts';

const plan = 'packages/lakesmith/src/plan/refresh';
const run = 'packages/lakesmith/src/run';
const refused = 'tests/e2e/refresh-quarantine.test.ts';

/** Faults in following the rows that rules take out. */
export const refusedBugs: readonly PlantedBug[] = [
  {
    name: 'a row in quarantine that was mended stays there',
    file: `${plan}/refused.ts`,
    replace: ["as q ${joins.join(' ')}`", 'as q`'],
    caughtBy: `${plan}/refused.test.ts`,
  },
  {
    name: 'a row in quarantine whose key is NULL stays there',
    file: `${plan}/refused.ts`,
    replace: ['is not distinct from s${pass}', '= s${pass}'],
    caughtBy: `${plan}/refused.test.ts`,
  },
  {
    name: 'two long numbers in quarantine are one',
    file: `${plan}/refused.ts`,
    replace: ['Number(digits) <= 15', 'Number(digits) <= 38'],
    caughtBy: `${plan}/refused.test.ts`,
  },
  {
    name: 'a row that gave way to one in quarantine is forgotten with it',
    file: `${plan}/refused.ts`,
    replace: ['keys.every(({ column }) => isOwn(column))', 'keys.length > 0'],
    caughtBy: refused,
  },
  {
    name: 'a row in quarantine whose key came again is taken for mended',
    file: `${run}/follow-refused.ts`,
    replace: ['...found.map(({ name })', '...found.slice(1).map(({ name })'],
    caughtBy: refused,
  },
  {
    name: 'refused rows that went are not looked for where others came',
    file: `${run}/follow-refused.ts`,
    replace: ['every(({ loses }) => !loses)', 'every(({ gains }) => gains)'],
    caughtBy: refused,
  },
  {
    name: 'quarantine is taken for that of the table whatever became of it',
    file: `${run}/follow-refused.ts`,
    replace: ['made.refused !== (await stampOf(context, open))', "made.refused === ''"],
    caughtBy: refused,
  },
  {
    name: 'rows of files that were replaced are taken for those that lay there',
    file: `${run}/follow-refused.ts`,
    replace: ['.every((key) => snapshot.files.has(key))', '.every((key) => key.length > 0)'],
    caughtBy: refused,
  },
  {
    name: 'rows known by their place are taken for those of a key',
    file: `${run}/follow-refused.ts`,
    replace: ['id is distinct from ${known}', "id is null or '' = ${known}"],
    caughtBy: refused,
  },
];
