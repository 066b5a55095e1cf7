import type { Command } from 'commander';
import type { Act } from './command-form.ts';
import { projectCommand, withParameters } from './command-form.ts';
import type { InitOptions } from './commands/init.ts';
import type { CommonOptions } from './open.ts';

/** What begins a project, and what looks at its files. */
export function addProjectCommands(program: Command, act: Act): void {
  const command = (spec: string, summary: string): Command => projectCommand(program, spec, summary);

  program
    .command('init')
    .argument('[name]', 'folder to make; here when it is left out')
    .argument('[dir]', 'after --from dbt: the folder of the dbt project')
    .description('Make a project: empty, the sample shop, or from files or a dbt project of yours.')
    .option('--sample', 'the retail sample, with data; needs no cloud, no database, no account')
    .option('--from <path>', 'a CSV, JSON or NDJSON file to begin with, or a folder of them; dbt <dir>: a dbt project')
    .option('--json', 'answer as JSON')
    .action(
      act(async (name: string | undefined, dir: string | undefined, options: InitOptions) =>
        (await import('./commands/init.ts')).init(name, dir, options),
      ),
    );
  command('new', 'Begin a file of the project; what is there is never written over.')
    .argument('<what>', 'source, model, check or test')
    .argument('<name>', 'orders for a source; silver.orders for the others')
    .option('--from <table>', 'model: the table that it reads')
    .action(
      act(async (what: string, name: string, options: CommonOptions & { from?: string }) =>
        (await import('./commands/new.ts')).newFile(what, name, options),
      ),
    );
  withParameters(command('check', 'Parse and bind everything; run nothing.')).action(
    act(async (options: CommonOptions) => (await import('./commands/check.ts')).check(options)),
  );
  withParameters(command('types', 'Write the types of all tables, for models in TypeScript: lakesmith-env.d.ts.'))
    .option('--check', 'write nothing; exit 2 when the file is not as it should be')
    .action(
      act(async (options: import('./commands/types.ts').TypesOptions) =>
        (await import('./commands/types.ts')).types(options),
      ),
    );
  withParameters(command('test', 'Run the tests of the project: what models make of given rows.'))
    .argument('[names...]', 'files of tests, or tables: gold.sales, silver; with --record, column=value of the key')
    .option('--watch', 'run them again whenever a file changes')
    .option('--record <table>', 'write a test of a row that the table has')
    .option('--no-laws', 'only what is written: not also the laws that hold of every model')
    .option('--cases <n>', 'how often each law is tried on a model (4)')
    .option('--seed <n>', 'other cases; those of a broken law are tried again by the seed that was told (1)')
    .action(
      act(async (names: string[], options: import('./commands/test.ts').TestOptions) =>
        (await import('./commands/test.ts')).test(names, options),
      ),
    );
}
