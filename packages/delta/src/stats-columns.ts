import { clusteringPaths } from './mapping/clustering.ts';
import { type TableShape, mappingMode, storedName } from './mapping/stored-columns.ts';
import type { DataType } from './types.ts';

const INDEXED_COLUMNS = 32;

/**
 * The leaf columns of which a table wants statistics, by their paths in files: those that it chose
 * (`delta.dataSkippingStatsColumns`), else the first ones (`delta.dataSkippingNumIndexedCols`), and those it is clustered by.
 */
export function statsColumns(
  table: TableShape & { readonly domains?: ReadonlyMap<string, string> },
): readonly (readonly string[])[] {
  const { configuration, partitionColumns } = table.metadata;
  const leaves = leavesOf(table).filter(({ names }) => !partitionColumns.includes(names[0] ?? ''));
  const chosen = chosenColumns(configuration['delta.dataSkippingStatsColumns']);
  const clustered = clusteringPaths(table.domains);
  const isWanted = chosen === undefined ? firstOnes(configuration['delta.dataSkippingNumIndexedCols']) : below(chosen);
  return leaves
    .filter(
      (leaf, index) =>
        isWanted(leaf.names, index) || clustered.some((path) => path.join('\u0000') === leaf.path.join('\u0000')),
    )
    .map(({ path }) => path);
}

interface Leaf {
  readonly names: readonly string[];
  readonly path: readonly string[];
}

function leavesOf(table: TableShape): readonly Leaf[] {
  const mode = mappingMode(table);
  const leaves: Leaf[] = [];
  const visit = (type: DataType, names: readonly string[], path: readonly string[]): void => {
    if (typeof type === 'string' || type.type !== 'struct') leaves.push({ names, path });
    else for (const field of type.fields) visit(field.type, [...names, field.name], [...path, storedName(field, mode)]);
  };
  visit(table.schema, [], []);
  return leaves;
}

type Wanted = (names: readonly string[], index: number) => boolean;

function firstOnes(text: string | undefined): Wanted {
  const limit = Number(text ?? INDEXED_COLUMNS);
  const count = Number.isSafeInteger(limit) ? limit : INDEXED_COLUMNS;
  return (_, index) => count < 0 || index < count;
}

function below(chosen: readonly (readonly string[])[]): Wanted {
  return (names) => chosen.some((column) => column.every((part, i) => part.toLowerCase() === names[i]?.toLowerCase()));
}

/** `a, b.c, \`odd,name\``; undefined when nothing was chosen. */
function chosenColumns(text: string | undefined): readonly (readonly string[])[] | undefined {
  if (text === undefined) return undefined;
  const columns: string[][] = [[]];
  for (const [token, quoted] of text.matchAll(/`((?:[^`]|``)*)`|[,.]|[^`,.]+/g)) {
    if (token === ',') columns.push([]);
    else if (token !== '.' && (quoted !== undefined || token.trim() !== ''))
      columns.at(-1)?.push(quoted?.replaceAll('``', '`') ?? token.trim());
  }
  return columns.filter((column) => column.length > 0);
}
