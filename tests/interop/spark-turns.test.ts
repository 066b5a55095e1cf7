import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.ts';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { DeltaRs } from '../support/delta-rs.ts';
import { runHere } from '../support/in-process.ts';
import type { PeerRow } from '../support/peer-session.ts';
import { Spark } from '../support/spark.ts';
import type { Act, Row, TableWriter } from './table-writers.ts';
import { deltaRsWriter, lakesmithWriter, sparkWriter, table } from './table-writers.ts';

/** TURNS=500 makes so many tables; TURNS_AFTER=100 leaves out those that come before. */
const count = Number(process.env['TURNS'] ?? 5);
const passed = Number(process.env['TURNS_AFTER'] ?? 0);
const seeds = Array.from({ length: count }, (_, i) => passed + i + 1);
const steps = 10;

let folder = '';
let spark: Spark;
let deltaRs: DeltaRs;
let writers: Readonly<Record<TableWriter['name'], TableWriter>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  spark = await Spark.start();
  deltaRs = await DeltaRs.start();
  writers = {
    lakesmith: lakesmithWriter(folder),
    Spark: sparkWriter(spark),
    'delta-rs': deltaRsWriter(deltaRs),
  };
}, 900_000);
afterAll(async () => {
  await spark.stop();
  await deltaRs.stop();
  await removeFolder(folder);
});

/** What tables are like, and who can write to them. delta-rs knows neither vectors nor mapped columns when it writes. */
const kinds: readonly {
  readonly name: string;
  readonly create: readonly string[];
  readonly by: readonly TableWriter['name'][];
}[] = [
  { name: 'plain', create: [], by: ['lakesmith', 'Spark', 'delta-rs'] },
  { name: 'partitioned', create: ['--partition-by', 'part'], by: ['lakesmith', 'Spark', 'delta-rs'] },
  {
    name: 'with a feed',
    create: ['--property', 'delta.enableChangeDataFeed=true'],
    by: ['lakesmith', 'Spark', 'delta-rs'],
  },
  {
    name: 'with vectors',
    create: ['--property', 'delta.enableDeletionVectors=true', '--property', 'delta.checkpointPolicy=v2'],
    by: ['lakesmith', 'Spark'],
  },
  {
    name: 'with mapped columns and a feed',
    create: ['--property', 'delta.columnMapping.mode=name', '--property', 'delta.enableChangeDataFeed=true'],
    by: ['lakesmith', 'Spark'],
  },
];

interface Condition {
  readonly sql: string;
  readonly holds: (row: Row) => boolean;
}
const conditions: readonly [Condition, ...Condition[]] = [
  { sql: 'id % 3 = 0', holds: ({ id }) => id % 3 === 0 },
  { sql: 'n > 50', holds: ({ n }) => n !== null && n > 50 },
  { sql: "part = 'b'", holds: ({ part }) => part === 'b' },
  { sql: 'part is null or id < 5', holds: ({ part, id }) => part === null || id < 5 },
  { sql: 'id > 1000000', holds: () => false },
];

/** Something to do, and what rows become by it. */
interface Step {
  readonly act: Act;
  readonly after: readonly Row[];
}

function someStep(model: readonly Row[], random: () => number): Step {
  const pick = <T>(first: T, ...others: readonly T[]): T =>
    [first, ...others][Math.floor(random() * (others.length + 1))] ?? first;
  const newRow = (id: number): Row => ({ id, part: pick('a', 'b', null), n: pick(null, Math.floor(random() * 100)) });
  const next = Math.max(0, ...model.map(({ id }) => id)) + 1;
  const where = pick(...conditions);
  const kind = pick(
    'append',
    'append',
    'delete',
    'update',
    'update',
    'merge',
    'merge',
    'optimize',
    'checkpoint',
    'overwrite',
  );
  if (kind === 'append' || kind === 'overwrite') {
    const rows = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, i) => newRow(next + i));
    return { act: { kind, rows }, after: kind === 'append' ? [...model, ...rows] : rows };
  }
  if (kind === 'merge') {
    const known = model.filter(() => random() < 0.3).map(({ id }) => newRow(id));
    const rows = [...known, newRow(next)];
    const isKnown = new Set(rows.map(({ id }) => id));
    return { act: { kind, rows }, after: [...model.filter(({ id }) => !isKnown.has(id)), ...rows] };
  }
  if (kind === 'delete') return { act: { kind, where: where.sql }, after: model.filter((row) => !where.holds(row)) };
  if (kind === 'update') {
    const [set, change] = pick<readonly [Extract<Act, { kind: 'update' }>['set'], (row: Row) => Row]>(
      [{ n: 'n + 1' }, (row) => ({ ...row, n: row.n === null ? null : row.n + 1 })],
      [{ part: "'c'" }, (row) => ({ ...row, part: 'c' })],
    );
    return { act: { kind, where: where.sql, set }, after: model.map((row) => (where.holds(row) ? change(row) : row)) };
  }
  return { act: { kind }, after: model };
}

function inOrder(rows: readonly PeerRow[]): readonly string[] {
  return rows.map(({ id, part, n }) => JSON.stringify([id, part, n])).sort();
}

async function ourRows(path: string): Promise<readonly PeerRow[]> {
  const out = join(folder, 'read.ndjson');
  await table('read', path, '--columns', 'id,part,n', '--out', out);
  return await linesOf(out);
}

async function linesOf(file: string): Promise<readonly PeerRow[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line): PeerRow => JSON.parse(line));
}

