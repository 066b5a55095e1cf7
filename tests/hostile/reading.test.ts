import { cpSync, mkdtempSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptanceFolder } from '../support/acceptance.ts';
import { removeFolder, succeed } from '../support/command.ts';
import { writeBatch, writeSmallProject } from '../support/small-project.ts';
import type { Base } from './expected-rows.ts';
import { SingleFiles } from './expected-rows.ts';
import type { Content, Files } from './folder.ts';
import { filesIn, put, undoing } from './folder.ts';
import { judge } from './judgement.ts';
import { mutate } from './mutations.ts';
import { Random } from './random.ts';
import { ReadingProcess } from './reading-process.ts';
import { closeReplay, statesOf } from './replay.ts';

/**
 * HOSTILE=100000 makes so many changes, and says how far it is; HOSTILE_SEED=n begins with the n-th; HOSTILE_ONLY=.bin makes
 * only those of them whose description has this in it.
 */
const count = Number(process.env['HOSTILE'] ?? 300);
const only = process.env['HOSTILE_ONLY'] ?? '';
const toldEvery = 1_000;
const firstSeed = Number(process.env['HOSTILE_SEED'] ?? 1);
const workers = 2;

const tables = [
  'kernel-rs-data/table-with-dv-small',
  'kernel-rs-data/cdf-table-with-dv',
  'kernel-rs-golden/dv-with-columnmapping',
  'kernel-rs-golden/v2-checkpoint-json',
  'kernel-rs-golden/v2-checkpoint-parquet',
  'kernel-rs-data/v2-checkpoints-json-with-last-checkpoint',
  'kernel-rs-data/v2-checkpoints-parquet-with-last-checkpoint',
  'kernel-rs-data/v2-classic-parquet-struct-stats-only',
  'kernel-rs-data/v1-multi-part-struct-stats-only',
  'kernel-rs-data/v1-multi-part-partitioned-struct-stats-only',
  'kernel-rs-data/cdf-column-mapping-id-mode',
  'kernel-rs-golden/table-with-columnmapping-mode-name',
  'dat/partitioned_with_null',
  'dat/multi_partitioned_2',
  'dat/no_stats',
  'kernel-rs-data/type-widening',
  'delta-rs/simple_table_with_checkpoint',
  'delta-rs/table_with_partitioning_mapping',
  'delta-rs/delta-2.2.0-partitioned-types',
];

let folder = '';
const bases: Base[] = [];
const readings = Array.from({ length: workers }, (_, worker) => new ReadingProcess(1 + worker));

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'lakesmith-hostile-')));
  for (const name of tables) await addBase(name, join(acceptanceFolder, name, 'delta'));
  const project = join(folder, 'project');
  await writeSmallProject(project);
  for (let batch = 0; batch < 3; batch += 1) {
    await writeBatch(project, batch);
    await succeed(['run', '--project', project]);
  }
  await addBase('our own', join(project, 'lake/gold/by_kind'));
  await addBase('a large commit', await tableWithLargeCommit());
});
afterAll(async () => {
  for (const reading of readings) reading.close();
  closeReplay();
  await removeFolder(folder);
});

/** Adds of a commit of this size are not taken out of its bytes before somebody asks for them. */
async function tableWithLargeCommit(): Promise<string> {
  const table = join(folder, 'large');
  const names = Array.from({ length: 31 }, (_, i) => `column_${String(i).padStart(70, '_')}`);
  const schema = ['part INTEGER', ...names.map((name) => `${name} BIGINT`)].join(', ');
  const rows = join(folder, 'large.ndjson');
  const lines = Array.from({ length: 12 }, (_, part) =>
    JSON.stringify({ part, ...Object.fromEntries(names.map((name, i) => [name, part * i])) }),
  );
  writeFileSync(rows, `${lines.join('\n')}\n`);
  await succeed(['table', 'create', table, '--schema', schema, '--partition-by', 'part']);
  await succeed(['table', 'append', table, '--from', rows]);
  expect(statSync(join(table, '_delta_log', `${'1'.padStart(20, '0')}.json`)).size).toBeGreaterThan(66_000);
  return table;
}

