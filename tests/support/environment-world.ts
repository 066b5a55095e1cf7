import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Answer } from './command.ts';
import { createProject } from './project.ts';
import type { TestProject } from './project.ts';
import type { ReleaseFile } from './read-lake.ts';
import { allReleases, dataFiles, newestRelease } from './read-lake.ts';

/** What a release of an environment must show: which source rows, and which SQL its models have. */
interface Expected {
  readonly files: number;
  readonly people: number;
  readonly models: Readonly<Record<string, string>>;
}

const prod = 'local';
const rowsOfFile = 5;

/** A project whose files change and land while commands come in any order; it knows what each environment must show. */
export class EnvironmentWorld {
  readonly project: TestProject;
  readonly #run: (args: readonly string[]) => Promise<Answer>;
  readonly #connection: DuckDBConnection;
  /** By environment, then by release. */
  readonly #expected = new Map<string, Map<number, Expected>>();
  #files = 0;
  #people = 0;
  #models: Record<string, string> = {};
  /** Files that a command of an environment changed outside of what is the environment's. */
  readonly #trespasses: string[] = [];
  /** What was done, to be told when something is wrong. */
  readonly log: string[] = [];

  static async create(connection: DuckDBConnection, run: EnvironmentWorld['run']): Promise<EnvironmentWorld> {
    const project = await createProject({
      'lakesmith.yml':
        'lakesmith: 1\nname: world\nlake: ./lake\ntimezone: UTC\nconnections:\n  shop: sample://shop\nenvironments:\n  vat:\n    base: local\n',
      'bronze/events.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: BIGINT\n',
      'bronze/shop.yml': 'connection: shop\nfollow: changes\ntables:\n  people:\n    key: id\n',
      'silver/people.sql':
        '/* ---\nkind: history\nkey: id\nvalid_from: updated_at\n--- */\nselect id, name, updated_at from bronze.people\n',
    });
    const world = new EnvironmentWorld(connection, run, project);
    await world.land();
    await world.change('silver.flat', 1);
    await world.change('gold.total', 1);
    return world;
  }

  private constructor(connection: DuckDBConnection, run: EnvironmentWorld['run'], project: TestProject) {
    this.#connection = connection;
    this.#run = run;
    this.project = project;
  }

  get lake(): string {
    return join(this.project.folder, 'lake');
  }

