import { type Json, type JsonObject, RawNumber, parseJson, serializeJson } from '../json.ts';

/** How far a column has counted that numbers its rows. */
const COUNT = 'delta.identity.highWaterMark';

/** A schema but for that, whatever the order of names in it. */
export function withoutCounts(schemaString: string): string {
  const uncounted = ofColumns(parseJson(schemaString), (column) => {
    const { [COUNT]: _, ...metadata } = objectOf(column['metadata']);
    return { ...column, metadata };
  });
  return serializeJson(sorted(uncounted));
}

/** An older schema whose columns go on where those of a later one are that have the same name in files: no number is given twice. */
export function withLaterCounts(schemaString: string, later: string): string {
  const counts = new Map<unknown, Json | undefined>();
  ofColumns(parseJson(later), (column) => {
    counts.set(nameInFiles(column), objectOf(column['metadata'])[COUNT]);
    return column;
  });
  let isOther = false;
  const counted = ofColumns(parseJson(schemaString), (column) => {
    const metadata = objectOf(column['metadata']);
    const [count, own] = [counts.get(nameInFiles(column)), metadata[COUNT]];
    const isUp = metadata['delta.identity.step'] !== undefined && Number(metadata['delta.identity.step']) > 0;
    const isLater = isWhole(count) && (!isWhole(own) || (isUp ? count > own : count < own));
    if (!numbersRows(column) || !isLater) return column;
    isOther = true;
    return { ...column, metadata: { ...metadata, [COUNT]: count } };
  });
  return isOther ? serializeJson(counted) : schemaString;
}

/** Whether an older schema has a column that numbers its rows and of which a later one says nothing any more. */
export function countsAreLost(schemaString: string, later: string): boolean {
  const left = new Set<unknown>();
  ofColumns(parseJson(later), (column) => {
    if (numbersRows(column)) left.add(nameInFiles(column));
    return column;
  });
  let areLost = false;
  ofColumns(parseJson(schemaString), (column) => {
    areLost ||= numbersRows(column) && !left.has(nameInFiles(column));
    return column;
  });
  return areLost;
}

function ofColumns(schema: Json, change: (column: JsonObject) => JsonObject): Json {
  const { fields, ...others } = objectOf(schema);
  return { ...others, fields: Array.isArray(fields) ? fields.map((one: Json) => change(objectOf(one))) : [] };
}

function numbersRows(column: JsonObject): boolean {
  return objectOf(column['metadata'])['delta.identity.step'] !== undefined;
}

function nameInFiles(column: JsonObject): unknown {
  return objectOf(column['metadata'])['delta.columnMapping.physicalName'] ?? column['name'];
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((one: Json) => sorted(one));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}
