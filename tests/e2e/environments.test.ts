import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { EnvironmentWorld } from '../support/environment-world.ts';
import { runHere } from '../support/in-process.ts';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.ts';

const sequences = Number(process.env['LAKESMITH_SEQUENCES'] ?? 8);
const seed = Number(process.env['LAKESMITH_SEED'] ?? 20260310);
const stepsOfSequence = 12;

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => connection.closeSync());

type Step = (world: EnvironmentWorld, next: () => number) => Promise<void>;

async function succeeds(world: EnvironmentWorld, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await world.run(args);
  expect(code, `${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

function pick<T>(from: readonly T[], next: () => number): T | undefined {
  return from[Math.floor(next() * from.length)];
}

const steps: readonly Step[] = [
  (world) => world.land(),
  (world, next) => world.change(next() < 0.5 ? 'silver.flat' : 'gold.total', 1 + Math.floor(next() * 4)),
  async (world) => {
    await succeeds(world, 'run');
    await world.note('local', 'all');
  },
  async (world, next) => {
    const name = next() < 0.5 ? 'vat' : 'pr-12';
    if (name !== 'vat' && !world.environments.includes(name)) {
      await succeeds(world, 'env', 'create', name);
      world.noteBranch(name);
    } else if (!world.environments.includes(name)) {
      await succeeds(world, 'run', '--env', name);
      world.noteBranch(name);
      await world.note(name, 'models');
    } else {
      // Most runs of an environment are there for something that was changed.
      if (next() < 0.7) await world.change('gold.total', 5 + Math.floor(next() * 100));
      const load = next() < 0.3;
      const loads = load || (await world.ownsBronze(name));
      await succeeds(world, 'run', '--env', name, ...(load ? ['--load'] : []));
      await world.note(name, loads ? 'all' : 'models');
    }
  },
  async (world, next) => {
    const name = pick(world.environments, next);
    if (name === undefined) return;
    await succeeds(world, 'env', 'refresh', name);
    await world.note(name, { of: 'local' });
  },
  async (world, next) => {
    const name = pick(world.environments, next);
    if (name === undefined) return;
    await succeeds(world, 'env', 'drop', name);
    world.forget(name);
  },
  async (world, next) => {
    const name = pick(world.environments, next);
    if (name === undefined) return;
    const { code, stdout, stderr } = await world.run(['env', 'promote', name]);
    if (code === 0) await world.notePromoted(name);
    else expect(stderr, stdout).toContain('LS3304');
  },
  async (world, next) => {
    const name = pick(['local', ...world.environments], next) ?? 'local';
    const release = pick((await world.releases(name)).slice(0, -1), next);
    if (release === undefined) return;
    await succeeds(world, 'release', 'back', String(release), '--env', name);
    await world.note(name, { of: name, release });
  },
  async (world, next) => {
    const keep = next() < 0.5 ? ['--keep-releases', String(1 + Math.floor(next() * 3))] : [];
    await succeeds(world, 'vacuum', '--retain', '0s', ...keep);
  },
];

/** What was wrong after some step. */
async function play(start: number): Promise<readonly string[]> {
  const next = randomNumbers(start);
  const world = await EnvironmentWorld.create(connection, runHere);
  try {
    await succeeds(world, 'run');
    await world.note('local', 'all');
    for (let i = 0; i < stepsOfSequence; i += 1) {
      await pick(steps, next)?.(world, next);
      const wrong = [...(await world.wrongs()), ...(await world.missingFiles())];
      if (wrong.length > 0) return [...wrong, world.log.join(' · ')];
    }
    return [];
  } catch (error) {
    throw new Error(`seed ${start}: ${world.log.join(' · ')}`, { cause: error });
  } finally {
    await removeFolder(world.project.folder);
  }
}

describe('environments', () => {
  it(
    `each show their release, and lose nothing of another (${sequences} sequences from seed ${seed})`,
    { timeout: 30_000 * sequences },
    async () => {
      for (let i = 0; i < sequences; i += 1) expect(await play(seed + i), `seed ${seed + i}`).toEqual([]);
    },
  );
});
