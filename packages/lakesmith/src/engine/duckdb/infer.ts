import { quoteName } from '../../core/sql-text.ts';
import type { InferredColumn, InferRequest } from '../engine.ts';
import { inferJson } from './infer-json.ts';
import type { GroupedRequest } from './infer-request.ts';
import { knownNames } from './infer-request.ts';
import type { Judgement } from './judge.ts';
import { judge } from './judge.ts';
import type { LeafKind } from './leaf-kinds.ts';
import type { Session } from './session.ts';
import { csvGroups, readCsv } from './text-files.ts';
import type { Workspace } from './workspace.ts';

/** The columns of text files after the type policy: CSV and JSON by the same rules over the same texts. */
export async function inferColumns(
  session: Session,
  request: GroupedRequest,
  workspace: Workspace,
): Promise<readonly InferredColumn[]> {
  if (request.locations.length === 0) return [];
  return request.format.type === 'csv'
    ? await inferCsv(session, request, workspace)
    : await inferJson(session, request, workspace);
}

async function inferCsv(
  session: Session,
  request: InferRequest,
  workspace: Workspace,
): Promise<readonly InferredColumn[]> {
  const { format } = request;
  if (format.type !== 'csv') return [];
  const files = request.locations.map((location) => ({ location, label: location }));
  const groups = await csvGroups(files, format, workspace);
  const names = new Map<string, string>();
  for (const name of groups.flatMap((group) => group[0]?.layout.names ?? [])) {
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  const known = knownNames(request);
  const asked = [...names.values()].filter((name) => !known.has(name.toLowerCase()));
  const select = groups.map((group) => `SELECT * FROM ${readCsv(group, format)}`).join(' UNION ALL BY NAME ');
  const judged = new Map<string, Judgement>();
  const ask = async (columns: readonly string[], rows: number | undefined): Promise<void> => {
    const places = columns.map((name) => ({ value: quoteName(name), kinds: cellKinds }));
    const answers = places.length === 0 ? [] : await judge(session, select, rows, places);
    for (const [index, answer] of answers.entries()) judged.set(columns[index] ?? '', answer);
  };
  const unseen = (): readonly string[] => asked.filter((name) => judged.get(name)?.seen === false);
  await ask(asked, request.sampleRows);
  // Columns that no sampled row has a value for are looked for in all rows: one that is left out must have none.
  await ask(unseen(), undefined);
  const hasRows = unseen().length > 0 && (await session.rows(`SELECT 1 FROM (${select}) LIMIT 1`)).length > 0;
  return [...names.values()].map((name): InferredColumn => {
    const { kind, seen } = judged.get(name) ?? { kind: undefined, seen: true };
    return { name, type: kind ?? 'string', ...(seen || !hasRows ? {} : { valueless: true }) };
  });
}

const cellKinds: readonly LeafKind[] = ['long', 'double', 'boolean', 'date', 'timestamp'];
