import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import { outputOf, removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

const projects: TestProject[] = [];
afterEach(async () => {
  for (const { folder } of projects.splice(0)) await removeFolder(folder);
});

interface Head {
  readonly key?: string;
  readonly rules?: Readonly<Record<string, string>>;
}

/** A model with rules that put rows aside. */
function model(sql: string, { key, rules = { right: 'n > 0' } }: Head = {}): string {
  const names = Object.entries(rules).map(([name, rule]) => `    ${name}: ${rule}\n`);
  const expected = names.length === 0 ? '' : `expect:\n  quarantine:\n${names.join('')}`;
  return `/* ---\nrefresh: incremental\n${key === undefined ? '' : `key: ${key}\n`}${expected}--- */\n${sql}\n`;
}

const columns = 'types:\n  id: BIGINT\n  k: BIGINT\n  s: VARCHAR\n  d: DATE\n  t: TIMESTAMP\n  n: DECIMAL(12,2)\n';

const sources: Readonly<Record<string, string>> = {
  'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: UTC\nclock: 2026-03-10T12:00:00Z\n',
  'bronze/o.yml': `files: landing/o/*.json\neach_file: replaces\n${columns}`,
  'bronze/m.yml': `files: landing/m/*.json\neach_file: replaces\n${columns}`,
  'bronze/log.yml': `files: landing/log/*.json\n${columns}`,
  'bronze/names.yml': 'files: landing/names/*.json\ntypes:\n  k: BIGINT\n  name: VARCHAR\n',
  'landing/names/1.json': [1, 2, 2, 3].map((k, i) => `{"k": ${k}, "name": "name ${i}"}\n`).join(''),
  'silver/o.sql': model('select id, k, s, d, t, n from bronze.o', { key: 'id', rules: {} }),
  'silver/m.sql': model('select id, k, s, d, t, n from bronze.m', { rules: {} }),
};

/** Models whose refused rows follow what changes; `gold.m…` read rows of which several are alike, and have NULL as a key. */
const followed: Readonly<Record<string, string>> = {
  'gold/rows.sql': model('select * from silver.o', { key: 'id', rules: { right: 'n > 0', known: 's is not null' } }),
  'gold/joined.sql': model(
    'select o.id, o.k, o.s, p.n, o.n as own from silver.o o left join silver.o p on p.id = o.k',
    {
      key: 'id',
      rules: { right: 'n > 0', small: 'own < 5' },
    },
  ),
  'gold/keyed_sums.sql': model('select k, s, sum(n) as n from silver.m group by k, s', {
    key: '[k, s]',
    rules: { right: 'n > 0', named: 'k is not null and s is not null' },
  }),
  'gold/days.sql': model('select d, t, max(n) as n, median(id) as "we.""ird[0]" from silver.o group by d, t'),
  'gold/odd.sql': model('select s as "é\\$x.""y", sum(n) as n from silver.m group by s'),
  'gold/m_wide.sql': model('select m.k, m.s, m.n, o.n as other from silver.m m left join silver.o o on o.id = m.k', {
    rules: { right: 'n > 0', there: 'other is not null' },
  }),
  'gold/both.sql': model('select k, n, s from silver.m union all select k, n, s from silver.o'),
  'gold/ranked.sql': model('select k, id, n, rank() over (partition by k order by n desc) as nth from silver.o', {
    key: 'id',
    rules: { right: 'nth < 4 and n > -3' },
  }),
  'gold/newest.sql': model(
    'select id, k, s, n, t from bronze.log qualify row_number() over (partition by id order by t desc, n, k, s) = 1',
    { key: 'id' },
  ),
  // Rows only come: several of one key, of which one is put aside.
  'gold/named.sql': model('select l.id, l.n, l.s, c.name from bronze.log l join bronze.names c on c.k = l.k', {
    key: 'id',
    rules: { right: 'n > 100' },
  }),
  'gold/share.sql': model(
    'select m.k, m.n, sums.n as of from silver.m m join (select k, sum(n) as n from silver.o group by k) sums on sums.k = m.k',
    {
      rules: { right: 'n < of' },
    },
  ),
};

/** Models whose rows in quarantine cannot be told by the changes alone. */
const unfollowed: Readonly<Record<string, string>> = {
  // Of rows with one key that is kept which comes first: it may go, and another one that did not change stays.
  'gold/moving.sql': model('select m.id, m.k, m.n, o.n as other from silver.m m join silver.o o on o.id = m.k', {
    key: 'id',
    rules: { right: 'n > 100' },
  }),
  // A file that replaces all rows brings each to another place.
  'gold/direct.sql': model('select id, k, n from bronze.o', { key: 'id' }),
  'gold/mixed.sql': model('select k, sum(n) as n from silver.m group by k').replace(
    'expect:\n',
    'expect:\n  drop:\n    known: k is not null\n',
  ),
  'gold/bounded.sql': model('select k, sum(n) as n from silver.m group by k').replace(
    'quarantine:',
    'drop up to 100 %:',
  ),
};

type Row = Readonly<Record<string, string | number | null>>;
const texts = ['a', "o'b", 'say "hi"', 'back\\slash', 'é\n', '', 'null', null];

function row(dice: Dice, id: number): Row {
  return {
    id,
    k: dice.chance(0.2) ? null : 1 + dice.below(4),
    s: dice.pick(texts),
    d: dice.chance(0.1) ? null : `2026-03-0${1 + dice.below(3)}`,
    t: `2026-03-01T0${dice.below(3)}:00:00.00000${dice.below(2)}`,
    n: dice.chance(0.1) ? null : dice.below(12) - 4 + dice.below(3) / 4,
  };
}

/** Some rows come, some go, some are others than before; at times none of them. */
function change(dice: Dice, rows: readonly Row[], isUnique: boolean): readonly Row[] {
  const share = dice.pick([0, 0.1, 0.4]);
  const stay = rows.filter(() => !dice.chance(share / 2));
  const changed = stay.map((one) => (dice.chance(share) ? row(dice, Number(one['id'])) : one));
  const ids = new Set(changed.map(({ id }) => id));
  const came = Array.from({ length: dice.below(4) }, () => 1 + dice.below(14)).map((id) => row(dice, id));
  return [
    ...changed,
    ...came.filter(({ id }, i) => !isUnique || (!ids.has(id) && came.findIndex((one) => one['id'] === id) === i)),
  ];
}

const asked =
  'select id, table_name, row_key, reasons, "row", input, source, source_row, since_run, status, status_run from system.quarantine order by table_name, id';

async function ask(folder: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const args = ['query', sql, '--json', '--project', folder];
  return JSON.parse(outputOf(args, await runHere(args))) as Record<string, unknown>[];
}

const nameOf = (path: string): string => path.replace('.sql', '').replace('/', '.');

interface Step {
  readonly table: string;
  readonly strategy: string;
  readonly reason: string;
}

async function stepsOf(folder: string, run: number): Promise<readonly Step[]> {
  const text = await readFile(join(folder, 'lake/_lakesmith/runs', `${String(run).padStart(20, '0')}.json`), 'utf8');
  return (JSON.parse(text) as { steps: readonly Step[] }).steps;
}

async function project(files: Readonly<Record<string, string>>): Promise<TestProject> {
  const made = await createProject(files);
  projects.push(made);
  return made;
}

const inFull = (files: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, text.replace('refresh: incremental', 'refresh: full')]),
  );

