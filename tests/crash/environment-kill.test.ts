import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, program, removeFolder } from '../support/command.ts';
import { EnvironmentWorld } from '../support/environment-world.ts';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.ts';

const kills = Math.ceil(Number(process.env['CRASH_KILLS'] ?? 300) / 10);
const seed = Number(process.env['CRASH_SEED'] ?? 20260310);
const roundsOfWorld = 3;

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => connection.closeSync());

/** Starts a command and kills it some time after, unless it ended before. */
async function killed(args: readonly string[], afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [program, ...args], { stdio: 'ignore' });
  const ended = once(child, 'exit').then(([, signal]) => signal === 'SIGKILL');
  if ((await Promise.race([ended, sleep(afterMs, 'late' as const)])) === 'late') child.kill('SIGKILL');
  return await ended;
}

describe('commands of environments that are killed', () => {
  it(`leave nothing half done when they are called again, and nothing of another missing (${kills} kills, seed ${seed})`, async () => {
    const next = randomNumbers(seed);
    const counter = { kills: 0 };
    while (counter.kills < kills) {
      const world = await EnvironmentWorld.create(connection, lakesmith);
      const at = ['--project', world.project.folder];
      /** Kills the command once, then has it done. */
      const perform = async (args: readonly string[], again: readonly number[] = [0]): Promise<void> => {
        if (await killed([...args, ...at], 150 + 650 * next())) counter.kills += 1;
        expect(await world.missingFiles(), world.log.join(' · ')).toEqual([]);
        const { code, stdout, stderr } = await world.run(args);
        expect(again, `${world.log.join(' · ')}\n${stdout}${stderr}`).toContain(code);
      };
      await world.run(['run']);
      await world.note('local', 'all');
      for (let round = 0; round < roundsOfWorld; round += 1) {
        await perform(['env', 'create', 'pr-12']);
        await world.note('pr-12', { of: 'local' });
        await world.change('silver.flat', 2 + round);
        await world.land();
        await perform(['run', '--env', 'pr-12', '--load']);
        await world.note('pr-12', 'all');
        expect(await world.wrongs(), world.log.join(' · ')).toEqual([]);
        await perform(['run']);
        await world.note('local', 'all');
        await world.change('gold.total', 2 + round);
        await perform(['env', 'refresh', 'pr-12']);
        await perform(['run', '--env', 'pr-12']);
        await world.note('pr-12', 'all');
        expect(await world.wrongs(), world.log.join(' · ')).toEqual([]);
        await perform(['env', 'promote', 'pr-12']);
        await world.note('local', 'all');
        expect(await world.wrongs(), world.log.join(' · ')).toEqual([]);
        await perform(['vacuum', '--retain', '0s', '--keep-releases', '2']);
        expect(await world.wrongs(), world.log.join(' · ')).toEqual([]);
        // A drop that ended before it was killed has nothing left to do.
        world.forget('pr-12');
        await perform(['env', 'drop', 'pr-12'], [0, 2]);
        expect(await world.wrongs(), world.log.join(' · ')).toEqual([]);
      }
      await removeFolder(world.project.folder);
    }
  });
});
