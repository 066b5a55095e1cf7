import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeltaRs } from '../support/delta-rs.ts';
import { runHere } from '../support/in-process.ts';
import type { Spark } from '../support/spark.ts';

/** A row of the tables that several programs write to. */
export interface Row {
  readonly id: number;
  readonly part: string | null;
  readonly n: number | null;
}

/** Something that every writer can do. Conditions and values are of the SQL that all of them know. */
export type Act =
  | { readonly kind: 'append' | 'overwrite' | 'merge'; readonly rows: readonly Row[] }
  | { readonly kind: 'delete'; readonly where: string }
  | { readonly kind: 'update'; readonly where: string; readonly set: { readonly n?: string; readonly part?: string } }
  | { readonly kind: 'optimize' | 'checkpoint' };

/** A program that writes to tables. What it refuses is an error. */
export interface TableWriter {
  readonly name: 'lakesmith' | 'Spark' | 'delta-rs';
  act(path: string, act: Act): Promise<void>;
}

/** Runs `lakesmith table` with this, and gives what it prints as JSON. */
export async function table(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runHere(['table', ...args, '--json']);
  if (code !== 0) throw new Error(stderr + stdout);
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}

/** Ourselves, on the command line. */
export function lakesmithWriter(folder: string): TableWriter {
  let count = 0;
  const file = async (rows: readonly Row[]): Promise<string> => {
    const path = join(folder, `rows${count++}.ndjson`);
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path;
  };
  return {
    name: 'lakesmith',
    async act(path, act) {
      if (act.kind === 'append' || act.kind === 'overwrite')
        await table(act.kind, path, '--from', await file(act.rows));
      else if (act.kind === 'merge') await table('merge', path, '--from', await file(act.rows), '--key', 'id');
      else if (act.kind === 'delete') await table('delete', path, '--where', act.where);
      else if (act.kind === 'update') await table('update', path, '--set', assignments(act.set), '--where', act.where);
      else await table(act.kind, path);
    },
  };
}

export function sparkWriter(spark: Spark): TableWriter {
  return {
    name: 'Spark',
    async act(path, act) {
      if (act.kind === 'append') await spark.sql(`insert into {t} ${values(act.rows)}`, path);
      else if (act.kind === 'overwrite') await spark.sql(`insert overwrite {t} ${values(act.rows)}`, path);
      else if (act.kind === 'merge')
        await spark.sql(
          `merge into {t} t using (${values(act.rows)}) s on t.id = s.id when matched then update set * when not matched then insert *`,
          path,
        );
      else if (act.kind === 'delete') await spark.sql(`delete from {t} where ${act.where}`, path);
      else if (act.kind === 'update')
        await spark.sql(`update {t} set ${assignments(act.set)} where ${act.where}`, path);
      else if (act.kind === 'optimize') await spark.sql('optimize {t}', path);
      else
        await spark.python(
          `spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, ${JSON.stringify(path)}).checkpoint()`,
        );
    },
  };
}

export function deltaRsWriter(deltaRs: DeltaRs): TableWriter {
  return {
    name: 'delta-rs',
    async act(path, act) {
      await deltaRs.ask({ path, ...act });
    },
  };
}

function assignments(set: Readonly<Record<string, string>>): string {
  return Object.entries(set)
    .map(([column, value]) => `${column} = ${value}`)
    .join(', ');
}

function values(rows: readonly Row[]): string {
  const text = (value: string | number | null): string =>
    value === null ? 'null' : typeof value === 'string' ? `'${value}'` : String(value);
  const list = rows.map(({ id, part, n }) => `(${text(id)}, ${text(part)}, ${text(n)})`).join(', ');
  return `select cast(id as bigint) id, cast(part as string) part, cast(n as bigint) n from (values ${list}) as v(id, part, n)`;
}