  get environments(): readonly string[] {
    return [...this.#expected.keys()].filter((name) => name !== prod);
  }

  /** Releases of the lake itself. */
  async releases(environment: string): Promise<readonly number[]> {
    return (await allReleases(this.#folderOf(environment))).map(({ release }) => release);
  }

  async run(args: readonly string[]): Promise<Answer> {
    this.log.push(args.join(' '));
    const environment = environmentOf(args);
    const before = environment === undefined ? undefined : await filesOutside(this.lake, environment);
    const answer = await this.#run([...args, '--project', this.project.folder]);
    if (environment !== undefined && before !== undefined)
      this.#trespasses.push(...differences(before, await filesOutside(this.lake, environment)));
    return answer;
  }

  /** One more file of events, and one more change of a person. */
  async land(): Promise<void> {
    const rows = Array.from({ length: rowsOfFile }, (_, i) => ({
      id: this.#files * rowsOfFile + i,
      amount: i + this.#files,
    }));
    await this.project.write(
      `landing/${String(this.#files).padStart(4, '0')}.json`,
      rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    );
    this.#files += 1;
    this.#people += 1;
    const lines = Array.from(
      { length: this.#people },
      (_, i) => `${i % 3},name ${i},2026-01-01T00:00:${String(i % 60).padStart(2, '0')}Z\n`,
    );
    await this.project.write('shop/people.csv', `id,name,updated_at\n${lines.join('')}`);
    this.log.push(`land ${this.#files}`);
  }

  /** Another definition of a model. */
  async change(table: 'silver.flat' | 'gold.total', factor: number): Promise<void> {
    const sql =
      table === 'silver.flat'
        ? `select id, amount * ${factor} as amount from bronze.events`
        : `select count(*) as events, sum(amount) * ${factor} as amount from silver.flat`;
    this.#models = { ...this.#models, [table]: sql };
    await this.project.write(`${table.replace('.', '/')}.sql`, `${sql}\n`);
    this.log.push(`change ${table} ${factor}`);
  }

  /** Notes what an environment must show after something was done in it. */
  async note(
    environment: string,
    what: 'all' | 'models' | { readonly of: string; readonly release?: number },
  ): Promise<void> {
    const release = await newestRelease(this.#folderOf(environment));
    if (release === undefined) throw new Error(`${environment} has no release`);
    const known = this.#expected.get(environment) ?? new Map<number, Expected>();
    this.#expected.set(environment, known);
    known.set(release.release, await this.#expectedNow(environment, what));
  }

  async #expectedNow(environment: string, what: Parameters<EnvironmentWorld['note']>[1]): Promise<Expected> {
    if (what === 'all') return { files: this.#files, people: this.#people, models: this.#models };
    if (what === 'models') return { ...this.#newest(environment), models: this.#models };
    const of = this.#expected.get(what.of);
    const found = what.release === undefined ? this.#newest(what.of) : of?.get(what.release);
    if (found === undefined) throw new Error(`nothing is known of ${what.of} ${what.release ?? ''}`);
    return found;
  }

  #newest(environment: string): Expected {
    const last = [...(this.#expected.get(environment) ?? [])].sort(([a], [b]) => a - b).at(-1);
    if (last === undefined) throw new Error(`nothing is known of ${environment}`);
    return last[1];
  }

  /** The first release of an environment is what its base shows. */
  noteBranch(environment: string): void {
    this.#expected.set(environment, new Map([[1, this.#newest(prod)]]));
  }

  /** After a promotion the base has the models that the environment has, on its own rows. */
  async notePromoted(environment: string): Promise<void> {
    await this.note(prod, { of: prod });
    const known = this.#newest(prod);
    const { release = 0 } = (await newestRelease(this.lake)) ?? {};
    const own = (await newestRelease(this.#folderOf(environment)))?.tables ?? {};
    const models = Object.entries(this.#newest(environment).models).filter(
      ([table]) => own[table]?.path.startsWith('_env/') === true,
    );
    this.#expected.get(prod)?.set(release, { ...known, models: { ...known.models, ...Object.fromEntries(models) } });
  }

  forget(environment: string): void {
    this.#expected.delete(environment);
  }

  /** True when an environment has loaded sources itself: then a run of it loads more. */
  async ownsBronze(environment: string): Promise<boolean> {
    const release = await newestRelease(this.#folderOf(environment));
    return release?.tables['bronze.events']?.path.startsWith('_env/') === true;
  }

  /** What is not as it must be: each environment shows its source rows, and models that equal their SQL on the tables beside them. */
  async wrongs(): Promise<readonly string[]> {
    const wrong = [...this.#trespasses];
    for (const environment of this.#expected.keys()) {
      const release = await newestRelease(this.#folderOf(environment));
      if (release === undefined) return [`${environment} lost its releases`];
      const expected = this.#expected.get(environment)?.get(release.release) ?? this.#newest(environment);
      await this.#bind(release);
      const counts: readonly (readonly [string, number])[] = [
        ['bronze.events', expected.files * rowsOfFile],
        ['(select distinct id from bronze.events)', expected.files * rowsOfFile],
        ['bronze.people__changes', expected.people],
        ['bronze.people', Math.min(3, expected.people)],
        ['silver.people', expected.people],
        ...Object.entries(expected.models).flatMap(([table, sql]): [string, number][] => [
          [`((${sql}) except all (from ${table}))`, 0],
          [`((from ${table}) except all (${sql}))`, 0],
        ]),
      ];
      for (const [rows, count] of counts) {
        const found = (await this.#connection.runAndReadAll(`select count(*)::int from ${rows}`)).getRowsJson()[0]?.[0];
        if (found !== count)
          wrong.push(
            `${environment} release ${release.release}: ${JSON.stringify(found)} rows of ${rows}, not ${count}`,
          );
      }
    }
    return wrong;
  }

  /** Files that some release of some environment names and that are not there. */
  async missingFiles(): Promise<readonly string[]> {
    const there = new Set(
      (await readdir(this.lake, { recursive: true, withFileTypes: true })).map((entry) =>
        join(entry.parentPath, entry.name),
      ),
    );
    const needed = new Set<string>();
    const seen = new Set<string>();
    for (const environment of this.#expected.keys()) {
      for (const { tables } of await allReleases(this.#folderOf(environment))) {
        for (const table of Object.values(tables)) {
          for (const { path, version } of table.changes === undefined ? [table] : [table, table.changes]) {
            if (seen.has(`${path} ${version}`)) continue;
            seen.add(`${path} ${version}`);
            for (const file of await dataFiles(this.#connection, join(this.lake, path), version)) needed.add(file);
          }
        }
      }
    }
    return [...needed].filter((file) => !there.has(file));
  }

  async #bind({ tables }: ReleaseFile): Promise<void> {
    for (const [name, table] of Object.entries(tables)) {
      await this.#bindTable(name, table);
      if (table.changes !== undefined) await this.#bindTable(`${name}__changes`, table.changes);
    }
  }

  async #bindTable(
    name: string,
    { path, version }: { readonly path: string; readonly version: number },
  ): Promise<void> {
    const files = await dataFiles(this.#connection, join(this.lake, path), version);
    await this.#connection.run(`create schema if not exists ${name.split('.')[0] ?? ''}`);
    const list = files.map((file) => `'${file}'`).join(', ');
    await this.#connection.run(`create or replace view ${name} as from read_parquet([${list}])`);
  }

  #folderOf(environment: string): string {
    return environment === prod ? this.lake : join(this.lake, '_env', environment);
  }
}

/** The overlay that is all that a command may write to; undefined: it may write elsewhere. */
function environmentOf(args: readonly string[]): string | undefined {
  const [command, action, name] = args;
  if (command === 'env') return action === 'promote' ? undefined : name;
  const at = args.indexOf('--env');
  const environment = at < 0 ? undefined : args[at + 1];
  return environment === prod ? undefined : environment;
}

/** Size and time of every file of a lake that no command of an environment may touch. */
export async function filesOutside(lake: string, environment: string): Promise<ReadonlyMap<string, string>> {
  const own = [`_env/${environment}/`, '_lakesmith/environments/'].map((folder) => join(lake, folder));
  const files = new Map<string, string>();
  for (const entry of await readdir(lake, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || own.some((folder) => path.startsWith(folder))) continue;
    const { size, mtimeNs } = await lstat(path, { bigint: true });
    files.set(path, `${size} bytes of ${mtimeNs}`);
  }
  return files;
}

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name}: ${before.get(name) ?? 'absent'}, then ${after.get(name) ?? 'absent'}`);
}
