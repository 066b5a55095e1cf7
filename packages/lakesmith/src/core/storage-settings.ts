/** How a table lies in files. It changes no row. */
export interface StorageSettings {
  /** Columns by which rows lie near each other. */
  readonly clusterBy: readonly string[];
  /** Columns of whose values each file has one. */
  readonly partitionBy: readonly string[];
  /** Properties of the Delta table. */
  readonly properties: Readonly<Record<string, string>>;
}

/** What a table has that says nothing of it. */
export const plainStorage: StorageSettings = { clusterBy: [], partitionBy: [], properties: {} };

/** What has to be set to get from one to the other: null takes a property away; undefined when nothing has to. */
export function changedProperties(
  before: StorageSettings,
  { properties }: StorageSettings,
): Readonly<Record<string, string | null>> | undefined {
  const changed = [
    ...Object.entries(properties).filter(([name, value]) => before.properties[name] !== value),
    ...Object.keys(before.properties).flatMap((name): [string, null][] => (name in properties ? [] : [[name, null]])),
  ];
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** Whether these are the same columns in the same order. */
export function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

/** The settings as they are kept: nothing where nothing is said. */
export function storageOf({ storage }: { readonly storage: StorageSettings }): { readonly storage?: StorageSettings } {
  const { clusterBy, partitionBy, properties } = storage;
  return clusterBy.length + partitionBy.length + Object.keys(properties).length === 0 ? {} : { storage };
}
