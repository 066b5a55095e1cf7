import type { DataType, StructField } from '@lakesmith/delta';

/** A column as the whole program speaks of it: Delta's types, whatever the engine. */
export interface Column {
  readonly name: string;
  readonly type: DataType;
}

export type { DataType, StructField };
