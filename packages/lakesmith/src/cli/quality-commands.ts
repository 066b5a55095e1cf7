import type { Command } from 'commander';
import { Option } from 'commander';
import type { Act } from './command-form.ts';
import { projectCommand, withCommon, withParameters } from './command-form.ts';

/** What tells how good rows are, and what became of those that are not. */
export function addQualityCommands(program: Command, act: Act): void {
  const command = (spec: string, summary: string): Command => projectCommand(program, spec, summary);

  command('quality', 'Show which rules and checks are broken, since when, and how that went from run to run.')
    .argument('[table]', 'only of this table')
    .option('--all', 'also those that hold')
    .action(
      act(async (table: string | undefined, options: import('./commands/quality.ts').QualityOptions) =>
        (await import('./commands/quality.ts')).quality(table, options),
      ),
    );
  command('status', 'Is anything wrong? Exit 3 when something is.')
    .argument('[tables...]', 'gold.sales, +gold.sales, a layer, tag:pii; all when none is named')
    .addOption(
      new Option('--by <unit>', 'which days are done: rows, who made them when, what waits').choices([
        'hour',
        'day',
        'month',
      ]),
    )
    .option('--column <name>', 'with --by: the column that says when a row belongs')
    .action(
      act(async (tables: string[], options: import('./commands/status.ts').StatusOptions) =>
        (await import('./commands/status.ts')).status(tables, options),
      ),
    );
  const quarantine = program.command('quarantine').description('List, show or export the rows that broke a rule.');
  const aside = (spec: string, summary: string, isDefault = false): Command =>
    withCommon(quarantine.command(spec, { isDefault }).description(summary))
      .option('--all', 'also those that were replayed or resolved')
      .option('--reveal', 'show the values of columns tagged pii');
  aside('list', 'List the rows that broke a rule, and why. This is what `quarantine` alone does.', true)
    .argument('[table]', 'only of this table')
    .action(
      act(async (table: string | undefined, options: import('./commands/quarantine.ts').QuarantineOptions) =>
        (await import('./commands/quarantine.ts')).quarantineList(table, options),
      ),
    );
  aside('show', 'Show rows whole: each reason with its rule, and what they were made of.')
    .argument('<table>', 'the table that they were to be in')
    .argument('<which...>', 'column=value, or the beginning of an id')
    .action(
      act(async (table: string, which: string[], options: import('./commands/quarantine.ts').QuarantineOptions) =>
        (await import('./commands/quarantine.ts')).quarantineShow(table, which, options),
      ),
    );
  aside('export', 'Write rows to a file, with their reasons and origins.')
    .argument('[table]', 'only of this table')
    .requiredOption('--out <file>', 'a .csv (of one table) or .ndjson file')
    .action(
      act(
        async (
          table: string | undefined,
          options: import('./commands/quarantine.ts').QuarantineOptions & { out: string },
        ) => (await import('./commands/quarantine-export.ts')).quarantineExport(table, options),
      ),
    );
  withParameters(command('replay', 'Judge quarantined rows again and put back what passes now.'))
    .argument('[tables...]', 'tables whose rows to judge again; all when none is named')
    .option('--dry-run', 'only tell which rows would land, and which would not')
    .action(
      act(async (tables: string[], options: import('./commands/replay.ts').ReplayOptions) =>
        (await import('./commands/replay.ts')).replay(tables, options),
      ),
    );
}
