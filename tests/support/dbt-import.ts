import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeFolder, temporaryFolder } from './command.ts';
import { runHere, succeedHere } from './in-process.ts';

/** A part of a manifest. */
export type Node = Readonly<Record<string, unknown>>;

export const relation = (name: string): Node => ({
  database: 'db',
  schema: 'main',
  alias: name,
  relation_name: `"db"."main"."${name}"`,
});

export const model = (name: string, sql: string | null, more: Node = {}): Node => ({
  ...relation(name),
  unique_id: `model.shop.${name}`,
  resource_type: 'model',
  name,
  package_name: 'shop',
  fqn: ['shop', name],
  compiled_code: sql,
  ...more,
});

export const test = (name: string, sql: string, more: Node = {}): Node => ({
  unique_id: `test.shop.${name}`,
  resource_type: 'test',
  name,
  compiled_code: sql,
  ...more,
});

export const seed: Node = {
  ...relation('numbers'),
  unique_id: 'seed.shop.numbers',
  resource_type: 'seed',
  name: 'numbers',
  package_name: 'shop',
  original_file_path: 'seeds/numbers.csv',
};

/** Rows of a CSV file, which dbt reads where it lies. */
export const people: Node = {
  ...relation('people'),
  unique_id: 'source.shop.crm.people',
  resource_type: 'source',
  name: 'people',
  identifier: 'people',
  source_name: 'crm',
  relation_name: "'people.csv'",
};

/** A project of dbt in dbt/ and what is made of it in shop/, in a folder of their own. */
export class DbtImport {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async begin(): Promise<DbtImport> {
    return new DbtImport(await temporaryFolder());
  }

  end(): Promise<void> {
    return removeFolder(this.folder);
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, path)), { recursive: true });
    await writeFile(join(this.folder, path), text);
  }

  /** A manifest as dbt writes one, with what an import reads. */
  async manifest(nodes: readonly Node[], more: Node = {}): Promise<void> {
    const byId = Object.fromEntries(nodes.map((node) => [String(node['unique_id']), node]));
    const metadata = { project_name: 'shop', adapter_type: 'duckdb', invocation_id: 'now' };
    await this.write('dbt/target/manifest.json', JSON.stringify({ metadata, nodes: byId, sources: {}, ...more }));
  }

  /** What the import is not sure of. */
  async imported(): Promise<readonly string[]> {
    const [shop, dbt] = [join(this.folder, 'shop'), join(this.folder, 'dbt')];
    const said = JSON.parse(await succeedHere(['init', shop, '--from', 'dbt', dbt, '--json'])) as {
      unsure: readonly string[];
    };
    return said.unsure;
  }

  made(path: string): Promise<string> {
    return readFile(join(this.folder, 'shop', path), 'utf8');
  }

  /** Runs a command in what was made. */
  runs(...words: readonly string[]): ReturnType<typeof runHere> {
    return runHere([...words, '--project', join(this.folder, 'shop')]);
  }
}
