import { DuckDBInstance } from '@duckdb/node-api';
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { peers, peerScripts } from './peers.ts';

const run = promisify(execFile);

/** Installs dbt with its DuckDB adapter, where it is not there yet. */
export async function installDbt(): Promise<void> {
  await run('bash', [join(peerScripts, 'python/install.sh'), 'dbt'], { maxBuffer: 2 ** 26 });
}

/** A dbt project whose database is a file in its own folder. */
export class DbtProject {
  readonly folder: string;
  readonly #database: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#database = join(folder, 'shop.duckdb');
  }

  /** A copy of a project, since dbt writes beside its files. */
  static async copy(from: string, folder: string): Promise<DbtProject> {
    await cp(from, folder, { recursive: true });
    return new DbtProject(folder);
  }

  async dbt(...args: readonly string[]): Promise<void> {
    await run(join(peers, 'python/dbt/bin/dbt'), [...args, '--profiles-dir', this.folder], {
      cwd: this.folder,
      env: { ...process.env, DBT_SHOP_DATABASE: this.#database, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false' },
      maxBuffer: 2 ** 26,
    });
  }

  /** What a question says of the tables that dbt built. */
  async rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const instance = await DuckDBInstance.create(this.#database, { access_mode: 'READ_ONLY' });
    try {
      // Sources stand in the views of dbt as files of its folder.
      const connection = await instance.connect();
      await connection.run(`set file_search_path = '${this.folder.replaceAll("'", "''")}'`);
      const answer = await connection.runAndReadAll(sql);
      connection.closeSync();
      return answer.getRowObjectsJson();
    } finally {
      instance.closeSync();
    }
  }
}
