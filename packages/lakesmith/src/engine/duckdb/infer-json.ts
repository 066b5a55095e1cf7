import type { Column } from '../../core/schema.ts';
import { quoteFiles, quoteName } from '../../core/sql-text.ts';
import type { InferredColumn, TextFormat } from '../engine.ts';
import { isNoDouble, withExactNumbers } from './exact-numbers.ts';
import type { GroupedRequest } from './infer-request.ts';
import { knownNames } from './infer-request.ts';
import { fieldsOf, textType, typedColumns } from './json-columns.ts';
import type { JsonLeaf } from './json-leaves.ts';
import { kindsOfShape, leavesOf } from './json-leaves.ts';
import { readJsonColumns } from './json-row-columns.ts';
import type { JsonShape } from './json-shape.ts';
import { jsonShape, UnfitKey } from './json-shape.ts';
import { judge, limited } from './judge.ts';
import { hasKey, isNoObject, refuseRow } from './refuse-rows.ts';
import type { Session } from './session.ts';
import { sourceCall } from './source-errors.ts';
import { refuseLooseJson } from './strict-json.ts';
import { readJson } from './text-files.ts';
import type { Workspace } from './workspace.ts';

/** The columns of files of JSON. The engine is asked of rows that are not plain, and of those that are to be refused. */
export async function inferJson(
  session: Session,
  request: GroupedRequest,
  workspace: Workspace,
): Promise<readonly InferredColumn[]> {
  const plain = request.sampleRows === undefined ? await readJsonColumns(request, workspace) : undefined;
  return plain ?? (await askJsonColumns(session, request, workspace));
}

/** The same by questions to the engine: of any rows, and at many times the cost. */
export async function askJsonColumns(
  session: Session,
  request: GroupedRequest,
  workspace: Workspace,
): Promise<readonly InferredColumn[]> {
  const groups: { readonly format: TextFormat; readonly locations: string[] }[] = [];
  for (const { format, files } of request.groups) {
    const locations: string[] = [];
    for (const { location } of files) {
      const read = await sourceCall(location, () => withExactNumbers(location, workspace, isNoDouble));
      workspace.nameFile(read, location);
      locations.push(read);
    }
    groups.push({ format, locations });
  }
  const objects = groups
    .map(({ format, locations }) => {
      const form = format.type === 'json' ? 'array' : 'newline_delimited';
      return `SELECT json, filename FROM read_json_objects(${quoteFiles(locations)}, format = '${form}', filename = true)`;
    })
    .join(' UNION ALL ');
  const sample = limited(`SELECT json FROM (${objects})`, request.sampleRows);
  // Rows mostly look alike: one of each look is enough for the slower join of looks.
  const looks = `SELECT any_value(json) AS json FROM (${sample}) GROUP BY json_structure(json)`;
  const [row] = await session.rows(
    `SELECT CAST(json_group_structure(json) AS VARCHAR) AS structure, bool_or(coalesce(json_type(json) = 'NULL', true)) AS has_null, (SELECT CAST(json AS VARCHAR) FROM (${objects}) LIMIT 1) AS example FROM (${looks})`,
  );
  const structure = row?.['structure'];
  if (typeof structure !== 'string') return [];
  const shape = await shapeOf(JSON.parse(structure), await exampleOf(String(row?.['example']), request), request);
  // A null is of every shape.
  if (shape.kind !== 'object' || row?.['has_null'] === true)
    return await refuseRow(
      request.groups,
      isNoObject,
      'each row has to be a JSON object, and this is none',
      'no row has a key, so that there is no column',
    );
  const fields = fieldsOf(shape);
  const columns = fields.map((field): Column => ({ name: field.name, type: textType(field.shape) }));
  const known = knownNames(request);
  const places = fields.flatMap(({ name, shape: inner }): readonly JsonLeaf[] =>
    // Numbers are judged all the same, for what is no JSON shows there; and what lies deeper may have new fields.
    known.has(name.toLowerCase()) && inner.kind === 'text'
      ? [{ value: quoteName(name), kind: inner.kind, kinds: [] }]
      : leavesOf(inner, quoteName(name), 0),
  );
  const select = groups
    .map(({ format, locations }) => `SELECT * FROM ${readJson(locations, columns, format)}`)
    .join(' UNION ALL ');
  const judged = await judge(session, select, request.sampleRows, places);
  const strange = judged.some(
    ({ kind, seen }, index) => seen && kind === undefined && places[index]?.kinds === kindsOfShape['number'],
  );
  if (strange) await refuseLooseJson(request.groups);
  return typedColumns(
    fields,
    judged.map(({ kind }) => kind),
  );
}

async function shapeOf(structure: unknown, example: unknown, request: GroupedRequest): Promise<JsonShape> {
  try {
    return jsonShape(structure, example);
  } catch (error) {
    if (!(error instanceof UnfitKey)) throw error;
    return await refuseRow(request.groups, (row) => hasKey(row, error.key), error.message);
  }
}

/** The first row, for the order of its keys. */
async function exampleOf(text: string, request: GroupedRequest): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    await refuseLooseJson(request.groups);
    throw error;
  }
}
