import { join } from 'node:path';
import { LakeError, messageOf } from '../../core/errors.ts';
import { readCsvLayout } from '../../engine/duckdb/csv-header.ts';
import type { Engine, InferredColumn, TextFormat } from '../../engine/engine.ts';
import { isOwnColumn } from '../../project/own-columns.ts';
import type { AlikeFiles } from './group-files.ts';

/** What all rows of some files say of their columns. */
export interface Look {
  readonly columns: readonly InferredColumn[];
  readonly format: TextFormat;
}

/** Files of one form, by their paths in the folder. */
type Files = Pick<AlikeFiles, 'kind' | 'ending' | 'files'>;

/** Reads files of a folder as one source; refuses what no source can have. */
export async function lookAtFiles(engine: Engine, from: string, { kind, ending, files }: Files): Promise<Look> {
  const locations = files.map((file) => join(from, file));
  const format: TextFormat =
    kind === 'csv' ? { type: kind, header: true, ...(await delimiterOf(locations, ending)) } : { type: kind };
  const columns = await engine.infer({ format, locations, timezone: 'UTC' });
  refuseOwnColumns(
    locations.join(', '),
    columns.map(({ name }) => name),
  );
  return { columns, format };
}

/** A name that the program gives to columns of its own would stand twice in the source's table. */
export function refuseOwnColumns(file: string, names: readonly string[]): void {
  const own = names.filter((name) => isOwnColumn(name.toLowerCase()));
  if (own.length === 0) return;
  const [columns, those, it] = own.length === 1 ? ['a column', 'a name', 'it'] : ['columns', 'names', 'them'];
  throw new LakeError(
    'LS2001',
    `${file} has ${columns} ${own.join(', ')}, ${those} that Lakesmith gives to columns of its own: call ${it} otherwise in the file`,
    { context: { file } },
  );
}

/** Why files could not be looked at: of each file that is to blame by itself, else of all of them. */
export async function whyNot(
  engine: Engine,
  from: string,
  { files, ...form }: Files,
  error: unknown,
): Promise<readonly LakeError[]> {
  if (!(error instanceof LakeError))
    return [
      new LakeError('LS2001', `${join(from, files[0] ?? '')} cannot be read: ${messageOf(error)}`, { cause: error }),
    ];
  if (files.length === 1) return [error];
  const each: LakeError[] = [];
  for (const file of files) {
    const alone = { ...form, files: [file] };
    await lookAtFiles(engine, from, alone).catch(async (own: unknown) => {
      each.push(...(await whyNot(engine, from, alone, own)));
    });
  }
  return each.length === 0 ? [error] : each;
}

/** The sign between the values of CSV files; none when it is the comma, or when they differ: it is told for each file then. */
async function delimiterOf(locations: readonly string[], ending: string): Promise<{ readonly delimiter?: string }> {
  if (ending.toLowerCase() === '.tsv') return { delimiter: '\t' };
  const signs = new Set<string>();
  for (const location of locations) {
    const { delimiter, names } = await readCsvLayout(location, location, { type: 'csv', header: true });
    if (names !== undefined) signs.add(delimiter);
  }
  const [sign, ...others] = signs;
  return sign === undefined || sign === ',' || others.length > 0 ? {} : { delimiter: sign };
}