/** Changes what the models read, time and again, and compares what is put aside with what a lake has where all is made anew each time. */
async function changed(
  models: Readonly<Record<string, string>>,
  dice: Dice,
  rounds: number,
): Promise<{ readonly steps: readonly Step[]; readonly folder: string }> {
  const files = { ...sources, ...models };
  const [parts, full] = [await project(files), await project(inFull(files))];
  const names = Object.keys(models).map(nameOf);
  let o: readonly Row[] = Array.from({ length: 10 }, (_, i) => row(dice, i + 1));
  let m: readonly Row[] = Array.from({ length: 14 }, () => row(dice, 1 + dice.below(9)));
  const steps: Step[] = [];
  for (let round = 1; round <= rounds; round++) {
    const log = Array.from({ length: dice.below(5) }, () => row(dice, 1 + dice.below(6)));
    const came = { o, m, ...(log.length === 0 && round > 1 ? {} : { log: log.length === 0 ? o : log }) };
    for (const one of [parts, full]) {
      for (const [name, rows] of Object.entries(came))
        await one.write(
          `landing/${name}/${String(round).padStart(3, '0')}.json`,
          rows.map((line) => `${JSON.stringify(line)}\n`).join(''),
        );
      const args = ['run', '--project', one.folder];
      outputOf(args, await runHere(args));
    }
    const [ours, theirs] = [await ask(parts.folder, asked), await ask(full.folder, asked)];
    expect(ours, `round ${round}`).toEqual(theirs);
    const made = (await stepsOf(parts.folder, round)).filter(({ table }) => names.includes(table));
    const judged = `select table_name, name, severity, broken, rows from system.quality where run = ${round} and table_name in (${['', ...made.map(({ table }) => table)].map((name) => `'${name}'`).join(', ')}) order by all`;
    expect(await ask(parts.folder, judged), `round ${round}`).toEqual(await ask(full.folder, judged));
    const all = names
      .map((name) => `select '${name}' as name, to_json(t)::varchar as row from ${name} as t`)
      .join(' union all ');
    const ordered = `select * from (${all}) order by all`;
    expect(await ask(parts.folder, ordered), `round ${round}`).toEqual(await ask(full.folder, ordered));
    if (round > 1) steps.push(...made);
    [o, m] = [change(dice, o, true), change(dice, m, false)];
    if (o.length === 0) o = [row(dice, 1)];
    if (m.length === 0) m = [row(dice, 1)];
  }
  return { steps, folder: parts.folder };
}

