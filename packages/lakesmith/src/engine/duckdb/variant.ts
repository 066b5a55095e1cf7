import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteText } from '../../core/sql-text.ts';
import { duckdb } from './library.ts';
import type { Shape } from './parquet-shape.ts';
import { variantJson } from './variant-json.ts';

const functionName = '_variant_text';

/** Makes the function known that `variantText` calls. */
export function registerVariant(connection: DuckDBConnection): void {
  connection.registerScalarFunction(
    duckdb.DuckDBScalarFunction.create({
      name: functionName,
      parameterTypes: [duckdb.BLOB, duckdb.BLOB],
      returnType: duckdb.VARCHAR,
      mainFunction: (info, chunk, output) => {
        const [metadata, value] = [chunk.getColumnValues(0), chunk.getColumnValues(1)];
        try {
          for (let row = 0; row < chunk.rowCount; row += 1) {
            const [m, v] = [metadata[row], value[row]];
            const text =
              m instanceof duckdb.DuckDBBlobValue && v instanceof duckdb.DuckDBBlobValue
                ? variantJson(m.bytes, v.bytes)
                : null;
            output.setItem(row, text);
          }
          output.flush();
        } catch (error) {
          info.setError(error instanceof Error ? error.message : String(error));
        }
      },
    }),
  );
}

/**
 * SQL for a value of type variant as JSON text; undefined when a file of this shape holds none. Its two parts stand in either
 * order. What lies in typed parts the engine puts together, and gives as the two.
 */
export function variantText(value: string, shape: Shape): string | undefined {
  const isWhole = shape.kind === 'scalar' && shape.type === 'VARIANT';
  if (!isWhole && !isPair(shape)) return undefined;
  const pair = isWhole ? `CAST(variant_to_parquet_variant(${value}) AS STRUCT(metadata BLOB, "value" BLOB))` : value;
  const part = (name: string): string => `struct_extract(${pair}, ${quoteText(name)})`;
  return `CAST(CASE WHEN ${value} IS NULL THEN NULL ELSE ${functionName}(${part('metadata')}, ${part('value')}) END AS JSON)`;
}

function isPair(shape: Shape): boolean {
  if (shape.kind !== 'struct' || shape.fields.length !== 2) return false;
  return ['metadata', 'value'].every((name) =>
    shape.fields.some((field) => field.name === name && field.type.kind === 'scalar' && field.type.type === 'BLOB'),
  );
}
