import type { Command } from 'commander';

/** What a command gives back: nothing (0), or the exit code. */
export type Outcome = Promise<number | void>;

/** Makes of what a command does what the command line calls. */
export type Act = <A extends unknown[]>(perform: (...args: A) => Outcome) => (...args: A) => Promise<void>;

/** A command about a project. */
export function projectCommand(program: Command, spec: string, summary: string): Command {
  return withCommon(program.command(spec).description(summary));
}

/** For commands that read or run SQL of the project. */
export function withParameters(command: Command): Command {
  const collect = (pair: string, before: readonly string[] = []): readonly string[] => [...before, pair];
  return command.option('--param <name=value>', 'a value for a parameter; may be given again', collect);
}

export function withCommon(command: Command): Command {
  return command
    .option('--project <dir>', 'folder of lakesmith.yml', '.')
    .option('--env <name>', 'environment of lakesmith.yml')
    .option('--json', 'answer as JSON');
}