const seeds = Array.from(
  { length: Number(process.env['REFRESH_PROJECTS'] ?? 1) },
  (_, i) => Number(process.env['REFRESH_SEED'] ?? 1) + i,
);
const rounds = Number(process.env['REFRESH_ROUNDS'] ?? 3);
const isWhole = ({ reason }: Step): boolean => reason.includes('all inputs were read');

describe('rows in quarantine follow changes as their tables do', () => {
  it.each(seeds)(
    'and are those that all inputs give, whatever changes (%i)',
    async (seed) => {
      const { steps, folder } = await changed(followed, new Dice(seed), rounds);
      const counts = new Map<string, number>();
      for (const { table, strategy } of steps)
        counts.set(`${table} ${strategy}`, (counts.get(`${table} ${strategy}`) ?? 0) + 1);
      if (process.env['REFRESH_COUNTS'] !== undefined) console.log(counts);
      expect(steps.filter((step) => isWhole(step) || step.strategy === 'full')).toEqual([]);
      expect(new Set(steps.map(({ table }) => table))).toEqual(new Set(Object.keys(followed).map(nameOf)));
      const came = `select status, count(distinct table_name)::integer as tables from system.quarantine where status_run > 1 group by status order by status`;
      const [open, resolved] = await ask(folder, came);
      expect(open?.['tables']).toBeGreaterThan(4);
      expect(resolved?.['tables']).toBeGreaterThan(4);
    },
    120_000,
  );

  it('or all inputs are read for them, where what changed does not tell', async () => {
    const { steps } = await changed(unfollowed, new Dice(5), 3);
    const kept = steps.filter(({ strategy }) => strategy !== 'full');
    expect(new Set(kept.filter(isWhole).map(({ table }) => table))).toEqual(
      new Set(Object.keys(unfollowed).map(nameOf)),
    );
    expect(kept.filter((step) => !isWhole(step))).toEqual([]);
  }, 60_000);
});

