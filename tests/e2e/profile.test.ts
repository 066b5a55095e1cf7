import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed } from '../support/command.ts';
import { createProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';

let project: TestProject;
const at = (): string[] => ['--project', project.folder];

interface Profile {
  readonly rows: number;
  readonly isExact: boolean;
  readonly columns: readonly {
    readonly name: string;
    readonly [fact: string]: unknown;
  }[];
  readonly rules: readonly { readonly verb: string; readonly name: string; readonly text: string }[];
}

const profiled = async (name: string, ...more: string[]): Promise<Profile> =>
  JSON.parse(await succeed(['profile', name, '--json', ...more, ...at()])) as Profile;
const column = (profile: Profile, name: string): Profile['columns'][number] | undefined =>
  profile.columns.find((one) => one.name === name);

beforeAll(async () => {
  // Forty rows whose counts can be told in the head: a hundredth of each number, four states, every tenth amount missing.
  const rows = Array.from({ length: 40 }, (_, i) => ({
    id: 9_007_199_254_740_993n + BigInt(i),
    state: ['new', 'paid', 'sent', 'back'][i % 4],
    amount: i % 10 === 0 ? null : i,
    email: `p${i}@example.com`,
    tags: i % 2 === 0 ? ['a'] : [],
  }));
  const line = (row: (typeof rows)[number]): string =>
    JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `#${value}#` : value)).replaceAll(
      /"#|#"/g,
      '',
    );
  project = await createProject({
    'bronze/people.yml': 'files: landing/*.json\ncolumns:\n  email:\n    tags: [pii]\n',
    'landing/1.json': rows.map((row) => `${line(row)}\n`).join(''),
    'silver/people.sql':
      '/* ---\nkey: id\n--- */\nselect id, state, amount, amount * 0.5 as half, lower(email) as mail, md5(email) as hashed, email is null as unknown, tags from bronze.people\n',
    'silver/nobody.sql': 'select id, state from bronze.people where false\n',
    'gold/states.sql':
      'select state, count(email) as people, min(mail) as first from silver.people join bronze.people using (id, state) group by all\n',
  });
  await project.runs();
});
afterAll(() => removeFolder(project.folder));

describe('what a profile says', () => {
  it('counts what is in each column, and rounds nothing', async () => {
    const found = await profiled('silver.people');
    expect([found.rows, found.isExact]).toEqual([40, true]);
    expect(column(found, 'id')).toMatchObject({
      nulls: 0,
      distinct: 40,
      min: '9007199254740993',
      max: '9007199254741032',
      top: [],
    });
    expect(column(found, 'amount')).toMatchObject({ nulls: 4, distinct: 36, min: '1', max: '39', mean: '20.0' });
    expect(column(found, 'amount')?.['quantiles']).toEqual({ 5: '2', 25: '9', 50: '19', 75: '29', 95: '38' });
    expect(column(found, 'state')).toMatchObject({
      distinct: 4,
      lengths: { min: 3, max: 4 },
      top: ['back', 'new', 'paid', 'sent'].map((value) => ({ value, rows: 10 })),
    });
    expect(column(found, 'tags')).toMatchObject({ nulls: 0, min: null });
  });

  it('puts numbers into steps that hold all of them', async () => {
    // From 1 to 39 in steps of 3.8; 10, 20 and 30 are missing.
    const { columns } = await profiled('silver.people.amount');
    const [bins] = columns.map((one) => one['histogram'] as { from: string; to: string; rows: number }[]);
    expect(bins?.map(({ rows }) => rows)).toEqual([4, 4, 3, 4, 3, 3, 4, 3, 4, 4]);
    expect([bins?.[0]?.from, bins?.at(-1)?.to]).toEqual(['1', '39']);
    expect(await succeed(['profile', 'silver.people.amount', ...at()])).toContain('1 … 4.8      ██████');
  });

  it('suggests rules that all rows meet, and not what the key says already', async () => {
    const { rules } = await profiled('silver.people');
    const texts = rules.map(({ verb, text }) => `${verb} ${text}`);
    expect(texts).toContain("expect state in ('back', 'new', 'paid', 'sent')");
    expect(texts).toContain('expect amount is null or amount > 0');
    expect(texts).toContain('check hashed');
    expect(texts).not.toContain('expect id is not null');
    expect(texts).not.toContain('expect amount is not null');
    // What is suggested is true: the project takes it, and no row breaks it.
    const expects = rules
      .filter(({ verb }) => verb === 'expect')
      .map(({ name, text }) => `    ${name}: ${JSON.stringify(text)}\n`);
    await project.write('silver/people.yml', `expect:\n  fail:\n${expects.join('')}`);
    await project.runs();
    await project.write('silver/people.yml', '{}\n');
  });

  it('says of an empty table that it is empty', async () => {
    const { rows, rules, columns } = await profiled('silver.nobody');
    expect([rows, rules.length, columns.map((one) => one['distinct'])]).toEqual([0, 0, [0, 0]]);
  });

  it('names what is meant when a name is wrong', async () => {
    expect((await lakesmith(['profile', 'silver.poeple', ...at()])).stderr).toContain('Did you mean silver.people?');
    expect((await lakesmith(['profile', 'silver.people.amuont', ...at()])).stderr).toContain('Did you mean amount?');
  });
});

describe('values of columns tagged pii', () => {
  it('are hidden wherever they went, but for hashes and counts of them', async () => {
    const people = await profiled('silver.people');
    const values = people.columns.map(({ name, min }) => [name, min]);
    expect(Object.fromEntries(values)).toMatchObject({ mail: '•••', unknown: 'false', state: 'back' });
    expect(String(column(people, 'hashed')?.['min'])).toMatch(/^[0-9a-f]{32}$/);
    const states = await profiled('gold.states');
    expect(states.columns.map(({ name, min }) => [name, min])).toEqual([
      ['state', 'back'],
      ['people', '10'],
      ['first', '•••'],
    ]);
    expect(JSON.stringify([people, states])).not.toContain('example.com');
    expect(await succeed(['profile', 'silver.people', ...at()])).not.toContain('example.com');
  });

  it('can be followed to where they were tagged', async () => {
    const text = await succeed(['lineage', 'gold.states', ...at()]);
    expect(text).toContain('gold.states.first   #pii of bronze.people.email');
    expect(text).not.toContain('gold.states.people   #pii');
  });

  it('are shown to who asks for them', async () => {
    expect(column(await profiled('silver.people', '--reveal'), 'mail')?.['min']).toBe('p0@example.com');
  });
});
