import { DeltaError } from '../errors.ts';
import { type Json, RawNumber, parseJson, serializeJson } from '../json.ts';
import { md5 } from '../md5.ts';
import type { TableStore } from '../store.ts';
import { LAST_CHECKPOINT_PATH } from './names.ts';

/** What `_last_checkpoint` says, and whether it can be believed. */
export interface CheckpointHint {
  /** The version of the checkpoint; undefined when the file is absent or makes no sense. */
  readonly version: number | undefined;
  /** How many parts the checkpoint has, when it says so. */
  readonly parts: number | undefined;
  /** What is wrong with the file; undefined when it is right or absent. */
  readonly fault: 'not-json' | 'no-version' | 'checksum' | undefined;
}

/** A hint says a few things, and a larger file is none. */
const MAX_BYTES = 16 * 1024 * 1024;

/** What the file of a store said when it was last read: each commit reads it, and it seldom changes. */
const said = new WeakMap<TableStore, { readonly text: string; readonly hint: CheckpointHint }>();

/** Reads `_last_checkpoint`. It is a hint: absent, empty, stale, malformed and damaged are all fine, and then it tells nothing. */
export async function readCheckpointHint(store: TableStore): Promise<CheckpointHint> {
  const bytes = await store.getRange(LAST_CHECKPOINT_PATH, 0, MAX_BYTES + 1);
  if (bytes === undefined) return { version: undefined, parts: undefined, fault: undefined };
  if (bytes.length > MAX_BYTES) return wrong('not-json');
  const text = new TextDecoder().decode(bytes);
  const before = said.get(store);
  if (before?.text === text) return before.hint;
  const hint = hintOf(text);
  said.set(store, { text, hint });
  return hint;
}

function hintOf(text: string): CheckpointHint {
  let hint: Json;
  try {
    hint = parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DeltaError) return wrong('not-json');
    throw error;
  }
  if (!isFields(hint)) return wrong('not-json');
  const version = hint['version'];
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 0) return wrong('no-version');
  const checksum = hint['checksum'];
  if (typeof checksum === 'string' && checksum.toLowerCase() !== checksumOf(hint)) return wrong('checksum');
  const parts = hint['parts'];
  return { version, parts: typeof parts === 'number' ? parts : undefined, fault: undefined };
}

function wrong(fault: NonNullable<CheckpointHint['fault']>): CheckpointHint {
  return { version: undefined, parts: undefined, fault };
}

/** The checksum of a hint (PROTOCOL.md, JSON checksum): the MD5 of its canonical form, without the checksum itself. */
export function checksumOf(hint: { readonly [key: string]: Json }): string {
  return md5(new TextEncoder().encode(canonicalForm(hint)));
}

/** Every leaf as `path=value`, ordered by the bytes of all of that: as Spark does, an eleventh item of a list stands before the second. */
function canonicalForm(hint: { readonly [key: string]: Json }): string {
  const { checksum: _, ...signed } = hint;
  const leaves: string[] = [];
  collect(signed, '', leaves);
  // They are ASCII, so that the order of their UTF-16 units is that of their bytes.
  return leaves.sort().join(',');
}

function collect(value: Json, path: string, leaves: string[]): void {
  if (typeof value === 'object' && value !== null && !(value instanceof RawNumber)) {
    const isList = Array.isArray(value);
    for (const [key, item] of Object.entries<Json>(value)) {
      const name = isList ? key : quoted(key);
      collect(item, path === '' ? name : `${path}+${name}`, leaves);
    }
  } else leaves.push(`${path}=${typeof value === 'string' ? quoted(value) : serializeJson(value)}`);
}

function quoted(text: string): string {
  const encoded = encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `"${encoded}"`;
}

function isFields(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}
