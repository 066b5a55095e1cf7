import { systemErrorCode } from '../core/platform.ts';
import { programVersion } from './version.ts';

/** Runs a command line and says the exit code. Nothing is loaded that the command does not need. */
export async function main(args: readonly string[]): Promise<number> {
  // Whoever reads the output may have had enough of it: `lakesmith table read … | head`.
  process.stdout.on('error', (error) => {
    if (systemErrorCode(error) === 'EPIPE') process.exit(0);
    throw error;
  });
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${programVersion()}\n`);
    return 0;
  }
  const { runCommandLine } = await import('./program.ts');
  return await runCommandLine(args);
}
