import type { DeletionVector } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { type FilePlace, checkRelative, locate } from '../paths.ts';
import type { TableIo } from '../store.ts';
import { readBitmap } from './bitmap.ts';
import { crc32 } from './crc32.ts';
import { BadBitmap } from './roaring.ts';
import type { RowSet } from './row-set.ts';
import { decodeZ85 } from './z85.ts';

const UUID_LENGTH = 20;
/** Up to here, a vector and the head of its file are fetched at once. */
const ONE_READ_BYTES = 65_536;
/** More than any set of rows below 2^31 takes. */
const MAX_BYTES = 300_000_000;

/**
 * The rows that a deletion vector takes out of a data file. Of a vector in a file, only its own bytes are fetched. Everything is
 * checked: the file's version, size and checksum, the order and number of the rows and, when `numRecords` is given, that the
 * file has them; what is not as it must be, or is not there, is 'deletion-vector-corrupt'.
 */
export async function readDeletionVector(
  io: Pick<TableIo, 'store' | 'location' | 'allowed' | 'getOutside'>,
  vector: DeletionVector,
  dataFile: { readonly numRecords?: number | undefined } = {},
): Promise<RowSet> {
  const name = nameOf(vector);
  try {
    if (vector.sizeInBytes > MAX_BYTES) throw new BadBitmap('its size is beyond all bounds');
    const bytes = vector.storageType === 'i' ? inlineBytes(vector) : await storedBytes(io, vector);
    return readBitmap(bytes, { rows: dataFile.numRecords, cardinality: vector.cardinality });
  } catch (error) {
    if (!(error instanceof BadBitmap)) throw error;
    throw new DeltaError(
      'deletion-vector-corrupt',
      `The deletion vector ${name} cannot be used: ${error.message}; restore its file or an older version of the table.`,
      { context: { path: name }, cause: error },
    );
  }
}

function nameOf(vector: DeletionVector): string {
  const shown = vector.pathOrInlineDv.slice(0, 200);
  return vector.storageType === 'i'
    ? `written in the log as ${JSON.stringify(shown)}`
    : JSON.stringify(deletionVectorPath(vector) ?? shown);
}

function inlineBytes(vector: DeletionVector): Uint8Array {
  const bytes = decodeZ85(vector.pathOrInlineDv);
  if (bytes === undefined) throw new BadBitmap('its text is not in base 85');
  const padding = bytes.length - vector.sizeInBytes;
  if (padding < 0 || padding > 3) throw new BadBitmap('its text and its size do not agree');
  return bytes.subarray(0, vector.sizeInBytes);
}

/** Where a vector's file is: as in the log, or, of one named by a UUID, decoded; undefined for one that is in no file. */
export function deletionVectorPath(vector: DeletionVector): string | undefined {
  if (vector.storageType === 'i') return undefined;
  if (vector.storageType === 'p') return vector.pathOrInlineDv;
  const at = vector.pathOrInlineDv.length - UUID_LENGTH;
  const uuid = at < 0 ? undefined : decodeZ85(vector.pathOrInlineDv.slice(at));
  if (uuid === undefined) return undefined;
  const hex = Array.from(uuid, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const dashed = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const prefix = vector.pathOrInlineDv.slice(0, at);
  return `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${dashed}.bin`;
}

function placeOf(io: Parameters<typeof readDeletionVector>[0], vector: DeletionVector): FilePlace {
  if (vector.storageType === 'p') return locate(vector.pathOrInlineDv, io);
  const path = deletionVectorPath(vector);
  if (path === undefined) throw new BadBitmap('its name holds no UUID');
  return { kind: 'inside', path: checkRelative(path, vector.pathOrInlineDv) };
}

async function storedBytes(io: Parameters<typeof readDeletionVector>[0], vector: DeletionVector): Promise<Uint8Array> {
  const place = placeOf(io, vector);
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    const bytes = await readRange(io, place, { start, end });
    if (bytes === undefined) throw new BadBitmap('the file is not there');
    if (bytes.length < end - start) throw new BadBitmap('the file ends too early');
    return bytes;
  };
  // Byte 0 is the version of the file, so that nothing begins there.
  const offset = Math.max(1, vector.offset ?? 0);
  const end = offset + 4 + vector.sizeInBytes + 4;
  if (!Number.isSafeInteger(end)) throw new BadBitmap('its offset is beyond all bounds');
  if (end <= ONE_READ_BYTES) {
    const whole = await read(0, end);
    checkHead(whole, whole.subarray(offset), vector);
    return checked(whole.subarray(offset + 4));
  }
  const [version, size] = await Promise.all([read(0, 1), read(offset, offset + 4)]);
  // A size that is wrong shows here, before room is made for it.
  checkHead(version, size, vector);
  return checked(await read(offset + 4, end));
}

async function readRange(
  io: Parameters<typeof readDeletionVector>[0],
  place: FilePlace,
  { start, end }: { start: number; end: number },
): Promise<Uint8Array | undefined> {
  if (place.kind === 'inside') return io.store.getRange(place.path, start, end);
  if (io.getOutside === undefined) {
    throw new DeltaError('unsafe-path', `The deletion vector ${place.url} lies outside the table; it is not opened.`, {
      context: { path: place.url },
    });
  }
  return io.getOutside(place.url, start, end);
}

function checkHead(version: Uint8Array, size: Uint8Array, vector: DeletionVector): void {
  if (version[0] !== 1) throw new BadBitmap(`its file has the version ${version[0]}, and only 1 is known`);
  const found = new DataView(size.buffer, size.byteOffset, 4).getUint32(0);
  if (found !== vector.sizeInBytes) throw new BadBitmap('its file and the log give it different sizes');
}

function checked(bytes: Uint8Array): Uint8Array {
  const data = bytes.subarray(0, bytes.length - 4);
  const sum = new DataView(bytes.buffer, bytes.byteOffset + data.length, 4).getUint32(0);
  if (crc32(data) !== sum) throw new BadBitmap('its checksum is wrong');
  return data;
}
