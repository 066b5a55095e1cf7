import type { Snapshot } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';

/** The columns of a snapshot as the program speaks of them. */
export function columnsOf(snapshot: Snapshot): readonly Column[] {
  return snapshot.schema.fields.map(({ name, type }) => ({ name, type }));
}

export function sizeOf(snapshot: Snapshot): { readonly bytes: number; readonly files: number } {
  let bytes = 0;
  for (const file of snapshot.files.values()) bytes += file.size;
  return { bytes, files: snapshot.files.size };
}
