import type { Settled } from './settle.ts';

/** The page that says what became of a dbt project. */
export function readme(
  made: Settled & { readonly project: string; readonly dbt: string; readonly doubts: readonly string[] },
): string {
  const rows = [...made.inputs, ...made.models].map(
    ({ node, table }) => `| ${node.resource_type} ${node.name} | ${table} |`,
  );
  const look = made.doubts.length === 0 ? [] : ['', '## To look at', '', ...made.doubts.map((doubt) => `- ${doubt}`)];
  return `${[
    `# ${made.project}`,
    '',
    `Made of the dbt project ${made.dbt}, from what dbt compiled: macros and variables stand in the SQL as they were then, ephemeral`,
    'models as the WITH that dbt made of them. `lakesmith run` makes all tables, `lakesmith check` looks for mistakes.',
    '',
    'Staging and intermediate models are silver, marts are gold; a model that dbt keeps in no such folder is gold when no other',
    'model reads it. To move one, move its files to the other folder, and write its new name where it is read:',
    '`git grep silver.NAME` finds the places.',
    '',
    '| dbt | table |',
    '|---|---|',
    ...rows,
    ...look,
  ].join('\n')}\n`;
}
