import type { Command } from 'commander';
import type { Act } from './command-form.ts';
import { projectCommand, withParameters } from './command-form.ts';

/** `lakesmith plan` and `lakesmith run`. */
export function addRunCommands(program: Command, act: Act): void {
  const command = (spec: string, summary: string): Command => projectCommand(program, spec, summary);

  whatToMake(command('plan', 'Show what a run would do, why, and how much; change nothing.'))
    .option('--explain <table>', 'everything that the plan knows of one table')
    .action(
      act(async (tables: string[], options: import('./commands/plan.ts').PlanCommandOptions) =>
        (await import('./commands/plan.ts')).plan(tables, options),
      ),
    );
  whatToMake(command('run', 'Bring every table up to date, check it, and release it.'))
    .option('--resume [run]', 'do what is missing of a run that failed')
    .option('--parallel <n>', 'how many tables at a time')
    .option('--memory <size>', 'memory for the engine, such as 2GB')
    .action(
      act(async (tables: string[], options: import('./commands/run.ts').RunOptions) =>
        (await import('./commands/run.ts')).run(tables, options),
      ),
    );
}

/** Which tables are to be made, or which days of one; a plan is asked about the same. */
function whatToMake(command: Command): Command {
  return withParameters(command)
    .argument('[tables...]', 'gold.sales, +gold.sales, gold.sales+1, a layer, tag:pii, changed, failed')
    .option('--full', 'recompute the selected tables whatever changed; a stream only where it is named itself')
    .option('--from <table or day>', 'only this table and what is made from it; or days to make anew, from this one on')
    .option('--to <table or day>', 'only this table and what it is made from; or days before this one')
    .option('--column <name>', 'with days: the column that says when a row belongs')
    .option('--apply', 'also rebuild what is held')
    .option('--load', 'in an environment over another one: load its sources, too');
}
