import type { Snapshot } from '@lakesmith/delta';
import { countBytes } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';

/** The columns of a snapshot as the program speaks of them. */
export function columnsOf(snapshot: Snapshot): readonly Column[] {
  return snapshot.schema.fields.map(({ name, type }) => ({ name, type }));
}

export function sizeOf(snapshot: Snapshot): { readonly bytes: number; readonly files: number } {
  return { bytes: countBytes(snapshot), files: snapshot.files.size };
}
