import { afterEach, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.ts';
import { removeFolder, succeed } from '../support/command.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const tables = ['silver.flat', 'silver.twice', 'silver.latest', 'gold.total'];
const files = {
  'bronze/o.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  qty: BIGINT\n',
  'silver/flat.sql':
    '/* ---\nexpect:\n  quarantine:\n    pos: qty > 0\n  drop:\n    small: qty < 9\n--- */\nselect id, qty, _source as file from bronze.o\n',
  'silver/twice.sql': 'select id, qty * 2 as doubled from silver.flat where id % 2 = 0\n',
  'silver/latest.sql':
    '/* ---\nkey: id\nexpect:\n  quarantine:\n    pos: qty > 0\n--- */\nselect id, qty from bronze.o qualify row_number() over (partition by id order by _source desc, qty) = 1\n',
  'gold/total.sql': 'select count(*) as n, sum(doubled) as doubled from silver.twice\n',
};

async function everything(): Promise<unknown> {
  const rows = await Promise.all(tables.map((table) => project.query(`select * from ${table} order by all`)));
  const open = (await project.quarantine()).filter((row) => row.status === 'open');
  const quarantine = open.map((row) => JSON.stringify([row.table, row.key ?? null, row.origin])).sort();
  return { rows, quarantine };
}

describe('incremental equals full', () => {
  it.each([1, 2])('over a sequence of new, late, repeated and rewritten files (seed %i)', async (seed) => {
    const random = randomNumbers(seed);
    const upTo = (n: number): number => Math.floor(random() * n);
    const text = (): string =>
      Array.from({ length: 1 + upTo(6) }, () => `${JSON.stringify({ id: upTo(8), qty: upTo(12) - 2 })}\n`).join('');
    project = await createProject(files);
    const texts = new Map<string, string>();
    const write = async (name: string, content: string): Promise<void> => {
      texts.set(name, content);
      await project.write(name, content);
    };
    for (let step = 0; step < 6; step += 1) {
      for (let i = upTo(3); i >= 0; i -= 1) {
        const name = `landing/${String(upTo(1000)).padStart(3, '0')}-${step}${i}.json`;
        await write(name, text());
      }
      await project.runs();
      if (random() < 0.5) {
        // A line more, so that the size tells it apart whatever the clock's grain is.
        const name = [...texts.keys()][upTo(texts.size)] ?? '';
        await write(name, `${texts.get(name) ?? ''}${text()}\n\n`);
        // From the top, what lies between is brought up to date and not made anew.
        const table = random() < 0.5 ? 'silver.flat' : 'gold.total';
        await succeed(['replay', table, '--project', project.folder]);
        await project.runs();
      }
    }
    const lines = [...texts].flatMap(([name, content]) =>
      content.split('\n').flatMap((line) => (line === '' ? [] : [`${name} ${line}`])),
    );
    const loaded = await project.query(
      `select _source || ' {"id":' || id || ',"qty":' || qty || '}' as line from bronze.o`,
    );
    expect(loaded.map(({ line }) => String(line)).sort()).toEqual(lines.sort());
    const incremental = await everything();
    await project.runs('--full');
    expect(await everything()).toEqual(incremental);
  });
});
