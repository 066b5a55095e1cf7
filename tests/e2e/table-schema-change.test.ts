import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, temporaryFolder } from '../support/command.ts';

let folder = '';
let count = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => removeFolder(folder));

const table = (...args: readonly string[]): ReturnType<typeof lakesmith> =>
  lakesmith(['table', ...args], { cwd: folder });

async function told(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await table(...args, '--json');
  expect(code, stderr + stdout).toBe(0);
  const facts: unknown = JSON.parse(stdout);
  return facts;
}

async function fileOf(...rows: readonly object[]): Promise<string> {
  const name = `rows${count++}.ndjson`;
  await writeFile(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return name;
}

/** A table with two rows, at version 1. */
async function newTable(schema: string, ...more: readonly string[]): Promise<string> {
  const name = `t${count++}`;
  await told('create', name, '--schema', schema, ...more);
  await told('append', name, '--from', await fileOf({ id: 1, part: 'a', n: 5 }, { id: 2, part: 'b', n: 6 }));
  return name;
}

const overwrite = (name: string, file: string): readonly string[] => [
  'overwrite',
  name,
  '--from',
  file,
  '--schema-change',
];

/** Files of a table are read in any order. */
async function rowsOf(name: string): Promise<readonly string[]> {
  return ((await told('read', name)) as readonly object[]).map((row) => JSON.stringify(row)).sort();
}

async function expectRefused(name: string, args: readonly string[], message: RegExp, code = 2): Promise<void> {
  const before = await rowsOf(name);
  expect(await table(...args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
  expect(await rowsOf(name)).toEqual(before);
  expect(await table('check', name, '--deep')).toMatchObject({ code: 0 });
}

describe('a table that is overwritten with other columns', () => {
  it.each([[[]], [['--property', 'delta.columnMapping.mode=name']]])(
    'loses those that the file lacks, and may hold other types, while older versions stay as they were (%j)',
    async (more) => {
      const name = await newTable('id BIGINT, part VARCHAR, n INTEGER', ...more);
      await told(...overwrite(name, await fileOf({ id: 'x1', n: 2.5, more: true })));
      expect(await told('read', name)).toEqual([{ id: 'x1', n: 2.5, more: true }]);
      await told(...overwrite(name, await fileOf({ id: 7 })));
      expect(await told('read', name)).toEqual([{ id: 7 }]);
      expect(await told('read', name, '--version', '2')).toEqual([{ id: 'x1', n: 2.5, more: true }]);
      expect(await told('read', name, '--version', '1')).toEqual([
        { id: 1, part: 'a', n: 5 },
        { id: 2, part: 'b', n: 6 },
      ]);
      expect(await table('check', name, '--deep')).toMatchObject({ code: 0 });
      await told('restore', name, '--version', '1');
      expect(await told('read', name, '--columns', 'n')).toEqual([{ n: 5 }, { n: 6 }]);
    },
  );

  it('knows its columns in any case, and keeps what it promises of them', async () => {
    const name = await newTable(
      'id BIGINT NOT NULL, part VARCHAR, n INTEGER, twice INTEGER GENERATED ALWAYS AS (n * 2)',
      '--partition-by',
      'part',
    );
    const file = (id: number | null, twice: number): Promise<string> =>
      fileOf({ ID: id, Part: 'c', N: 7, Twice: twice, more: true });
    await expectRefused(name, overwrite(name, await file(1, 15)), /LS2107 .*twice is n \* 2/, 1);
    await expectRefused(name, overwrite(name, await file(null, 14)), /LS2106 .*id/, 1);
    await told(...overwrite(name, await file(1, 14)));
    expect(await told('read', name)).toEqual([{ id: 1, part: 'c', n: 7, twice: 14, more: true }]);
  });

  it('keeps the fields of which constraints speak', async () => {
    const name = `t${count++}`;
    await told('create', name, '--schema', 'id BIGINT, x STRUCT(u INT, v INT)', '--constraint', 'low: x.u < 100');
    await told('append', name, '--from', await fileOf({ id: 1, x: { u: 1, v: 2 } }));
    const file = await fileOf({ id: 2, x: { v: 2 } });
    await expectRefused(name, overwrite(name, file), /LS4001 .*the constraint low.*x\.u/);
    await told('alter', name, 'constraint', 'low', '--drop');
    await told(...overwrite(name, file));
    expect(await told('read', name)).toEqual([{ id: 2, x: { v: 2 } }]);
  });

  it('stays divided as it is', async () => {
    const name = await newTable('id BIGINT, part VARCHAR, n INTEGER', '--partition-by', 'part');
    await expectRefused(
      name,
      overwrite(name, await fileOf({ id: 1 })),
      /LS4001.*no column part, which divides the files/,
    );
    await told(...overwrite(name, await fileOf({ part: 'z', more: 1 })));
    expect(await told('read', name)).toEqual([{ part: 'z', more: 1 }]);
  });

  it('keeps columns of which a constraint speaks', async () => {
    const name = await newTable('id BIGINT, part VARCHAR, n INTEGER', '--property', 'delta.constraints.pos=n > 0');
    const narrow = await fileOf({ id: 1 });
    await expectRefused(
      name,
      overwrite(name, narrow),
      /LS4001.*The column n has to stay while the constraint pos \(n > 0\)/,
    );
    const refused = await table(...overwrite(name, await fileOf({ n: -1 })));
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('LS2107')]);
    await told('alter', name, 'constraint', 'pos', '--drop');
    await told(...overwrite(name, narrow));
    expect(await told('read', name)).toEqual([{ id: 1 }]);
  });

  it('goes on computing and numbering columns that stay', async () => {
    const schema =
      'id BIGINT, n INTEGER, part VARCHAR, twice BIGINT GENERATED ALWAYS AS (id * 2), no BIGINT GENERATED ALWAYS AS IDENTITY';
    const name = await newTable(schema);
    await expectRefused(
      name,
      overwrite(name, await fileOf({ twice: 8 })),
      /LS4001.*id has to stay while the generated/,
    );
    for (const [row, code] of [
      [{ id: 4, no: 1 }, 'LS2106'],
      [{ id: 4, twice: 9 }, 'LS2107'],
    ] as const) {
      const refused = await table(...overwrite(name, await fileOf(row)));
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(code)]);
    }
    await told(...overwrite(name, await fileOf({ id: 4, twice: 8 })));
    await told('append', name, '--from', await fileOf({ id: 5 }));
    expect(await told('read', name)).toEqual(
      expect.arrayContaining([
        { id: 4, twice: 8 },
        { id: 5, twice: 10 },
      ]),
    );
  });
});

