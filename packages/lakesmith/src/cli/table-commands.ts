import type { Command } from 'commander';
import type { CheckpointOptions } from './commands/table/checkpoint.ts';
import type { ChangesOptions } from './commands/table/changes.ts';
import type { AlterOptions } from './commands/table/alter.ts';
import type { AppendOptions } from './commands/table/append.ts';
import type { CreateOptions } from './commands/table/create.ts';
import type { MergeOptions } from './commands/table/merge.ts';
import type { OptimizeCommandOptions } from './commands/table/optimize.ts';
import type { OverwriteOptions } from './commands/table/overwrite.ts';
import type { ReadOptions } from './commands/table/read.ts';
import type { VacuumCommandOptions } from './commands/table/vacuum.ts';
import type { TableOptions, VersionOptions } from './open-table.ts';
import type { Act } from './command-form.ts';

/** The commands for a Delta table by its path. They need no project. */
export function addTableCommands(program: Command, act: Act): void {
  const table = program
    .command('table')
    .description('Look at a Delta table, by any writer, by its path, or change it.');
  const command = (name: string, summary: string): Command =>
    table
      .command(name)
      .argument('<path>', 'folder of the table')
      .description(summary)
      .option('--json', 'answer as JSON')
      .option('--allow <prefix...>', 'a place outside the table that its files may lie in')
      .option('--memory-limit <size>', 'what may be used of memory, from 512MB on; half of the machine by default');
  const atVersion = (made: Command): Command =>
    made
      .option('--version <n>', 'an earlier version')
      .option('--as-of <time>', 'the version of that time, such as 2026-03-10T22:00:00Z')
      .option('--staged-commit <file...>', 'of a table that a catalog manages: commits that it ratified');
  const toFile = (made: Command): Command => made.option('--out <file>', 'write to a .parquet, .csv or .ndjson file');

  atVersion(command('show', 'Show columns, properties, protocol, who can read it, and how much it holds.')).action(
    act(async (path: string, options: VersionOptions) =>
      (await import('./commands/table/show.ts')).tableShow(path, options),
    ),
  );
  toFile(atVersion(command('read', 'Read rows of any version.')))
    .option('--columns <names>', 'only these, separated by commas')
    .option('--where <sql>', 'only rows that meet a condition; files that hold none are not opened')
    .option('--limit <n>', 'at most so many')
    .option('--row-ids', 'also who each row is (_row_id), and since which version it is so (_row_commit_version)')
    .action(
      act(async (path: string, options: ReadOptions) =>
        (await import('./commands/table/read.ts')).tableRead(path, options),
      ),
    );
  atVersion(command('files', 'List the data files that a reader must open.'))
    .option('--where <sql>', 'only files that may hold rows which meet a condition')
    .action(
      act(async (path: string, options: VersionOptions & { where?: string }) =>
        (await import('./commands/table/files.ts')).tableFiles(path, options),
      ),
    );
  toFile(command('changes', 'Show the rows that were inserted, deleted and updated.'))
    .option('--from <version|time>', 'the first version, or a time')
    .option('--to <version|time>', 'the last version, or a time; the newest by default')
    .action(
      act(async (path: string, options: ChangesOptions) =>
        (await import('./commands/table/changes.ts')).tableChanges(path, options),
      ),
    );
  command('history', 'List the versions, newest first.')
    .option('--limit <n>', 'at most so many')
    .action(
      act(async (path: string, options: TableOptions & { limit?: string }) =>
        (await import('./commands/table/history.ts')).tableHistory(path, options),
      ),
    );
  command('check', 'Hold the table against every rule of the protocol.')
    .option('--deep', 'also read the files: counts, checksums, and statistics that lie')
    .action(
      act(async (path: string, options: TableOptions & { deep?: boolean }) =>
        (await import('./commands/table/check.ts')).tableCheck(path, options),
      ),
    );
  command('create', 'Make a table without rows.')
    .requiredOption('--schema <columns>', "its columns, such as 'id BIGINT NOT NULL, name VARCHAR'")
    .option('--partition-by <names>', 'columns whose values divide the files, separated by commas')
    .option('--cluster-by <names>', 'columns by which optimize puts rows near each other, instead of partitions')
    .option('--property <name=value...>', 'table properties')
    .option('--constraint <condition...>', "what is true of every row, such as 'positive: amount > 0'")
    .action(
      act(async (path: string, options: CreateOptions) =>
        (await import('./commands/table/create.ts')).tableCreate(path, options),
      ),
    );
  command('alter', 'Change columns, properties, constraints or features.')
    .argument('<what>', 'add, drop, rename, move, type, comment, nullable, default, property, constraint or feature')
    .argument('[words...]', 'the column, property or constraint, and what becomes of it')
    .option('--first', 'put the column before all others')
    .option('--after <column>', 'put the column behind another')
    .option('--drop', 'take the default, property or constraint away')
    .action(
      act(async (path: string, what: string, words: string[], options: AlterOptions) =>
        (await import('./commands/table/alter.ts')).tableAlter(path, what, words, options),
      ),
    );
  const fromFile = (made: Command): Command =>
    made.requiredOption(
      '--from <file>',
      'a .parquet, .csv, .ndjson or .json file with the rows, or - for standard input',
    );
  fromFile(command('append', 'Add the rows of a file.'))
    .option('--create', 'make the table when there is none')
    .option('--txn <app:version>', 'write once: not again when the table has this version of the application')
    .action(
      act(async (path: string, options: AppendOptions) =>
        (await import('./commands/table/append.ts')).tableAppend(path, options),
      ),
    );
  fromFile(command('overwrite', 'Put the rows of a file in place of all rows, or of some.'))
    .option('--where <sql>', 'only of rows that meet a condition, which those of the file must meet too')
    .option('--partitions', 'only of rows in partitions that the file has rows for')
    .option('--schema-change', 'the table gets the columns of the file')
    .action(
      act(async (path: string, options: OverwriteOptions) =>
        (await import('./commands/table/overwrite.ts')).tableOverwrite(path, options),
      ),
    );
  command('delete', 'Delete rows.')
    .requiredOption('--where <sql>', 'the rows that meet a condition')
    .action(
      act(async (path: string, options: TableOptions & { where: string }) =>
        (await import('./commands/table/change.ts')).tableChange(path, options),
      ),
    );
  command('update', 'Set columns of rows.')
    .requiredOption('--set <columns>', 'what becomes of them, such as "a = a + 1, b = \'x\'"')
    .option('--where <sql>', 'only of rows that meet a condition')
    .action(
      act(async (path: string, options: TableOptions & { set: string; where?: string }) =>
        (await import('./commands/table/change.ts')).tableChange(path, options),
      ),
    );
  fromFile(command('merge', 'Merge the rows of a file: update rows that have the key of one, and add the others.'))
    .option('--key <names>', 'the columns that say which rows are the same, separated by commas')
    .option('--delete-when <sql>', 'delete rows instead that meet a condition over source and target')
    .option('--insert-only', 'only add rows; leave what is there')
    .option('--sql <merge>', 'what is to be done instead: MERGE INTO target USING source ON … WHEN …')
    .option('--schema-change', 'the table gets the columns of the file that it lacks')
    .action(
      act(async (path: string, options: MergeOptions) =>
        (await import('./commands/table/merge.ts')).tableMerge(path, options),
      ),
    );
  command('restore', 'Make the table what it was before, as a new version.')
    .option('--version <n>', 'an earlier version')
    .option('--as-of <time>', 'the version of that time, such as 2026-03-10T22:00:00Z')
    .action(
      act(async (path: string, options: VersionOptions) =>
        (await import('./commands/table/restore.ts')).tableRestore(path, options),
      ),
    );
  command('optimize', 'Put small files together.')
    .option('--where <sql>', 'only files that may hold rows which meet a condition')
    .option('--target-size <size>', 'the size of the new files, such as 256MB')
    .option('--zorder <names>', 'put rows near each other that have near values in these columns, separated by commas')
    .action(
      act(async (path: string, options: OptimizeCommandOptions) =>
        (await import('./commands/table/optimize.ts')).tableOptimize(path, options),
      ),
    );
  command('vacuum', 'Delete files that left the table long enough ago.')
    .option('--retain <time>', 'keep them so long, such as 7d; as long as the table says by default')
    .option('--dry-run', 'only list them')
    .option('--force', 'also files that the table wants to be kept longer')
    .action(
      act(async (path: string, options: VacuumCommandOptions) =>
        (await import('./commands/table/vacuum.ts')).tableVacuum(path, options),
      ),
    );
  atVersion(command('clone', 'Make a table of the rows of another, whose files it names where they are.'))
    .argument('<to>', 'folder of the new table')
    .action(
      act(async (from: string, to: string, options: VersionOptions) =>
        (await import('./commands/table/clone.ts')).tableClone(from, to, options),
      ),
    );
  command('convert', 'Make a table of a folder of Parquet files, which stay as they are.')
    .option(
      '--partition-by <columns>',
      "the types of columns in names of folders, such as 'day DATE'; texts by default",
    )
    .action(
      act(async (path: string, options: TableOptions & { partitionBy?: string }) =>
        (await import('./commands/table/convert.ts')).tableConvert(path, options),
      ),
    );
  command('downgrade', 'Take a feature away, so that programs without it can use the table.')
    .requiredOption('--feature <name>', 'such as deletionVectors')
    .action(
      act(async (path: string, options: TableOptions & { feature: string }) =>
        (await import('./commands/table/downgrade.ts')).tableDowngrade(path, options),
      ),
    );
  command('checkpoint', 'Write the whole state as one file, so that readers need not go through all commits.')
    .option('--compact', 'only the commits since the last such file')
    .action(
      act(async (path: string, options: CheckpointOptions) =>
        (await import('./commands/table/checkpoint.ts')).tableCheckpoint(path, options),
      ),
    );
}
