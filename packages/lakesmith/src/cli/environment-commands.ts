import type { Command } from 'commander';
import type { EnvironmentOptions } from './commands/environment.ts';
import type { Act } from './command-form.ts';

/** `lakesmith env ...`. */
export function addEnvironmentCommands(program: Command, act: Act): void {
  const env = program.command('env').description('Environments over another one: copies that copy nothing.');
  const command = (spec: string, summary: string): Command =>
    env
      .command(spec)
      .description(summary)
      .option('--project <dir>', 'folder of lakesmith.yml', '.')
      .option('--json', 'answer as JSON');
  const load = async (): Promise<typeof import('./commands/environment.ts')> =>
    await import('./commands/environment.ts');

  command('create', 'Make an environment that shows what its base shows now.')
    .argument('<name>', 'small letters, digits, - and _')
    .option('--from <env>', 'the environment that it is based on')
    .action(
      act(async (name: string, options: EnvironmentOptions & { from?: string }) =>
        (await load()).environmentCreate(name, options),
      ),
    );
  command('list', 'List environments, what they stand on, and what is their own.').action(
    act(async (options: EnvironmentOptions) => (await load()).environmentList(options)),
  );
  command('refresh', 'Show what the base shows now; tables that differ are made again by the next run.')
    .argument('<name>', 'an environment')
    .action(act(async (name: string, options: EnvironmentOptions) => (await load()).environmentRefresh(name, options)));
  command('promote', 'Make in the base what the environment has made.')
    .argument('<name>', 'an environment')
    .option('--dry-run', 'only say what would be done')
    .action(
      act(async (name: string, options: EnvironmentOptions & { dryRun?: boolean }) =>
        (await load()).environmentPromote(name, options),
      ),
    );
  command('drop', 'Delete what the environment has for itself.')
    .argument('<name>', 'an environment')
    .action(act(async (name: string, options: EnvironmentOptions) => (await load()).environmentDrop(name, options)));
}