async function newestVersion(path: string): Promise<{ readonly version: number }> {
  const [newest] = await spark.sql('describe history {t} limit 1', path);
  return { version: Number(newest?.['version']) };
}

/** How often each row came in each version, less how often it went. */
function sumsOf(changes: readonly PeerRow[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const { id, part, n, _change_type: kind, _commit_version: version } of changes) {
    const key = JSON.stringify([version, id, part, n]);
    sums.set(key, (sums.get(key) ?? 0) + (kind === 'insert' || kind === 'update_postimage' ? 1 : -1));
  }
  return Object.fromEntries([...sums].filter(([, times]) => times !== 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('a table that three programs write to in turn', () => {
  it.each(seeds.map((seed) => ({ seed, kind: kinds[(seed - 1) % kinds.length] })))(
    '$kind.name, is for each of them what a list of rows would be ($seed)',
    async ({ seed, kind }) => {
      if (kind === undefined) throw new Error('no kind');
      const random = randomNumbers(seed);
      const path = join(folder, `turns${seed}`);
      await table('create', path, '--schema', 'id BIGINT, part VARCHAR, n BIGINT', ...kind.create);
      let model: readonly Row[] = [];
      const story: string[] = [];
      for (let i = 0; i < steps; i += 1) {
        const name = kind.by[Math.floor(random() * kind.by.length)] ?? 'lakesmith';
        const { act, after } = someStep(model, random);
        story.push(`${name}: ${JSON.stringify(act)}`);
        try {
          await writers[name].act(path, act);
        } catch (error) {
          throw new Error(story.join('\n'), { cause: error });
        }
        model = after;
        expect(inOrder(await ourRows(path)), story.join('\n')).toEqual(inOrder(model.map((row) => ({ ...row }))));
      }
      const expected = inOrder(model.map((row) => ({ ...row })));
      expect(inOrder(await spark.sql('select id, part, n from {t}', path)), story.join('\n')).toEqual(expected);
      if (kind.by.includes('delta-rs'))
        expect(inOrder(await deltaRs.ask({ path, kind: 'read' })), story.join('\n')).toEqual(expected);
      expect(await table('show', path)).toMatchObject(await newestVersion(path));
      expect(await table('check', path, '--deep')).toMatchObject({ findings: [] });
      if (!kind.name.endsWith('a feed')) return;
      const out = join(folder, 'changes.ndjson');
      const { code, stderr } = await runHere(['table', 'changes', path, '--from', '0', '--out', out]);
      expect(code, stderr).toBe(0);
      const theirs = await spark.sql(`select * from table_changes_by_path('${path}', 0)`);
      expect(sumsOf(await linesOf(out)), story.join('\n')).toEqual(sumsOf(theirs));
    },
  );
});

/** Does it, again and again where somebody else was faster. Gives how often it was refused. */
async function insist(writer: TableWriter, path: string, act: Act): Promise<number> {
  for (let refused = 0; ; refused += 1) {
    try {
      await writer.act(path, act);
      return refused;
    } catch (error) {
      const isConflict = /LS3\d\d\d|Concurrent|CommitFailed|conflict|Transaction failed/i.test(String(error));
      if (!isConflict || refused > 200) throw error;
    }
  }
}

describe('a table that three programs write to at once', () => {
  it('has every row that one of them wrote, and counts each turn once', async () => {
    const path = join(folder, 'at-once');
    await table('create', path, '--schema', 'id BIGINT, part VARCHAR, n BIGINT', '--partition-by', 'part');
    await writers.lakesmith.act(path, { kind: 'append', rows: [{ id: 0, part: 'shared', n: 0 }] });
    const turns = 12;
    const all = Object.values(writers);
    const expected = await Promise.all(
      all.map(async (writer, place) => {
        const part = `of ${place}`;
        const own = new Map<number, Row>();
        for (let turn = 0; turn < turns; turn += 1) {
          const rows = [0, 1].map((i): Row => ({ id: 1000 * (place + 1) + 2 * turn + i, part, n: turn }));
          await insist(writer, path, { kind: 'append', rows });
          for (const row of rows) own.set(row.id, row);
          if (turn % 3 === 1) {
            await insist(writer, path, { kind: 'update', where: "part = 'shared'", set: { n: 'n + 1' } });
            await insist(writer, path, {
              kind: 'update',
              where: `part = '${part}' and n = ${turn}`,
              set: { n: 'n + 100' },
            });
            for (const row of rows) own.set(row.id, { ...row, n: turn + 100 });
          }
          if (turn % 3 === 2) {
            await insist(writer, path, { kind: 'delete', where: `part = '${part}' and n = ${turn - 2}` });
            for (const row of own.values()) if (row.n === turn - 2) own.delete(row.id);
          }
          if (turn === 7) await insist(writer, path, { kind: 'optimize' });
        }
        return [...own.values()];
      }),
    );
    const rows = [...expected.flat(), { id: 0, part: 'shared', n: (all.length * turns) / 3 }];
    const wanted = inOrder(rows.map((row) => ({ ...row })));
    expect(inOrder(await ourRows(path))).toEqual(wanted);
    expect(inOrder(await spark.sql('select id, part, n from {t}', path))).toEqual(wanted);
    expect(inOrder(await deltaRs.ask({ path, kind: 'read' }))).toEqual(wanted);
    expect(await table('check', path, '--deep')).toMatchObject({ findings: [] });
  });
});
