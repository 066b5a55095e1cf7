import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import type { Engine } from '../../packages/lakesmith/src/engine/engine.ts';
import { randomTables } from '../../packages/lakesmith/src/plan/refresh/random-rows.test-suite.ts';
import { faultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';
import { isChange } from './fault-points.ts';
import { runHere, succeedHere } from './in-process.ts';
import type { TestProject } from './project.ts';
import type { RandomModel } from './random-project.ts';
import { runOn } from './run-on-store.ts';

/** Of what else happens to the tables of a project than new rows: whose tables, and with what. */
interface Life {
  readonly dice: Dice;
  readonly engine: Engine;
  readonly models: readonly RandomModel[];
}

type Event = (project: TestProject, life: Life) => Promise<void>;

const inputAt = ({ folder }: TestProject, dice: Dice): string =>
  join(folder, 'lake', dice.pick(randomTables).name.replace('.', '/'));

const filesGone: ReadonlySet<string> = new Set(['LS3004']);

/** Old versions may be incomplete, and the newest release is not gone back to. */
async function mayBeRefused(args: readonly string[], codes: ReadonlySet<string>): Promise<void> {
  const { code, stdout, stderr } = await runHere(args);
  const told = /LS\d{4}/.exec(stderr)?.[0] ?? '';
  if (code !== 0 && !codes.has(told)) throw new Error(`lakesmith ${args.join(' ')}: ${stdout}${stderr}`);
}

/** What happens, by its name. */
const events = {
  /** Some tables are brought up, and others are left for later: these follow several commits at once then. */
  'some are brought up': async ({ folder }, { dice, models }) => {
    const some = models.filter(() => dice.chance(0.3)).map(({ name }) => name);
    await succeedHere(['run', dice.pick(models).name, ...some, '--project', folder]);
  },
  'files are loaded, and nothing is made of them': async ({ folder }) => {
    await succeedHere(['run', 'bronze', '--project', folder]);
  },
  'rows are deleted by hand': async (project, { dice }) => {
    await succeedHere(['table', 'delete', inputAt(project, dice), '--where', `a = ${dice.below(4)}`]);
  },
  'rows are changed by hand': async (project, { dice }) => {
    const [set, where] = [`a = ${dice.below(4)}`, `b > ${dice.below(3)}`];
    const table = join(project.folder, 'lake/bronze', dice.pick(['wide', 'bag']));
    await succeedHere(['table', 'update', table, '--set', set, '--where', where]);
  },
  'an input goes back to an earlier version': async (project, { dice }) => {
    const at = inputAt(project, dice);
    const [newest] = JSON.parse(await succeedHere(['table', 'history', at, '--json'])) as { version: number }[];
    const version = String(dice.below((newest?.version ?? 0) + 1));
    await mayBeRefused(['table', 'restore', at, '--version', version], filesGone);
  },
  'the lake goes back to an earlier release': async ({ folder }, { dice }) => {
    const all = JSON.parse(await succeedHere(['release', 'list', '--json', '--project', folder])) as {
      release: number;
    }[];
    const to = String(dice.pick(all).release);
    await mayBeRefused(['release', 'back', to, '--project', folder], new Set(['LS3003', ...filesGone]));
  },
  'small files are put together': async (project, { dice }) => {
    await succeedHere(['table', 'optimize', inputAt(project, dice)]);
  },
  'old files are deleted': async (project, { dice }) => {
    await succeedHere(['table', 'vacuum', inputAt(project, dice), '--retain', '0s', '--force']);
  },
  'an input has no change feed any more, or has one again': async (project, { dice }) => {
    const feed = `delta.enableChangeDataFeed=${String(dice.chance(0.4))}`;
    await succeedHere(['table', 'alter', inputAt(project, dice), 'property', feed]);
  },
  'an input has one more column': async ({ folder }, { dice }) => {
    const path = join(folder, 'bronze', `${dice.pick(randomTables).name.slice('bronze.'.length)}.yml`);
    await writeFile(path, `${await readFile(path, 'utf8')}  more${dice.below(100_000)}: BIGINT\n`);
  },
  /** At any of its changes of the store, also between what it stages and what it commits. */
  'a run dies': async ({ folder }, { dice, engine, models }) => {
    const faulty = faultStore(await openStore(join(folder, 'lake')));
    let left = 1 + dice.below(4 * models.length);
    faulty.onStep((step, moment) => {
      if (moment === 'before' && isChange(step) && left-- <= 0) throw new Error('The process is dead.');
    });
    // Whatever else it fails with, the next run fails with too.
    await runOn(folder, faulty.store, engine).catch(() => undefined);
  },
} satisfies Readonly<Record<string, Event>>;

export const eventNames = Object.keys(events) as readonly (keyof typeof events)[];

/** What is between the rows of two files most often: it leaves tables that follow several commits at once. */
const often = ['some are brought up', 'files are loaded, and nothing is made of them'] as const;

/** Makes one of them happen, and says which. */
export async function happens(project: TestProject, life: Life): Promise<string> {
  const name = life.dice.pick(life.dice.chance(0.4) ? often : eventNames);
  await events[name](project, life);
  return name;
}
