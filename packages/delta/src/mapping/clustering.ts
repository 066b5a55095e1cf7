import { DeltaError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { DataType, StructField } from '../types.ts';
import { type TableShape, mappingMode, storedName, storedPath } from './stored-columns.ts';

/** Where a table keeps the columns that it is clustered by (PROTOCOL.md, Clustered Table). */
export const CLUSTERING_DOMAIN = 'delta.clustering';

/** The columns that a table is clustered by, by their paths in files; none when it is not clustered. */
export function clusteringPaths(domains: ReadonlyMap<string, string> | undefined): readonly (readonly string[])[] {
  const text = domains?.get(CLUSTERING_DOMAIN);
  if (text === undefined) return [];
  const value = valueOf(text);
  const columns =
    typeof value === 'object' && value !== null && 'clusteringColumns' in value ? value.clusteringColumns : undefined;
  const paths = Array.isArray(columns) ? columns.map(pathOf) : [undefined];
  if (paths.every((path) => path !== undefined)) return paths;
  throw new DeltaError('invalid-schema', `The table's ${CLUSTERING_DOMAIN} cannot be understood.`);
}

/** The configuration of the domain for columns that are named as the table names them. */
export function clusteringConfiguration(table: TableShape, columns: readonly (readonly string[])[]): string {
  const paths = columns.map((column) => {
    const found = storedPath(table, column);
    if (found !== undefined && table.metadata.partitionColumns.length === 0) return found.path;
    const why = found === undefined ? 'it has no such column' : 'it is partitioned';
    throw new DeltaError('invalid-schema', `The table cannot be clustered by ${column.join('.')}: ${why}.`);
  });
  return JSON.stringify({ clusteringColumns: paths, domainName: CLUSTERING_DOMAIN });
}

/** Refuses a change of columns that takes one away by which the table is clustered ('invalid-schema'). */
export function keepClusteringColumns(
  before: TableShape & { readonly domains?: ReadonlyMap<string, string> },
  after: TableShape,
): void {
  const lost = clusteringPaths(before.domains).find((path) => hasPath(before, path) && !hasPath(after, path));
  if (lost === undefined) return;
  throw new DeltaError(
    'invalid-schema',
    `The column ${lost.join('.')} has to stay: the table is clustered by it, so that \`downgrade --feature clustering\` comes first.`,
    { context: { column: lost.join('.') } },
  );
}

/** Whether a table has a column with this path in files. */
function hasPath(table: TableShape, path: readonly string[]): boolean {
  const mode = mappingMode(table);
  let inside: DataType = table.schema;
  for (const name of path) {
    const fields: readonly StructField[] = typeof inside === 'object' && inside.type === 'struct' ? inside.fields : [];
    const found = fields.find((field) => storedName(field, mode) === name);
    if (found === undefined) return false;
    inside = found.type;
  }
  return true;
}

function valueOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // What is not JSON names no columns.
    return undefined;
  }
}

/** Real logs have lists of names, the specification's example one name, and older tables an object. */
function pathOf(column: unknown): readonly string[] | undefined {
  if (typeof column === 'string') return [column];
  const names: unknown =
    typeof column === 'object' && column !== null && 'physicalName' in column ? column.physicalName : column;
  if (!Array.isArray(names)) return undefined;
  const texts = names.filter((name): name is string => typeof name === 'string');
  return texts.length === names.length && texts.length > 0 ? texts : undefined;
}
