import { Command, CommanderError, Option } from 'commander';
import { LakeError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { InitOptions } from './commands/init.ts';
import type { CommonOptions } from './open.ts';
import { addEnvironmentCommands } from './environment-commands.ts';
import { addTableCommands } from './table-commands.ts';
import { reportError } from './report-error.ts';
import { programVersion } from './version.ts';

/** What a command gives back: nothing (0), or the exit code. */
type Outcome = Promise<number | void>;

/** Makes of what a command does what the command line calls. */
export type Act = <A extends unknown[]>(perform: (...args: A) => Outcome) => (...args: A) => Promise<void>;

/** Every command with its options; what it does is loaded when it is called. */
function buildProgram(setExit: (code: number) => void): Command {
  const program = new Command('lakesmith')
    .description('A medallion lakehouse in one program: bronze, silver and gold Delta tables from plain SQL.')
    .version(programVersion(), '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showHelpAfterError(false);
  const act: Act =
    <A extends unknown[]>(perform: (...args: A) => Outcome) =>
    async (...args: A): Promise<void> => {
      setExit((await perform(...args)) ?? 0);
    };
  const command = (spec: string, summary: string): Command => withCommon(program.command(spec).description(summary));

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
  withParameters(command('plan', 'Show what a run would do, why, and how much; change nothing.'))
    .argument('[tables...]', 'gold.sales, +gold.sales, gold.sales+1, a layer, tag:pii, changed, failed')
    .option('--full', 'recompute the selected tables whatever changed; a stream only where it is named itself')
    .option('--from <table or day>', 'only this table and what is made from it; or days to make anew, from this one on')
    .option('--to <table or day>', 'only this table and what it is made from; or days before this one')
    .option('--column <name>', 'with days: the column that says when a row belongs')
    .option('--apply', 'also rebuild what is held')
    .option('--load', 'in an environment over another one: load its sources, too')
    .option('--explain <table>', 'everything that the plan knows of one table')
    .action(
      act(async (tables: string[], options: import('./commands/plan.ts').PlanCommandOptions) =>
        (await import('./commands/plan.ts')).plan(tables, options),
      ),
    );
  withParameters(command('run', 'Bring every table up to date, check it, and release it.'))
    .argument('[tables...]', 'gold.sales, +gold.sales, gold.sales+1, a layer, tag:pii, changed, failed')
    .option('--full', 'recompute the selected tables whatever changed; a stream only where it is named itself')
    .option('--from <table or day>', 'only this table and what is made from it; or days to make anew, from this one on')
    .option('--to <table or day>', 'only this table and what it is made from; or days before this one')
    .option('--column <name>', 'with days: the column that says when a row belongs')
    .option('--apply', 'also rebuild what is held')
    .option('--load', 'in an environment over another one: load its sources, too')
    .option('--resume [run]', 'do what is missing of a run that failed')
    .option('--parallel <n>', 'how many tables at a time')
    .option('--memory <size>', 'memory for the engine, such as 2GB')
    .action(
      act(async (tables: string[], options: import('./commands/run.ts').RunOptions) =>
        (await import('./commands/run.ts')).run(tables, options),
      ),
    );
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
  const release = program.command('release').description('List, show and pin releases, or go back to one.');
  withCommon(release.command('list').description('List releases, newest first.')).action(
    act(async (options: CommonOptions) => (await import('./commands/release.ts')).releaseList(options)),
  );
  withCommon(release.command('show').description('Show what release N names, and what changed with it.'))
    .argument('<n>', 'a release')
    .action(
      act(async (n: string, options: CommonOptions) => (await import('./commands/release.ts')).releaseShow(n, options)),
    );
  withCommon(release.command('pin').description('Keep release N whatever vacuum drops.'))
    .argument('<n>', 'a release')
    .option('--reason <text>', 'why')
    .action(
      act(async (n: string, options: CommonOptions & { reason?: string }) =>
        (await import('./commands/release.ts')).releasePin(n, options),
      ),
    );
  withCommon(release.command('unpin').description('Let vacuum drop release N again.'))
    .argument('<n>', 'a release')
    .action(
      act(async (n: string, options: CommonOptions) =>
        (await import('./commands/release.ts')).releaseUnpin(n, options),
      ),
    );
  withCommon(release.command('back').description('Restore every table as release N had it; this makes a new release.'))
    .argument('<n>', 'the release to go back to')
    .action(
      act(async (n: string, options: CommonOptions) => (await import('./commands/release.ts')).releaseBack(n, options)),
    );
  command('diff', 'Compare two environments or releases, table by table and row by row.')
    .argument(
      '[sides...]',
      'prod dev · 11 12 · prod 12 · dev (with its base) · nothing: the newest release with the one before',
    )
    .option('--table <name...>', 'only these tables')
    .option('--markdown [file]', 'as Markdown, such as for a pull request')
    .option('--reveal', 'show the values of columns tagged pii')
    .action(
      act(async (sides: string[], options: import('./commands/diff.ts').DiffOptions) =>
        (await import('./commands/diff.ts')).diff(sides, options),
      ),
    );
  program
    .command('ci')
    .description('Check, test, and make what changed in an environment of its own; tell what differs from the base.')
    .option('--project <dir>', 'folder of lakesmith.yml', '.')
    .option('--base <env>', 'the environment to compare with')
    .option('--markdown <file>', 'write the report, such as for a pull request')
    .option('--keep', 'keep the environment to look into it')
    .option('--json', 'answer as JSON')
    .action(
      act(async (options: import('./commands/ci.ts').CiOptions) => (await import('./commands/ci.ts')).ci(options)),
    );
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
  addEnvironmentCommands(program, act);
  command('fmt', 'Write the files of the project in one form; what they mean stays.')
    .argument('[files...]', 'only these files or folders')
    .option('--check', 'write nothing; exit 1 when something would change')
    .option('--split', 'move settings of more than ten lines from the SQL into the .yml beside it')
    .option('--join', 'move settings of ten lines or less from the .yml into the SQL')
    .option('--upgrade', 'rewrite the project for the newest version of the file formats')
    .action(
      act(async (files: string[], options: import('./commands/fmt.ts').FmtOptions) =>
        (await import('./commands/fmt.ts')).fmt(files, options),
      ),
    );
  program
    .command('lsp')
    .description('Serve an editor over standard input and output: errors, completion, hover, definitions.')
    .option('--project <dir>', 'folder of lakesmith.yml; else the one above the document')
    .option('--env <name>', 'environment of lakesmith.yml')
    .action(
      act(async (options: { project?: string; env?: string }) => (await import('./commands/lsp.ts')).lsp(options)),
    );
  addTableCommands(program, act);
  return program;
}

/** For commands that read or run SQL of the project. */
function withParameters(command: Command): Command {
  const collect = (pair: string, before: readonly string[] = []): readonly string[] => [...before, pair];
  return command.option('--param <name=value>', 'a value for a parameter; may be given again', collect);
}

function withCommon(command: Command): Command {
  return command
    .option('--project <dir>', 'folder of lakesmith.yml', '.')
    .option('--env <name>', 'environment of lakesmith.yml')
    .option('--json', 'answer as JSON');
}

export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exit = 0;
  const program = buildProgram((code) => {
    exit = code;
  });
  const json = args.includes('--json');
  try {
    if (args.length === 0) {
      process.stdout.write(program.helpInformation());
      return 0;
    }
    await program.parseAsync([...args], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      return reportError(usageError(program, error, args), { json });
    }
    return reportError(error, { json });
  }
}

function usageError(program: Command, error: CommanderError, args: readonly string[]): LakeError {
  const said = error.message.replace(/^error: /, '').replace(/\n.*/s, '');
  const names = program.commands.map((command) => command.name());
  const near = error.code === 'commander.unknownCommand' ? nearestName(args[0] ?? '', names) : undefined;
  const next = near === undefined ? '`lakesmith --help` lists the commands.' : `Did you mean ${near}?`;
  return new LakeError('LS4001', `${said.charAt(0).toUpperCase()}${said.slice(1)}. ${next}`);
}
