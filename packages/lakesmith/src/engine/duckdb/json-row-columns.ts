import type { InferredColumn } from '../engine.ts';
import type { GroupedRequest } from './infer-request.ts';
import { knownNames } from './infer-request.ts';
import { fieldsOf, typedColumns } from './json-columns.ts';
import { kindsAt, structureOf } from './json-place.ts';
import { readJsonFile } from './json-row-files.ts';
import { JsonRows } from './json-rows.ts';
import type { JsonShape } from './json-shape.ts';
import { jsonShape, UnfitKey } from './json-shape.ts';
import { sourceCall } from './source-errors.ts';
import type { Workspace } from './workspace.ts';

/**
 * The columns of files of JSON by one reading of their bytes, which is as fast as the engine reads them and asks it nothing. Undefined: their rows
 * are not plain, or are to be refused. What it says is what the engine's answers would make of the same files.
 */
export async function readJsonColumns(
  request: GroupedRequest,
  { exactFiles }: Workspace,
): Promise<readonly InferredColumn[] | undefined> {
  // Bytes that are to be unpacked, or only called so, are for the engine.
  if (request.groups.some(({ files }) => files.some(({ location }) => /\.(?:gz|zst)$/i.test(location))))
    return undefined;
  const rows = new JsonRows();
  for (const { format, files } of request.groups) {
    for (const { location } of files) {
      const stand = await sourceCall(location, () => exactFiles.standOf(location));
      rows.keepDigits = true;
      if (!(await sourceCall(location, () => readJsonFile(location, { rows, format })))) return undefined;
      if (rows.keepDigits && stand !== undefined) exactFiles.remember(location, stand);
    }
  }
  if (rows.first === undefined) return [];
  const shape = shapeOf(rows);
  if (shape?.kind !== 'object') return undefined;
  const known = knownNames(request);
  const fields = fieldsOf(shape);
  const kinds = fields.flatMap(({ name, shape: inner }) =>
    known.has(name.toLowerCase()) && inner.kind === 'text'
      ? [undefined]
      : kindsAt(inner, rows.root.byName.get(name)?.place),
  );
  return typedColumns(fields, kinds);
}

/** Undefined: some keys cannot be names of columns. */
function shapeOf({ root, first }: JsonRows): JsonShape | undefined {
  try {
    return jsonShape(structureOf(root), first);
  } catch (error) {
    if (error instanceof UnfitKey) return undefined;
    throw error;
  }
}
