import type { Project } from './model.ts';
import { defaultEnvironment } from './project-file.ts';

/** A command as it is typed to act in an environment: '`lakesmith run silver.orders --full --env dev`'. */
export function commandIn({ environment }: Pick<Project, 'environment'>, command: string): string {
  return `\`lakesmith ${command}${environmentOption(environment)}\``;
}

/** ' --env dev'; '' for the environment that a command means without it. */
export function environmentOption(environment: string): string {
  return environment === defaultEnvironment ? '' : ` --env ${environment}`;
}
