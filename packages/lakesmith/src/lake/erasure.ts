import { createHash, randomBytes } from 'node:crypto';
import { LakeError } from '../core/errors.ts';
import { encodeJson } from '../core/json.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { readStoredJson } from './stored-json.ts';

/** Rows of one source by the values of some of its columns. The values themselves are kept nowhere. */
export interface ErasedSubject {
  readonly table: string;
  readonly columns: readonly string[];
  /** SHA-256 over the lake's salt and the values. */
  readonly hash: string;
}

/** What a lake was told to forget. From the moment it is written no load brings these rows, whatever becomes of the rest. */
export interface Erasure {
  readonly erasure: number;
  /** ISO time. */
  readonly at: string;
  /** Who asked for it, in the user's words. */
  readonly reference?: string;
  readonly subjects: readonly ErasedSubject[];
  /** Rows as they were found before any was removed. */
  readonly found: readonly { readonly table: string; readonly rows: number }[];
}

/** What is going to be removed from the store: written before the first of it goes, so that a second call knows it all. */
export interface Removal {
  readonly releases: readonly number[];
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
}

/** What stands in the lake of an erasure that is done. */
export interface Certificate extends Erasure, Removal {
  readonly done: string;
  readonly program: string;
  /** The release that readers see since. */
  readonly release: number;
  readonly tables: readonly { readonly table: string; readonly fate: string; readonly rows: number | null }[];
  readonly bytes: number;
  readonly verified: Verification;
}

/** What was looked through after it, and where something was still found. */
export interface Verification {
  readonly files: number;
  readonly rows: number;
  /** Whether the values themselves were looked for, as text, everywhere; else only the columns that carry them. */
  readonly text: boolean;
  readonly left: readonly { readonly where: string; readonly what: string }[];
}

const folder = '_lakesmith/erasures/';
const pathOf = (erasure: number, kind: 'asked' | 'removal' | 'certificate'): string =>
  `${folder}${String(erasure).padStart(20, '0')}.${kind}.json`;

/** All erasures of the lake in a store, whether they are done or were only begun, in order. */
export async function listErasures(store: ObjectStore): Promise<readonly Erasure[]> {
  return await readAll<Erasure>(store, 'asked');
}

/** Those that are done. */
export async function listCertificates(store: ObjectStore): Promise<readonly Certificate[]> {
  return await readAll<Certificate>(store, 'certificate');
}

async function readAll<T>(store: ObjectStore, kind: 'asked' | 'certificate'): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const { path } of store.list(folder, { shallow: true })) {
    const one = path.endsWith(`.${kind}.json`) ? await readStoredJson<T>(store, path) : undefined;
    if (one !== undefined) found.push(one);
  }
  return found;
}

/** Writes down what is to be forgotten, under the next number. Only for the holder of the lease. */
export async function putErasure(store: ObjectStore, asked: Omit<Erasure, 'erasure'>): Promise<Erasure> {
  const erasure = { erasure: ((await listErasures(store)).at(-1)?.erasure ?? 0) + 1, ...asked };
  const put = await store.putIfAbsent(pathOf(erasure.erasure, 'asked'), encodeJson(erasure));
  if (put.kind === 'stored') return erasure;
  throw new LakeError('LS3302', `Erasure ${erasure.erasure} of this lake was begun by somebody else: try again.`);
}

export async function readRemoval(store: ObjectStore, erasure: number): Promise<Removal | undefined> {
  return await readStoredJson<Removal>(store, pathOf(erasure, 'removal'));
}

export async function putRemoval(store: ObjectStore, erasure: number, removal: Removal): Promise<void> {
  await store.put(pathOf(erasure, 'removal'), encodeJson(removal));
}

/** Where the certificate lies, below the lake. */
export async function putCertificate(store: ObjectStore, certificate: Certificate, text: string): Promise<string> {
  const path = pathOf(certificate.erasure, 'certificate');
  await store.put(path.replace(/json$/, 'txt'), new TextEncoder().encode(text));
  // Last, since it says that all is done.
  await store.put(path, encodeJson(certificate));
  return path;
}

/** The erasure that took a release away; undefined: none did. */
export async function erasureOfRelease(
  store: ObjectStore,
  release: number,
): Promise<Pick<Erasure, 'erasure' | 'at'> | undefined> {
  for (const asked of await listErasures(store))
    if ((await readRemoval(store, asked.erasure))?.releases.includes(release) === true) return asked;
  return undefined;
}

const saltPath = `${folder}salt`;

/** What values are hashed with, so that hashes of two lakes cannot be compared; undefined when nothing was ever forgotten. */
export async function readSalt(store: ObjectStore): Promise<string | undefined> {
  const bytes = await store.get(saltPath);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** The same, made when there is none. */
export async function ensureSalt(store: ObjectStore): Promise<string> {
  await store.putIfAbsent(saltPath, new TextEncoder().encode(randomBytes(32).toString('hex')));
  return (await readSalt(store)) ?? '';
}

/** The hash of values, each as the engine writes it as text. `hashSql` says the same of rows. */
export function hashOf(salt: string, values: readonly string[]): string {
  const text = values.map((value) => `${Buffer.byteLength(value)}:${value}`).join('');
  return createHash('sha256').update(`${salt}${text}`).digest('hex');
}

/** The hash of columns of a row; NULL when one of them is. */
function hashSql(salt: string, columns: readonly string[]): string {
  const parts = columns.map((column) => {
    const text = `${column}::varchar`;
    return `strlen(${text}) || ':' || ${text}`;
  });
  return `sha256(${[quoteText(salt), ...parts].join(' || ')})`;
}

/** True of rows with the values of a subject; `items`: SQL for its columns where they have other names. */
export function subjectSql(
  salt: string,
  { columns, hash }: ErasedSubject,
  items: readonly string[] = columns.map((column) => quoteName(column)),
): string {
  return `coalesce(${hashSql(salt, items)} = ${quoteText(hash)}, false)`;
}
