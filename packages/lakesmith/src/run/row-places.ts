import type { Snapshot } from '@lakesmith/delta';
import type { StagedFile } from '../engine/engine.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import type { RunContext } from './context.ts';
import { readRows } from './read-rows.ts';
import type { SourceSighting } from './sight-source.ts';

interface Placement {
  readonly path: string;
  readonly sighting: SourceSighting;
  readonly replaced: ReadonlySet<string> | undefined;
}

/** What the ledger keeps of this load: rows of a source file lie together in one data file, in the order of the file. */
export async function placeRows(
  context: RunContext,
  { path, sighting, replaced }: Placement,
  written: readonly StagedFile[],
): Promise<LoadedFile[]> {
  const [dataFile] = written;
  const places = await placesOf(context, { path, sighting, replaced }, dataFile);
  const isPending = new Set(sighting.pending.map((file) => file.path));
  // Rows that were moved to the new data file are found there from now on.
  const moved = [...sighting.ledger.files.values()].filter(
    (file) => !isPending.has(file.path) && replaced?.has(file.dataFile ?? '') === true,
  );
  return [...moved, ...sighting.pending].map(({ path: label, sizeBytes, modifiedMs }) => {
    const { rows = 0, firstRow } = places.get(label) ?? {};
    const lies = dataFile === undefined || firstRow === undefined ? {} : { dataFile: dataFile.name, firstRow };
    return { path: label, sizeBytes, modifiedMs, rows, ...lies };
  });
}

interface RowPlace {
  readonly rows: number;
  /** Absent when the rows do not lie together. */
  readonly firstRow?: number;
}

async function placesOf(
  context: RunContext,
  { path, sighting, replaced }: Placement,
  dataFile: StagedFile | undefined,
): Promise<ReadonlyMap<string, RowPlace>> {
  const [only] = sighting.read;
  if (dataFile === undefined || only === undefined) return new Map();
  if (sighting.read.length === 1 && replaced === undefined)
    return new Map([[only.path, { rows: dataFile.rows, firstRow: 0 }]]);
  return await placesIn(context, path, dataFile);
}

/** Where the rows of each source file lie in a data file that was just written, by the path of the source file. */
export async function placesIn(
  context: RunContext,
  path: string,
  dataFile: Pick<StagedFile, 'name'>,
): Promise<ReadonlyMap<string, RowPlace>> {
  const { rows } = await readRows(context.engine, {
    sql: 'select _source, count(*), min(__ls_position), max(__ls_position) from loaded group by 1',
    relations: [
      {
        name: 'loaded',
        kind: 'parquet',
        columns: [{ name: '_source', type: 'string' }],
        files: [{ location: context.lake.locate(`${path}/${dataFile.name}`), partitionValues: {} }],
        rowPositions: true,
      },
    ],
    timezone: 'UTC',
  });
  return new Map(
    rows.map(([source, count, first, last]) => {
      const together = Number(last) - Number(first) + 1 === Number(count);
      return [String(source), { rows: Number(count), ...(together ? { firstRow: Number(first) } : {}) }];
    }),
  );
}

/** Tells the data file with a number among those of a snapshot: what the ledger calls it, also when rows of it are marked as deleted. */
export function dataFilesOf({ files }: Snapshot): (number: number) => string | undefined {
  const keys = [...files.keys()];
  return (number) => files.get(keys[number] ?? '')?.path;
}
