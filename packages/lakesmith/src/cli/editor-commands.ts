import type { Command } from 'commander';
import type { Act } from './command-form.ts';
import { projectCommand } from './command-form.ts';

/** What serves whoever writes the files of a project. */
export function addEditorCommands(program: Command, act: Act): void {
  const command = (spec: string, summary: string): Command => projectCommand(program, spec, summary);

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
}
