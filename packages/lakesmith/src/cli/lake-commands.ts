import type { Command } from 'commander';
import type { Act } from './command-form.ts';
import { projectCommand, withParameters } from './command-form.ts';
import type { CommonOptions } from './open.ts';

/** What looks after the lake: its files, its past, and whether all of it is right. */
export function addLakeCommands(program: Command, act: Act): void {
  const command = (spec: string, summary: string): Command => projectCommand(program, spec, summary);

  command('vacuum', 'Delete files that no release needs, of the lake and of environments over it.')
    .option(
      '--retain <time>',
      'how long files stay after they left their table, at least as long as it says (default: 7d)',
    )
    .option('--keep-releases <n or time>', 'drop older releases first: those beyond 20, or older than 30d')
    .option('--dry-run', 'only list what would go')
    .action(
      act(async (options: import('./commands/vacuum.ts').VacuumOptions) =>
        (await import('./commands/vacuum.ts')).vacuum(options),
      ),
    );
  command(
    'forget',
    'Remove rows for good: from every table, version, release and log; tell what would go without --apply.',
  )
    .argument('<rows...>', 'a table and column=value of the rows; then other tables and theirs')
    .option('--dry-run', 'only tell what would go')
    .option('--apply', 'remove it; nobody can bring it back')
    .option('--reference <text>', 'who asked for it, for the certificate')
    .action(
      act(async (rows: string[], options: import('./commands/forget.ts').ForgetOptions) =>
        (await import('./commands/forget.ts')).forget(rows, options),
      ),
    );
  command('history', 'Show runs, or who wrote the versions of a table.')
    .argument('[table]', 'a table')
    .option('--limit <n>', 'how many', '20')
    .action(
      act(async (table: string | undefined, options: CommonOptions & { limit: string }) =>
        (await import('./commands/history.ts')).history(table, options),
      ),
    );
  withParameters(command('why', 'Show where a row came from, down to file and line.'))
    .argument('<table>', 'a table with a key')
    .argument('<key...>', 'column=value for each column of the key')
    .action(
      act(async (table: string, key: string[], options: CommonOptions) =>
        (await import('./commands/why.ts')).why(table, key, options),
      ),
    );
  withParameters(command('verify', 'Hold a release against its files, what was loaded, and what its models give.'))
    .argument('[tables...]', 'gold.sales, +gold.sales, a layer, tag:pii; all when none is named')
    .option('--release <n>', 'an earlier release')
    .option('--quick', 'only files and counts; compute nothing')
    .option('--sample [much]', 'only some keys of each table: so many, or a share such as 5% (1000)')
    .option('--seed <n>', 'with --sample: the keys that were taken with this number')
    .option('--within <time>', 'no longer than this, such as 30s or 5m; first what nobody looked at for longest')
    .option('--reveal', 'show the values of columns tagged pii')
    .action(
      act(async (tables: string[], options: import('./commands/verify.ts').VerifyOptions) =>
        (await import('./commands/verify.ts')).verify(tables, options),
      ),
    );
  command('doctor', 'Check this machine, the lake and the project.').action(
    act(async (options: CommonOptions) => (await import('./commands/doctor.ts')).doctor(options)),
  );
}
