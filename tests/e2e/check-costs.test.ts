import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { outputOf, removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

interface Row {
  readonly id: number;
  readonly n: number | null;
  readonly kind: string;
}

const rule = (bound: number): string => `/* ---
key: id
expect:
  warn:
    positive: n > ${bound}
    fits: kind in (select kind from reference.kinds)
check:
  warn:
    references: kind -> reference.kinds.kind
    unique: n
    range: n < 100
    row_count: at least 1
    own: select n from silver.t where n = 13
--- */
select id, n, kind from bronze.o
`;

let files = 0;
/** Lands a file with these rows. */
async function land(...rows: readonly Row[]): Promise<void> {
  files += 1;
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await project.write(`landing/${String(files).padStart(3, '0')}.json`, text);
}

const newProject = async (): Promise<void> => {
  files = 0;
  project = await createProject(
    {
      'bronze/o.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  n: BIGINT\n  kind: VARCHAR\n',
      'silver/t.sql': rule(0),
      'reference/kinds.csv': 'kind\na\nb\n',
    },
    runHere,
  );
  await land({ id: 1, n: 1, kind: 'a' }, { id: 2, n: 2, kind: 'b' });
};

const said = async (...args: readonly string[]): Promise<string> => outputOf(args, await runHere(args));

/** What the next run would read for each rule and check of silver.t: 'key: changed keys'. */
async function costs(): Promise<Readonly<Record<string, string>>> {
  const { tables } = JSON.parse(await said('plan', '--json', '--project', project.folder)) as {
    tables: { table: string; judged?: { of: string; name: string; cost: string }[] }[];
  };
  const judged = tables.find(({ table }) => table === 'silver.t')?.judged ?? [];
  return Object.fromEntries(judged.map(({ of, name, cost }) => [of === 'key' ? 'key' : name, cost]));
}

const whole = {
  key: 'whole table',
  positive: 'each row',
  fits: 'each row',
  references: 'other tables',
  unique: 'whole table',
  range: 'each row',
  row_count: 'statistics',
  own: 'other tables',
};
const less = {
  ...whole,
  key: 'changed keys',
  positive: 'new rows',
  references: 'new rows',
  unique: 'changed keys',
  range: 'new rows',
};

/** What the last run found broken: 'positive 1'. */
async function broken(): Promise<readonly string[]> {
  const found = await project.query(
    `select name, broken from system.quality where broken > 0 and table_name = 'silver.t'
      and run = (select max(run) from system.runs) order by 1`,
  );
  return found.map(({ name, broken: count }) => `${String(name)} ${String(count)}`);
}

describe('rows that are added to others', () => {
  it('are judged by themselves, until one breaks what is judged', async () => {
    await newProject();
    expect(await costs()).toEqual(whole);
    await project.runs();
    await land({ id: 3, n: 3, kind: 'a' });
    expect(await costs()).toEqual(less);
    await project.runs();
    await land({ id: 4, n: -4, kind: 'a' }, { id: 5, n: 1, kind: 'b' }, { id: 6, n: 106, kind: 'c' });
    expect(await costs()).toEqual(less);
    await project.runs();
    const found = ['fits 1', 'positive 1', 'range 1', 'references 1', 'unique 1'];
    expect(await broken()).toEqual(found);
    await land({ id: 7, n: 7, kind: 'a' });
    // The key was never broken.
    expect(await costs()).toEqual({ ...whole, key: 'changed keys' });
    await project.runs();
    expect(await broken()).toEqual(found);
    await land({ id: 7, n: 8, kind: 'a' });
    expect((await project.run()).stdout).toContain('key: 1 value of id stands in more than one row');
  });

  it('are judged with all others where these may be others than the last run judged', async () => {
    await newProject();
    await project.runs();
    const settled = async (): Promise<void> => {
      await land({ id: 20 + files, n: 20 + files, kind: 'a' });
      await project.runs();
      await land({ id: 20 + files, n: 20 + files, kind: 'a' });
      expect(await costs()).toEqual(less);
    };
    const table = join(project.folder, 'lake/silver/t');
    await settled();
    // Another writer.
    await project.write('wrong.csv', 'id,n,kind\n1,-1,z\n');
    await said('table', 'append', table, '--from', join(project.folder, 'wrong.csv'));
    expect(await costs()).toEqual(whole);
    await project.runs();
    await settled();
    // Another rule.
    await project.write('silver/t.sql', rule(1));
    expect(await costs()).toEqual(whole);
    await project.runs();
    expect(await broken()).toEqual(['positive 1']);
    await project.write('silver/t.sql', rule(0));
    await project.runs();
    await settled();
    // Another time zone.
    await project.write('lakesmith.yml', 'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: Europe/Vienna\n');
    expect(await costs()).toEqual(whole);
    await project.runs();
    await settled();
    // An earlier release.
    await project.runs();
    await said('release', 'back', '1', '--project', project.folder);
    expect(await costs()).toEqual(whole);
    await project.runs();
    await settled();
    // The record that the run left is of another commit.
    const records = join(project.folder, 'lake/_lakesmith/runs');
    for (const name of await readdir(records)) {
      const text = await readFile(join(records, name), 'utf8');
      await writeFile(join(records, name), text.replaceAll(/"commit": "[^"]*"/g, '"commit": "another"'));
    }
    expect(await costs()).toEqual(whole);
    await project.runs();
    await settled();
    // It is gone.
    for (const name of await readdir(records)) await rm(join(records, name));
    expect(await costs()).toEqual(whole);
  });

  it('are judged with all others by references to a table that may have lost rows', async () => {
    await newProject();
    await project.runs();
    await land({ id: 3, n: 3, kind: 'a' });
    await project.write('reference/kinds.csv', 'kind\na\n');
    expect(await costs()).toEqual({ ...less, references: 'other tables' });
    await project.runs();
    expect(await broken()).toEqual(['fits 1', 'references 1']);
    await project.write('reference/kinds.csv', 'kind\na\nb\nc\n');
    await project.runs();
    await land({ id: 4, n: 4, kind: 'c' });
    expect((await costs())['references']).toBe('other tables');
    await project.runs();
    expect(await broken()).toEqual([]);
    await land({ id: 5, n: 5, kind: 'c' });
    expect(await costs()).toEqual(less);
  });
});
