import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AnsweringProcess } from './answering-process.ts';

/** A file that is live, as the log says it. */
export interface Live {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly vector: Vector | undefined;
  /** The whole action. */
  readonly add: Readonly<Record<string, unknown>>;
}

export interface Vector {
  readonly storageType: string;
  readonly pathOrInlineDv: string;
  readonly offset?: number | null;
  readonly sizeInBytes: number;
  readonly cardinality: number;
}

/** What a log amounts to. */
export interface State {
  readonly protocol: Readonly<Record<string, unknown>>;
  readonly metadata: {
    readonly schemaString: string;
    readonly partitionColumns: readonly string[];
    readonly configuration?: Readonly<Record<string, string>> | null;
  };
  readonly live: readonly Live[];
}

type Json = Readonly<Record<string, unknown>>;

/** What the log does not say in a way that has one meaning. */
export class BadLog extends Error {}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BadLog(what);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a JSON file, one after the other, however they are laid out. */
function objectsOf(text: string): Json[] {
  const objects: Json[] = [];
  let [depth, start, inText] = [0, -1, false];
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] ?? '';
    if (inText) {
      if (char === '\\') i += 1;
      else if (char === '"') inText = false;
    } else if (char === '"') {
      must(depth > 0, 'text outside of objects');
      inText = true;
    } else if (char === '{' || char === '[') {
      if (depth === 0) start = i;
      depth += 1;
    } else if (char === '}' || char === ']') {
      depth -= 1;
      must(depth >= 0, 'an end without a beginning');
      if (depth === 0) {
        const value: unknown = parse(text.slice(start, i + 1));
        must(isObject(value), 'not an object');
        objects.push(value);
      }
    } else must(depth > 0 || /[\s\ufeff]/.test(char), 'something outside of objects');
  }
  must(depth === 0 && !inText, 'an object without an end');
  return objects;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadLog(String(error));
  }
}

/** A percent code stands for its byte; what is no code stands for itself. */
export function decoded(path: string): string {
  return Buffer.from(
    path
      .replace(/[^\x00-\x7f]+/g, (text) => Buffer.from(text).toString('latin1'))
      .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString();
}

function keyOf(action: Json): string {
  must(typeof action['path'] === 'string' && action['path'] !== '', 'a file without a path');
  const vector = action['deletionVector'];
  const id = isObject(vector)
    ? `${vectorText(vector['storageType'])}${vectorText(vector['pathOrInlineDv'])}@${JSON.stringify(vector['offset'] ?? '')}`
    : '';
  return `${decoded(action['path'])}\n${id}`;
}

/** What is no text names no vector that there is. */
function vectorText(value: unknown): string {
  return typeof value === 'string' ? value : '?';
}

function liveOf(add: Json): Live {
  const values = add['partitionValues'] ?? {};
  must(isObject(values), 'partition values of another form');
  must(
    Object.values(values).every((value) => value === null || typeof value === 'string'),
    'a partition value that is no text',
  );
  const vector = add['deletionVector'] ?? undefined;
  must(vector === undefined || isVector(vector), 'a deletion vector of another form');
  return { path: String(add['path']), partitionValues: values as Live['partitionValues'], vector, add };
}

function isVector(value: unknown): value is Vector {
  if (!isObject(value)) return false;
  const isCount = (name: string): boolean => Number.isSafeInteger(value[name]) && Number(value[name]) >= 0;
  const hasOffset = (value['offset'] ?? null) === null || isCount('offset');
  return (
    typeof value['storageType'] === 'string' &&
    typeof value['pathOrInlineDv'] === 'string' &&
    isCount('sizeInBytes') &&
    isCount('cardinality') &&
    hasOffset
  );
}

class Replay {
  protocol: Json | undefined;
  metadata: Json | undefined;
  readonly live = new Map<string, Live>();

  apply(actions: readonly Json[]): void {
    for (const { protocol, metaData, remove } of actions) {
      if (isObject(protocol)) this.protocol = protocol;
      if (isObject(metaData)) this.metadata = metaData;
      if (isObject(remove)) this.live.delete(keyOf(remove));
    }
    for (const { add } of actions) if (isObject(add)) this.live.set(keyOf(add), liveOf(add));
  }

  state(): State {
    const { protocol, metadata } = this;
    must(protocol !== undefined && metadata !== undefined, 'no protocol or metadata');
    checkProtocol(protocol);
    must(typeof metadata['schemaString'] === 'string', 'no schema');
    const columns = metadata['partitionColumns'] ?? [];
    must(
      Array.isArray(columns) && columns.every((name) => typeof name === 'string'),
      'partition columns of another form',
    );
    const configuration = metadata['configuration'] ?? {};
    must(isObject(configuration), 'properties of another form');
    return {
      protocol,
      metadata: {
        schemaString: metadata['schemaString'],
        partitionColumns: columns,
        configuration: configuration as Record<string, string>,
      },
      live: [...this.live.values()],
    };
  }
}

const readable = [
  'deletionVectors',
  'columnMapping',
  'timestampNtz',
  'v2Checkpoint',
  'vacuumProtocolCheck',
  'typeWidening',
  'typeWidening-preview',
  'variantType',
  'variantType-preview',
  'variantShredding',
  'variantShredding-preview',
];

function checkProtocol(protocol: Json): void {
  const version = protocol['minReaderVersion'];
  must(version === 1 || version === 2 || version === 3, 'an unknown version of the protocol');
  const features = protocol['readerFeatures'] ?? [];
  must(Array.isArray(features) && features.every((name) => typeof name === 'string'), 'features of another form');
  must(version !== 3 || features.every((name) => readable.includes(name)), 'an unknown feature');
}

/** All meanings that the log of a table can have: by its newest checkpoint that can be read, or an older one, or without. */
export async function statesOf(folder: string): Promise<readonly State[]> {
  const log = join(folder, '_delta_log');
  const names = existsSync(log) ? readdirSync(log) : [];
  const commits = new Map(
    names.filter((name) => /^\d{20}\.json$/.test(name)).map((name) => [BigInt(name.slice(0, 20)), name]),
  );
  const checkpoints = completeCheckpoints(names);
  const newest = [...commits.keys(), ...checkpoints.map(({ version }) => version)].reduce(
    (a, b) => (a > b ? a : b),
    -1n,
  );
  const states: State[] = [];
  for (const start of [...checkpoints, { version: -1n, files: [] }]) {
    try {
      const replay = new Replay();
      for (const name of start.files) replay.apply(await checkpointRows(log, name));
      must(newest - start.version < 10_000n, 'versions are missing');
      for (let version = start.version + 1n; version <= newest; version += 1n) {
        const name = commits.get(version);
        must(name !== undefined, 'a version is missing');
        replay.apply(objectsOf(textOf(log, name)));
      }
      must(newest >= 0n, 'no log');
      states.push(replay.state());
    } catch (error) {
      // A way through the log that is closed; there may be another.
      if (!(error instanceof BadLog) && !isMissing(error)) throw error;
    }
  }
  return states;
}

/** A file of the log, when it is one: a link can lead to what never ends. */
function plainFile(log: string, name: string): string {
  const file = realpathSync(join(log, name));
  must(file.startsWith(`${realpathSync(log)}/`), 'a link that leads out');
  const found = statSync(file);
  must(found.isFile() && found.size < 50_000_000, 'no file, or too large');
  return file;
}

function textOf(log: string, name: string): string {
  return readFileSync(plainFile(log, name), 'utf8');
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ENOENT', 'EISDIR', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(String(error.code))
  );
}

