import { Command, CommanderError } from 'commander';
import { LakeError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { addAskCommands } from './ask-commands.ts';
import type { Act, Outcome } from './command-form.ts';
import { addEditorCommands } from './editor-commands.ts';
import { addEnvironmentCommands } from './environment-commands.ts';
import { addLakeCommands } from './lake-commands.ts';
import { addProjectCommands } from './project-commands.ts';
import { addQualityCommands } from './quality-commands.ts';
import { addReleaseCommands } from './release-commands.ts';
import { addRunCommands } from './run-commands.ts';
import { addTableCommands } from './table-commands.ts';
import { reportError } from './report-error.ts';
import { programVersion } from './version.ts';

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
  addProjectCommands(program, act);
  addRunCommands(program, act);
  addAskCommands(program, act);
  addQualityCommands(program, act);
  addReleaseCommands(program, act);
  addLakeCommands(program, act);
  addEnvironmentCommands(program, act);
  addEditorCommands(program, act);
  addTableCommands(program, act);
  return program;
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
