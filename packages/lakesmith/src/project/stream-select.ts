import type { Diagnostic } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { sameType, toEngineType } from '../core/type-policy.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { tableReferences } from '../sql/references.ts';
import { whyNotFollowed } from '../sql/refresh/followed-rows.ts';
import { proveRefresh } from '../sql/refresh/proof.ts';
import { withNamedViews } from '../sql/views.ts';
import type { ModelTable } from './model.ts';
import { outputOffset } from './column-findings.ts';
import { sqlPlace } from './sql-place.ts';

/** What may stand in a SELECT that goes row by row all the same. */
const vague = /^(?:it joins|a set operation|a WITH|a sub-select|its input)/;

/** What keeps the SELECT of a stream from being made row by row of the table that it follows. */
export async function streamFindings(
  model: ModelTable,
  {
    compiler,
    inputs,
    timezone,
  }: {
    readonly compiler: SqlCompiler;
    readonly inputs: ReadonlyMap<string, readonly Column[]>;
    readonly timezone: string;
  },
): Promise<readonly Diagnostic[]> {
  const follows = model.stream?.follows;
  if (follows === undefined || !inputs.has(follows)) return [];
  const proven = new Map([...inputs].map(([name, columns]) => [name.toLowerCase(), { columns, unique: [] }]));
  const result = await proveRefresh(compiler, { tree: model.tree(), inputs: proven, timezone });
  const why = result.ok ? whyNotFollowed(result.proof, follows) : result.why;
  if (why === undefined) return [];
  const mention = tableReferences(withNamedViews(model.tree())).find(
    ({ schema, name }) => `${schema}.${name}`.toLowerCase() === follows,
  );
  const { rowWise } = model.facts;
  const isTold = !rowWise.proven && model.inputs.length === 1 && result.ok && !vague.test(rowWise.why);
  return [
    {
      code: 'LS1216',
      message: `Stream ${model.name} does not go through ${follows} row by row: ${isTold ? rowWise.why : why}`,
      place: sqlPlace(model, mention?.offset ?? 0),
      hint: 'filter, compute, unnest and look things up here; group, sort out and compare rows in a model that reads it',
    },
  ];
}

/**
 * The columns of a stream that has rows already: those that it has, and behind them what its SELECT gives besides. A column that the
 * SELECT no longer gives stays, and is null in new rows.
 */
export function streamColumns(
  model: ModelTable,
  selected: readonly Column[],
  stored: readonly Column[] | undefined,
): { readonly columns: readonly Column[]; readonly diagnostics: readonly Diagnostic[] } {
  if (stored === undefined) return { columns: selected, diagnostics: [] };
  const known = new Map(stored.map((column) => [column.name.toLowerCase(), column]));
  const diagnostics = selected.flatMap(({ name, type }): readonly Diagnostic[] => {
    const before = known.get(name.toLowerCase());
    if (before === undefined || sameType(before.type, type)) return [];
    const message = `Column ${name} of stream ${model.name} is ${toEngineType(before.type)}, and its SELECT gives ${toEngineType(type)} now`;
    const hint = `cast it, or give it another name: a stream keeps what it made (\`lakesmith run ${model.name} --full\` makes it anew from what its input has now)`;
    return [{ code: 'LS1216', message, place: sqlPlace(model, outputOffset(model.sql, name) ?? 0), hint }];
  });
  return { columns: [...stored, ...selected.filter(({ name }) => !known.has(name.toLowerCase()))], diagnostics };
}
