import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A project that goes through every kind of step and is small enough to be run hundreds of times. */
export async function writeSmallProject(folder: string): Promise<void> {
  const files: Record<string, string> = {
    'lakesmith.yml':
      'lakesmith: 1\nname: small\nlake: ./lake\ntimezone: UTC\nclock: 2026-03-10T12:00:00Z\nrelease: all\nconnections:\n  shop: sample://shop\n',
    'bronze/events.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  batch: BIGINT\n  amount: BIGINT\n',
    'bronze/shop.yml': 'connection: shop\nfollow: changes\ntables:\n  people:\n    key: id\n',
    'reference/kinds.csv': 'kind,label\na,first\nb,second\n',
    'reference/kinds.yml': 'key: kind\n',
    'silver/events.sql':
      '/* ---\nkey: id\nexpect:\n  quarantine:\n    positive: amount > 0\n--- */\nselect id, batch, kind, amount from bronze.events\nqualify row_number() over (partition by id order by batch desc) = 1\n',
    'silver/flat.sql': 'select id, batch, amount * 2 as doubled from bronze.events\n',
    'silver/people.sql':
      '/* ---\nkind: history\nkey: id\nvalid_from: updated_at\n--- */\nselect id, name, updated_at from bronze.people\n',
    'gold/by_kind.sql':
      '/* ---\nkey: kind\n--- */\nselect e.kind, k.label, count(*) as events, sum(amount) as amount from silver.events e left join reference.kinds k using (kind) group by all\n',
    'shop/people.csv': 'id,name,updated_at\n1,Ada,2026-01-01T00:00:00Z\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await mkdir(join(folder, 'landing'), { recursive: true });
}

/** Rows in each batch: new ids, one state of the id before that is newer, and one row that breaks the rule. */
export const rowsOfBatch = 8;

export async function writeBatch(folder: string, batch: number): Promise<void> {
  const rows = Array.from({ length: rowsOfBatch }, (_, i) => ({
    id: i === 0 && batch > 0 ? (batch - 1) * rowsOfBatch + 2 : batch * rowsOfBatch + i,
    batch,
    kind: i % 2 === 0 ? 'a' : 'b',
    amount: i === 1 ? -1 : 1 + ((batch * 7 + i) % 5),
  }));
  await writeFile(
    join(folder, 'landing', `batch-${String(batch).padStart(5, '0')}.json`),
    rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  );
}

/** Ids of the rows that break the rule in the first `batches` batches. */
export function expectedInQuarantine(batches: number): number[] {
  return Array.from({ length: batches }, (_, batch) => batch * rowsOfBatch + 1);
}

/** What gold.by_kind must hold after the first `batches` batches, computed without SQL. */
export function expectedByKind(batches: number): [string, number, number][] {
  const newest = new Map<number, { kind: string; amount: number }>();
  for (let batch = 0; batch < batches; batch += 1) {
    for (let i = 0; i < rowsOfBatch; i += 1) {
      if (i === 1) continue;
      const id = i === 0 && batch > 0 ? (batch - 1) * rowsOfBatch + 2 : batch * rowsOfBatch + i;
      newest.set(id, { kind: i % 2 === 0 ? 'a' : 'b', amount: 1 + ((batch * 7 + i) % 5) });
    }
  }
  return ['a', 'b'].map((kind) => {
    const rows = [...newest.values()].filter((row) => row.kind === kind);
    return [kind, rows.length, rows.reduce((sum, row) => sum + row.amount, 0)];
  });
}
