import type { Command } from 'commander';
import type { Act } from './command-form.ts';
import { projectCommand, withCommon } from './command-form.ts';
import type { CommonOptions } from './open.ts';

/** `lakesmith release ...`, and what compares releases and environments. */
export function addReleaseCommands(program: Command, act: Act): void {
  const command = (spec: string, summary: string): Command => projectCommand(program, spec, summary);

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
    .option('--no-laws', 'only the tests that are written: not also the laws of what changed')
    .option('--cases <n>', 'how often each law is tried on a model (4)')
    .option('--seed <n>', 'other cases; those of a broken law are tried again by the seed that was told (1)')
    .option('--json', 'answer as JSON')
    .action(
      act(async (options: import('./commands/ci.ts').CiOptions) => (await import('./commands/ci.ts')).ci(options)),
    );
}