/** Orders that are replaced by each file, and a table made of them. */
async function orders(
  head: string,
  sql: string,
): Promise<{ readonly bring: (rows: readonly object[], code?: number) => Promise<string>; readonly folder: string }> {
  let files = 0;
  const made = await project({
    'bronze/o.yml': 'files: landing/*.json\neach_file: replaces\ntypes:\n  id: BIGINT\n  k: BIGINT\n  n: BIGINT\n',
    'silver/o.sql': '/* ---\nrefresh: incremental\nkey: id\n--- */\nselect id, k, n from bronze.o\n',
    'gold/o.sql': `/* ---\nrefresh: incremental\n${head}--- */\n${sql}\n`,
  });
  const { folder } = made;
  const bring = async (rows: readonly object[], code = 0): Promise<string> => {
    await made.write(`landing/${files++}.json`, rows.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const answer = await runHere(['run', '--project', folder]);
    expect(answer.code, answer.stdout + answer.stderr).toBe(code);
    return answer.stdout;
  };
  return { bring, folder };
}

const stepOf = async (folder: string, run: number): Promise<Step | undefined> =>
  (await stepsOf(folder, run)).find(({ table }) => table === 'gold.o');

const openIds = async (folder: string): Promise<readonly unknown[]> =>
  (await ask(folder, `select row_key from system.quarantine where status = 'open' order by row_key`)).map(
    (one) => one['row_key'],
  );

describe('what rules take out of a table that is kept up by parts', () => {
  it('is judged by all of it: a rule that refuses more than it may keeps the table what it was', async () => {
    const { bring, folder } = await orders(
      'key: id\nexpect:\n  quarantine up to 2 rows:\n    right: n > 0\n',
      'select * from silver.o',
    );
    const rows = (broken: number): object[] =>
      Array.from({ length: 8 }, (_, id) => ({ id, k: 1, n: id < broken ? -1 : 1 }));
    await bring(rows(1));
    await bring(rows(2));
    expect(await stepOf(folder, 2)).toMatchObject({ strategy: 'keyed', reason: 'silver.o changed' });
    expect(await openIds(folder)).toEqual(['{"id":0}', '{"id":1}']);
    expect(await bring(rows(3), 1)).toContain('right: 3 of 8 rows were put aside');
    expect(await openIds(folder)).toEqual(['{"id":0}', '{"id":1}']);
    await bring([...rows(2).slice(1), { id: 9, k: 1, n: 1 }]);
    expect(await openIds(folder)).toEqual(['{"id":1}']);
    expect(await ask(folder, `select broken, rows from system.quality where run = 4 and name = 'right'`)).toEqual([
      { broken: 1, rows: 8 },
    ]);
    expect(isWhole((await stepOf(folder, 4)) as Step)).toBe(false);
  });

  it('is counted among the rows that were made, where it is dropped', async () => {
    const { bring, folder } = await orders(
      'expect:\n  drop:\n    right: n > 0\n',
      'select k, sum(n) as n from silver.o group by k',
    );
    const rows = (n: number): object[] =>
      Array.from({ length: 8 }, (_, id) => ({ id, k: id % 4, n: id === 0 ? n : id - 2 }));
    await bring(rows(-9));
    await bring(rows(-7));
    expect(await stepOf(folder, 2)).toMatchObject({ strategy: 'same', reason: 'silver.o changed' });
    await bring(rows(7));
    expect(await stepOf(folder, 3)).toMatchObject({ strategy: 'keyed', reason: 'silver.o changed' });
    expect(await ask(folder, `select run, broken, rows from system.quality where name = 'right' order by run`)).toEqual(
      [
        { run: 1, broken: 1, rows: 4 },
        { run: 2, broken: 1, rows: 1 },
        { run: 3, broken: 0, rows: 1 },
      ],
    );
    expect(await ask(folder, 'select k, n from gold.o order by k')).toEqual(
      [0, 1, 2, 3].map((k) => ({ k, n: k === 0 ? 9 : 2 * k })),
    );
  });

  it('is asked of all inputs once, where quarantine is not as the table was made', async () => {
    const { bring, folder } = await orders(
      'expect:\n  quarantine:\n    right: n > 0\n',
      'select k, sum(n) as n from silver.o group by k',
    );
    const rows = (n: number): object[] => [0, 1, 2].map((id) => ({ id, k: id, n: id === 0 ? n : id }));
    await bring(rows(-1));
    const words = ['table', 'delete', join(folder, 'lake/system/quarantine'), '--where', "status = 'open'"];
    outputOf(words, await runHere(words));
    await bring([...rows(-1), { id: 3, k: 1, n: 1 }]);
    expect((await stepOf(folder, 2))?.reason).toContain(
      'all inputs were read for rows that its rules take out: those in quarantine',
    );
    const open = `select "row" from system.quarantine where status = 'open'`;
    expect(await ask(folder, open)).toEqual([{ row: '{"k":0,"n":-1}' }]);
    await bring(rows(1));
    expect(await stepOf(folder, 3)).toMatchObject({ strategy: 'keyed', reason: 'silver.o changed' });
    expect(await ask(folder, open)).toEqual([]);
  });

  it('is asked of all inputs, where rows have no other name than the place where they lie', async () => {
    const head = 'key: k\nexpect:\n  quarantine:\n    known: k is not null\n    right: n > 0\n';
    const { bring, folder } = await orders(head, 'select k, n from silver.o');
    await bring([1, 2, 3].map((id) => ({ id, k: id, n: 2 - id })));
    await bring([1, 2, 3].map((id) => ({ id, k: id, n: 3 - id })));
    expect(await stepOf(folder, 2)).toMatchObject({ strategy: 'keyed', reason: 'silver.o changed' });
    expect(await openIds(folder)).toEqual(['{"k":3}']);
    await bring([1, 2, 3].map((id) => ({ id, k: id === 3 ? null : id, n: 3 - id })));
    expect((await stepOf(folder, 3))?.reason).toContain('some are known by their place in silver.o');
    expect(await openIds(folder)).toEqual(['{"k":null}']);
  });

  it('is told of by the plan: whether it follows, by what, or why not', async () => {
    const sql = 'select o.id, o.n, p.n as other from silver.o o join silver.o p on p.id = o.k';
    const { bring, folder } = await orders('key: id\nexpect:\n  quarantine:\n    right: other > 0\n', sql);
    await bring([{ id: 1, k: 1, n: 1 }]);
    const explain = async (...words: string[]): Promise<string> => {
      const args = ['plan', '--explain', 'gold.o', '--project', folder, ...words];
      return outputOf(args, await runHere(args));
    };
    expect(await explain()).toContain('taken out  rows that its rules take out follow the changes: rows by id');
    expect(JSON.parse(await explain('--json'))).toMatchObject({ takenOut: { followed: true } });
  });
});

it('rows without a key that a table of the lake refuses are one each, whichever file they came with', async () => {
  const rule = '/* ---\nexpect:\n  quarantine:\n    right: n > 0\n--- */\n';
  const made = await project({
    'bronze/o.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  n: BIGINT\n',
    'silver/o.sql': 'select id, n from bronze.o\n',
    'gold/o.sql': `${rule}select id, n from silver.o\n`,
  });
  const { folder } = made;
  for (const id of [1, 2]) {
    await made.write(`landing/${id}.json`, `{"id": ${id}, "n": -1}\n`);
    const args = ['run', '--project', folder];
    outputOf(args, await runHere(args));
  }
  expect((await stepsOf(folder, 2)).map(({ strategy }) => strategy)).toEqual(['files', 'append', 'append']);
  const open = `select "row" from system.quarantine where status = 'open' order by 1`;
  expect(await ask(folder, open)).toEqual([{ row: '{"id":1,"n":-1}' }, { row: '{"id":2,"n":-1}' }]);
});
