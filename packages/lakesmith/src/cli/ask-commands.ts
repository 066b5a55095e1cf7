import type { Command } from 'commander';
import { Option } from 'commander';
import type { Act } from './command-form.ts';
import { projectCommand, withParameters } from './command-form.ts';
import type { CommonOptions } from './open.ts';

/** What asks tables, and what is known of them. */
export function addAskCommands(program: Command, act: Act): void {
  const command = (spec: string, summary: string): Command => projectCommand(program, spec, summary);

  withParameters(command('query', 'Ask one SELECT of one release.'))
    .argument('<sql>', 'a SELECT over reference, bronze, silver, gold and system tables')
    .option('--release <n>', 'an earlier release')
    .option('--run <n>', 'what a run would have released that failed')
    .option('--table <name=path...>', 'ask Delta tables by their paths instead; no project is needed')
    .option('--allow <prefix...>', 'a place outside a table that its files may lie in')
    .option('--out <file>', 'write to a .parquet, .csv or .ndjson file')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'csv', 'json', 'ndjson']).default('table'),
    )
    .action(
      act(async (sql: string, options: import('./commands/query.ts').QueryOptions) =>
        (await import('./commands/query.ts')).query(sql, options),
      ),
    );
  command('tables', 'List the tables of the newest release.').action(
    act(async (options: CommonOptions) => (await import('./commands/tables.ts')).tables(options)),
  );
  command('lineage', 'Show which columns a column comes from, and which come from it.')
    .argument('<name>', 'gold.sales, gold.sales.revenue')
    .action(
      act(async (name: string, options: CommonOptions) =>
        (await import('./commands/lineage.ts')).lineage(name, options),
      ),
    );
  command('docs', 'Write the catalogue of the project as a site: tables, columns, lineage, quality; open it from disk.')
    .option('--out <dir>', 'the folder of the site; docs-site in the project when it is left out')
    .option('--release <n>', 'an earlier release')
    .option('--open', 'open it in the browser')
    .action(
      act(async (options: import('./commands/docs.ts').DocsOptions) =>
        (await import('./commands/docs.ts')).docs(options),
      ),
    );
  command('profile', 'Show what is in a table, or in one of its columns, and which rules it meets.')
    .argument('<name>', 'silver.orders, silver.orders.status')
    .option('--release <n>', 'an earlier release')
    .option('--reveal', 'show the values of columns tagged pii')
    .action(
      act(async (name: string, options: import('./commands/profile.ts').ProfileOptions) =>
        (await import('./commands/profile.ts')).profile(name, options),
      ),
    );
}
