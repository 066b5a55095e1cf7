import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { Files } from './folder.ts';
import { put } from './folder.ts';
import type { ReadingProcess } from './reading-process.ts';
import type { Live, State, Vector } from './replay.ts';
import { BadLog, decoded } from './replay.ts';

/** A table as its writer left it, and what is known of it. */
export interface Base {
  readonly name: string;
  readonly files: Files;
  readonly state: State;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

type Row = Readonly<Record<string, string>>;

/** Nothing can be said of the rows: what holds them is damaged in a way that only they could tell. */
export class Unknowable extends Error {}

/** The rows of single files of a base, each read once from a table that has only this file. */
export class SingleFiles {
  private readonly known = new Map<string, Promise<readonly Row[]>>();
  private readonly pathOf: ReadonlyMap<string, string>;
  private readonly vectors: ReadonlySet<string>;
  private readonly base: Base;
  private readonly reading: ReadingProcess;
  private readonly folder: string;

  constructor(base: Base, reading: ReadingProcess, folder: string) {
    this.base = base;
    this.reading = reading;
    this.folder = folder;
    this.vectors = new Set(
      [...base.state.live.flatMap(({ vector }) => vector ?? []), ...vectorsIn(base.files)].map(vectorText),
    );
    this.pathOf = new Map([...base.files].map(([path, bytes]) => [hashOf(bytes), path]));
  }

  /** The rows of one live file of a table that was changed. */
  async rowsOf(table: string, live: Live): Promise<readonly Row[]> {
    const file = insideOf(table, live.path);
    if (statSync(file).size > 100_000_000) throw new BadLog('a data file of absurd size');
    const path = this.pathOf.get(hashOf(readFileSync(file)));
    if (path === undefined) throw new Unknowable('a damaged data file');
    const vector = live.vector === undefined ? undefined : this.checkedVector(table, live.vector);
    const key = JSON.stringify([
      path,
      vector,
      Object.entries(live.partitionValues).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
    const found = this.known.get(key) ?? this.read(path, vector, live.partitionValues);
    this.known.set(key, found);
    return await found;
  }

  /** The vector, when it and its bytes are as a writer put them. */
  private checkedVector(table: string, vector: Vector): Vector {
    if (!this.vectors.has(vectorText(vector))) {
      if (vector.storageType === 'i') throw new Unknowable('a changed vector without a checksum');
      throw new BadLog('a vector that no writer wrote');
    }
    if (vector.storageType !== 'u') return vector;
    const path = vectorPath(vector);
    const file = insideOf(table, path);
    const start = Math.max(1, vector.offset ?? 0);
    const range = (bytes: Buffer): string =>
      hashOf(Buffer.concat([bytes.subarray(0, 1), bytes.subarray(start, start + vector.sizeInBytes + 8)]));
    const pristine = this.base.files.get(path);
    if (pristine === undefined || range(readFileSync(file)) !== range(pristine)) throw new BadLog('a damaged vector');
    return vector;
  }

  private async read(
    path: string,
    vector: Vector | undefined,
    partitionValues: Live['partitionValues'],
  ): Promise<readonly Row[]> {
    const { files, state } = this.base;
    const like = state.live.find((live) => decoded(live.path) === path);
    const add = {
      size: 0,
      modificationTime: 0,
      dataChange: true,
      ...like?.add,
      path: 'data.parquet',
      partitionValues,
      deletionVector: vector,
    };
    const log = [
      { protocol: state.protocol },
      { metaData: { id: 'x', format: { provider: 'parquet', options: {} }, ...state.metadata } },
      { add },
    ];
    const bins = [...files].filter(([name]) => name.endsWith('.bin'));
    const table = join(this.folder, hashOf(Buffer.from(JSON.stringify([this.base.name, path, add]))));
    put(
      table,
      new Map([
        ...bins,
        ['data.parquet', files.get(path) ?? null],
        [
          '_delta_log/00000000000000000000.json',
          Buffer.from(log.map((action) => `${JSON.stringify(action)}\n`).join('')),
        ],
      ]),
    );
    const outcome = await this.reading.read(table);
    if (outcome.kind !== 'rows') throw new BadLog(`the file alone cannot be read: ${outcome.message}`);
    return outcome.rows.map((row) => Object.fromEntries(outcome.columns.map((name, i) => [name, row[i] ?? ''])));
  }
}

/** Every vector that a commit of the table names, also those that are gone. */
function vectorsIn(files: Files): Vector[] {
  const commits = [...files].filter(([path]) => /^_delta_log\/\d{20}\.json$/.test(path));
  const lines = commits.flatMap(([, bytes]) =>
    bytes
      .toString()
      .split('\n')
      .filter((line) => line !== ''),
  );
  type Line = Readonly<Record<string, { readonly deletionVector?: Vector } | undefined>>;
  const actions = lines.map((line) => JSON.parse(line) as Line);
  return actions.flatMap(({ add, remove }) => [add?.deletionVector ?? [], remove?.deletionVector ?? []].flat());
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function vectorText(vector: Vector): string {
  const { storageType, pathOrInlineDv, sizeInBytes, cardinality } = vector;
  const offset = storageType === 'i' ? 0 : Math.max(1, vector.offset ?? 0);
  return JSON.stringify([storageType, pathOrInlineDv, sizeInBytes, cardinality, offset]);
}

/** Where a file that the log names lies; a log must not lead out of its table. */
function insideOf(table: string, path: string): string {
  const plain = decoded(path).replace(/^file:(\/\/)?(?=\/)/, '');
  const place = normalize(plain.startsWith('/') ? plain : join(table, plain));
  if (!place.startsWith(`${table}/`)) throw new BadLog('a path that leads out');
  if (!existsSync(place)) throw new BadLog('a missing file');
  if (!realpathSync(place).startsWith(`${realpathSync(table)}/`)) throw new BadLog('a link that leads out');
  if (!statSync(place).isFile()) throw new BadLog('not a file');
  return place;
}

const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

function vectorPath({ pathOrInlineDv }: Vector): string {
  const code = pathOrInlineDv.slice(-20);
  const words = (code.match(/.{5}/gs) ?? []).map((five) =>
    five.split('').reduce((sum, digit) => sum * 85 + digits.indexOf(digit), 0),
  );
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const prefix = pathOrInlineDv.slice(0, -20);
  return `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${uuid}.bin`;
}
