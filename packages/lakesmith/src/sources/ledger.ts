import type { FoundFile } from './discover.ts';

/**
 * What a bronze table has loaded: it stands in the table's own commits, as Delta domains, one per load. So the rows
 * and the position they brought are one atomic fact, they survive checkpoints, and a restored table forgets what it lost.
 */
export interface Ledger {
  /** Loads in order. */
  readonly loads: readonly Load[];
  /** Every file loaded, by path; of a file loaded twice, the last. */
  readonly files: ReadonlyMap<string, LoadedFile>;
  /** Changes consumed of a connection. */
  readonly changes: number;
  /** Number of the next load. */
  readonly next: number;
}

export interface Load {
  readonly number: number;
  readonly run: number;
  readonly files: readonly LoadedFile[];
  /** For a connection: how many changes had been consumed after this load. */
  readonly changes?: number;
}

export interface LoadedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly rows: number;
  /** Data file of the table that holds the rows, and the physical row at which they begin. Rows keep the source's order. */
  readonly dataFile?: string;
  readonly firstRow?: number;
}

const prefix = 'lakesmith.load.';

/** appId of the transaction marker that makes two loads of the same number conflict. */
export function loadAppId(table: string): string {
  return `lakesmith:${table}`;
}

export function readLedger(domains: ReadonlyMap<string, string>): Ledger {
  const loads = [...domains]
    .filter(([name]) => name.startsWith(prefix))
    .map(([, text]) => JSON.parse(text) as Load)
    .sort((a, b) => a.number - b.number);
  const files = new Map(loads.flatMap((load) => load.files.map((file) => [file.path, file] as const)));
  const last = loads.at(-1);
  return { loads, files, changes: last?.changes ?? 0, next: (last?.number ?? 0) + 1 };
}

/** The domain that records one more load, as a commit takes it. */
export function loadDomain(load: Load): { readonly set: Readonly<Record<string, string>> } {
  return { set: { [`${prefix}${String(load.number).padStart(10, '0')}`]: JSON.stringify(load) } };
}

/** Splits what lies in the landing folder: to load, and changed since it was loaded. */
export function compareWithLedger(
  found: readonly FoundFile[],
  ledger: Ledger,
): { readonly pending: readonly FoundFile[]; readonly overwritten: readonly FoundFile[] } {
  const pending: FoundFile[] = [];
  const overwritten: FoundFile[] = [];
  for (const file of found) {
    const known = ledger.files.get(file.path);
    if (known === undefined) {
      // An empty file is one that somebody is about to write: taken as loaded, what it gets would never be read.
      if (file.sizeBytes > 0) pending.push(file);
    } else if (known.sizeBytes !== file.sizeBytes || known.modifiedMs !== file.modifiedMs) overwritten.push(file);
  }
  return { pending, overwritten };
}
