import { runHere } from './in-process.ts';
import { outputOf } from './command.ts';

/** Tables of a project that have other rows, or have them more or less often, than a SELECT over the same release gives. */
export async function differingTables(
  folder: string,
  selects: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const parts = [...selects].map(([name, sql]) => {
    const [a, b] = [`from ${name}`, `from (${sql}\n)`];
    return `select '${name}' as name, (select count(*) from (${a} except all ${b})) + (select count(*) from (${b} except all ${a})) as n`;
  });
  const question = `select name from (${parts.join(' union all ')}) where n > 0 order by name`;
  const args = ['query', question, '--json', '--project', folder];
  const rows = JSON.parse(outputOf(args, await runHere(args))) as { name: string }[];
  return rows.map(({ name }) => name);
}
