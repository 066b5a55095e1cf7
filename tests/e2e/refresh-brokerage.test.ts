import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import { Deliveries } from '../support/brokerage/deliveries.ts';
import { outputOf, removeFolder, root, temporaryFolder } from '../support/command.ts';
import { differingTables } from '../support/differing-tables.ts';
import { runHere } from '../support/in-process.ts';
import { waysOfRun } from '../support/ways-of-run.ts';

let folder = '';
afterEach(() => removeFolder(folder));

async function told(...args: readonly string[]): Promise<string> {
  const all = [...args, '--project', folder];
  return outputOf(all, await runHere(all));
}

async function deliver(day: number, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [table, text] of files) {
    const landing = join(folder, 'landing', table);
    await mkdir(landing, { recursive: true });
    await writeFile(join(landing, `${String(day).padStart(3, '0')}.csv`), text);
  }
}

/** The project with all its tables kept up by parts, however few rows they have; and what its models give. */
async function openBrokerage(): Promise<ReadonlyMap<string, string>> {
  await cp(join(root, 'tests/support/brokerage/project'), folder, { recursive: true });
  const selects = new Map<string, string>();
  for (const layer of ['silver', 'gold']) {
    for (const file of await readdir(join(folder, layer))) {
      const path = join(folder, layer, file);
      const text = await readFile(path, 'utf8');
      const [, settings = '', sql = text] = /^\/\* ---\n([^]*?)--- \*\/\n([^]*)$/.exec(text) ?? [];
      await writeFile(path, `/* ---\nrefresh: incremental\n${settings}--- */\n${sql}`);
      const name = `${layer}.${file.replace('.sql', '')}`;
      selects.set(name, name === 'silver.customers' ? `from (${sql}\n) where last_name is not null` : sql);
    }
  }
  return selects;
}

/** More of them take a minute for five. */
const days = Number(process.env['BROKERAGE_DAYS'] ?? 8);

it('keeps a brokerage up: histories of what is told late, as-of joins, windows of a year, and all that is made of them', async () => {
  folder = await temporaryFolder();
  const selects = await openBrokerage();
  const deliveries = new Deliveries(new Dice(1));
  await deliver(0, deliveries.history());
  await told('run');
  expect(await differingTables(folder, selects)).toEqual([]);
  const ways = new Map<string, Set<string>>();
  for (let day = 1; day <= days; day++) {
    await deliver(day, deliveries.next());
    await told('run');
    expect(await differingTables(folder, selects), `day ${day}`).toEqual([]);
    for (const [table, way] of await waysOfRun(folder, day + 1)) {
      if (!selects.has(table)) continue;
      ways.set(table, (ways.get(table) ?? new Set()).add(way));
    }
  }
  // Not one of them was made anew: each followed what was told, a month late as well.
  const inFull = [...ways].filter(([, taken]) => taken.has('full')).map(([table]) => table);
  expect(inFull).toEqual([]);
  const followed = [...ways].filter(([, taken]) => taken.has('keyed') || taken.has('fold') || taken.has('append'));
  expect(followed.map(([table]) => table).sort()).toEqual([...selects.keys()].sort());
}, 600_000);
