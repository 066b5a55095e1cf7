import type { DeletionVector } from '../actions.ts';
import { isSupported } from '../features.ts';
import type { Snapshot } from '../snapshot.ts';
import { PORTABLE } from './bitmap.ts';
import { crc32 } from './crc32.ts';
import { NO_RUNS } from './roaring.ts';
import { type Container, type RowSet, cardinalityOf, containersOf } from './row-set.ts';
import { encodeZ85 } from './z85.ts';

/** True when deleted rows may be named in a deletion vector: the protocol allows it, and the table wants it. */
export function writesDeletionVectors({ protocol, metadata }: Pick<Snapshot, 'protocol' | 'metadata'>): boolean {
  const wanted = metadata.configuration['delta.enableDeletionVectors']?.toLowerCase() === 'true';
  return wanted && isSupported(protocol, 'deletionVectors');
}

/** One file with a deletion vector for each set of rows (none is empty), and what the log says of each; `uuid` names the file. */
export function deletionVectorFile(
  sets: readonly RowSet[],
  uuid: string,
): { readonly path: string; readonly bytes: Uint8Array; readonly vectors: readonly DeletionVector[] } {
  const encoded = sets.map(encodeRowSet);
  const { bytes, offsets } = encodeVectorFile(encoded);
  const id = Uint8Array.from(uuid.replaceAll('-', '').match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));
  const pathOrInlineDv = encodeZ85(id);
  const vectors = sets.map(({ cardinality }, i): DeletionVector => ({
    storageType: 'u',
    pathOrInlineDv,
    offset: offsets[i] ?? 0,
    sizeInBytes: encoded[i]?.length ?? 0,
    cardinality,
  }));
  return { path: `deletion_vector_${uuid}.bin`, bytes, vectors };
}

/** A file of serialised vectors, and where each begins. */
export function encodeVectorFile(vectors: readonly Uint8Array[]): { bytes: Uint8Array; offsets: number[] } {
  const bytes = new Uint8Array(vectors.reduce((sum, vector) => sum + vector.length + 8, 1));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  let at = 1;
  const offsets = vectors.map((vector) => {
    const offset = at;
    view.setUint32(offset, vector.length);
    bytes.set(vector, offset + 4);
    view.setUint32(offset + 4 + vector.length, crc32(vector));
    at += vector.length + 8;
    return offset;
  });
  return { bytes, offsets };
}

/** The rows as the bytes of a deletion vector: the portable format, one 32-bit bitmap, since no file has more rows. */
function encodeRowSet(set: RowSet): Uint8Array {
  const containers = [...containersOf(set.toBitmap())];
  const bodies = containers.map(([, container]) => bodyOf(container));
  const head = 24 + containers.length * 8;
  const bytes = new Uint8Array(bodies.reduce((sum, body) => sum + body.length, head));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, PORTABLE, true);
  view.setUint32(4, 1, true);
  view.setUint32(16, NO_RUNS, true);
  view.setUint32(20, containers.length, true);
  let at = head;
  for (const [i, [key, container]] of containers.entries()) {
    view.setUint16(24 + i * 4, key, true);
    view.setUint16(26 + i * 4, cardinalityOf(container) - 1, true);
    // Offsets count from where the 32-bit bitmap begins.
    view.setUint32(24 + containers.length * 4 + i * 4, at - 16, true);
    bytes.set(bodies[i] ?? new Uint8Array(0), at);
    at += bodies[i]?.length ?? 0;
  }
  return bytes;
}

function bodyOf(container: Container): Uint8Array {
  if (container.kind === 'bitmap') return container.bits;
  const body = new Uint8Array(container.values.length * 2);
  const view = new DataView(body.buffer);
  for (const [i, low] of container.values.entries()) view.setUint16(i * 2, low, true);
  return body;
}