function completeCheckpoints(names: readonly string[]): { version: bigint; files: string[] }[] {
  const found: { version: bigint; files: string[] }[] = [];
  const parts = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const match = /^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10})|\.[0-9a-f-]{36})?\.(parquet|json)$/.exec(name);
    if (match === null) continue;
    if (match[2] === undefined) found.push({ version: BigInt(match[1] ?? 0), files: [name] });
    else {
      const group = `${match[1]}.${match[3]}`;
      const some = [...(parts.get(group) ?? []), name];
      parts.set(group, some);
      if (some.length === Number(match[3])) found.push({ version: BigInt(match[1] ?? 0), files: some });
    }
  }
  return found.sort((a, b) => (a.version < b.version ? 1 : a.version > b.version ? -1 : 0));
}

async function checkpointRows(log: string, name: string): Promise<Json[]> {
  const rows = name.endsWith('.json') ? objectsOf(textOf(log, name)) : await parquetRows(plainFile(log, name));
  const all = [...rows];
  for (const { sidecar } of rows) {
    if (!isObject(sidecar)) continue;
    must(typeof sidecar['path'] === 'string', 'a sidecar without a path');
    const path = decoded(sidecar['path']);
    must(!path.split('/').includes('..') && !path.startsWith('/'), 'a sidecar elsewhere');
    all.push(...(await parquetRows(plainFile(log, path.includes('/') ? path : `_sidecars/${path}`))));
  }
  return all;
}

const knownFiles = new Map<string, Json[]>();
const parquet = new AnsweringProcess('parquet-text.mjs', { waitMs: 5_000, memoryKb: 4_000_000 });

/** Ends the process that reads Parquet. */
export function closeReplay(): void {
  parquet.close();
}

async function parquetRows(file: string): Promise<Json[]> {
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
  const known = knownFiles.get(hash);
  if (known !== undefined) return known;
  const reading = lastReading.then(() => parquet.ask(file));
  lastReading = reading;
  const answer = await reading;
  if (answer.kind !== 'reply') throw new BadLog(answer.message);
  const { rows, error } = answer.reply as { readonly rows?: readonly string[]; readonly error?: string };
  if (rows === undefined) throw new BadLog(error);
  const objects = rows.map((line) => parse(line) as Json);
  if (knownFiles.size < 1_000) knownFiles.set(hash, objects);
  return objects;
}

/** One file at a time. */
let lastReading: Promise<unknown> = Promise.resolve();