async function addBase(name: string, from: string): Promise<void> {
  const table = join(folder, `base-${bases.length}`);
  cpSync(from, table, { recursive: true });
  const outcome = await readings[0]?.read(table);
  if (outcome?.kind !== 'rows') throw new Error(`${name} cannot be read: ${outcome?.message ?? ''}`);
  const [state] = await statesOf(table);
  if (state === undefined) throw new Error(`${name} has no meaning`);
  bases.push({ name, files: filesIn(table), state, columns: outcome.columns, rows: outcome.rows });
}

interface Tally {
  done: number;
  readonly faults: string[];
  readonly verdicts: Record<string, number>;
}

async function work(reading: ReadingProcess, worker: number, tally: Tally): Promise<void> {
  const places = bases.map((base, i) => {
    const place = join(folder, `work-${worker}`, String(i), 'table');
    put(place, base.files);
    // What a path or a link that leads out would find.
    const [, data] = [...base.files].find(([path]) => !path.startsWith('_') && path.endsWith('.parquet')) ?? [];
    put(dirname(place), new Map([['outside.parquet', data ?? null]]));
    const singles = new SingleFiles(base, reading, join(folder, `single-${worker}-${i}`));
    return { base, place, singles };
  });
  for (let seed = firstSeed + worker; seed < firstSeed + count; seed += workers) {
    const random = new Random(seed);
    const { base, place, singles } = random.pick(places);
    const { description, changes } = mutate(base.files, random);
    if (!description.includes(only)) continue;
    put(place, changes);
    const outcome = await reading.read(place);
    const verdict = await judge(outcome, { base, folder: place }, singles);
    put(place, undoing(base.files, changes));
    const kind = verdict.split(':')[0] ?? verdict;
    tally.verdicts[kind] = (tally.verdicts[kind] ?? 0) + 1;
    if (kind === 'wrong') {
      const shown = excerpt(base.files, changes);
      const fault = `seed ${seed}, ${base.name}, ${description}: ${verdict}${shown}`;
      tally.faults.push(fault);
      console.log(fault);
    }
    tally.done += 1;
    if (tally.done % toldEvery === 0) console.log(`${tally.done} of ${count}: ${JSON.stringify(tally.verdicts)}`);
  }
}

/** Where a changed file begins to be another. */
function excerpt(files: Files, changes: ReadonlyMap<string, Content>): string {
  const [[path, content] = ['', null]] = changes;
  const before = files.get(path);
  if (before === undefined || !Buffer.isBuffer(content)) return '';
  let at = 0;
  while (at < before.length && before[at] === content[at]) at += 1;
  const around = (bytes: Buffer): string => JSON.stringify(bytes.subarray(Math.max(0, at - 60), at + 80).toString());
  return `\n  at ${at}: ${around(before)}\n  now: ${around(content)}`;
}

describe('damaged and forged tables', () => {
  it('are what an independent replay makes of the tables that nobody changed', async () => {
    for (const [i, base] of bases.entries()) {
      const reading = readings[0] ?? new ReadingProcess(1);
      const singles = new SingleFiles(base, reading, join(folder, `check-${i}`));
      const outcome = { kind: 'rows' as const, columns: base.columns, rows: base.rows };
      const table = join(folder, `base-${i}`);
      expect([base.name, await judge(outcome, { base, folder: table }, singles)]).toEqual([base.name, 'right']);
      const short = { ...outcome, rows: base.rows.slice(1) };
      expect(await judge(short, { base, folder: table }, singles)).toMatch(/^wrong/);
    }
  });

  it(`are read right or refused with a code (${count} of them)`, async () => {
    const tally: Tally = { done: 0, faults: [], verdicts: {} };
    await Promise.all(readings.map((reading, worker) => work(reading, worker, tally)));
    console.log(JSON.stringify(tally.verdicts));
    expect(tally.faults).toEqual([]);
    expect(tally.verdicts).toMatchObject({ right: expect.any(Number), refused: expect.any(Number) });
  });
});