it('a new name is taken as the old one is, and stands alone', async () => {
  const name = `t${count++}`;
  await told('create', name, '--schema', 'id BIGINT, st STRUCT(a INT)', '--property', 'delta.columnMapping.mode=name');
  await expectRefused(name, ['alter', name, 'rename', 'st.a', 'st.when'], /LS4001.*stands alone.*: when\./);
  await told('alter', name, 'rename', 'st.a', '"when it was"');
  await told('alter', name, 'rename', 'id', 'a.b');
  const { columns } = (await told('show', name)) as { columns: readonly { name: string; type: unknown }[] };
  expect(columns.map((column) => column.name)).toEqual(['a.b', 'st']);
  expect(JSON.stringify(columns)).toContain('when it was');
});

describe('a column of which something else speaks', () => {
  it('does not go, and gets no other name', async () => {
    const name = await newTable(
      'id BIGINT, n INTEGER, part VARCHAR, twice BIGINT GENERATED ALWAYS AS (id * 2)',
      '--property',
      'delta.constraints.pos=n > 0',
      'delta.columnMapping.mode=name',
    );
    await expectRefused(name, ['alter', name, 'drop', 'n'], /LS4001.*n has to stay while the constraint pos/);
    await expectRefused(name, ['alter', name, 'drop', 'id'], /LS4001.*id has to stay while the generated column twice/);
    await expectRefused(name, ['alter', name, 'rename', 'id', 'key'], /LS4001.*id has to stay/);
    await told('alter', name, 'drop', 'twice');
    await told('alter', name, 'drop', 'id');
    expect(await told('read', name)).toEqual([
      { n: 5, part: 'a' },
      { n: 6, part: 'b' },
    ]);
  });
});
