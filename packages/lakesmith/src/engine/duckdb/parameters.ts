import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { Scalar } from '../engine.ts';
import { duckdb } from './library.ts';

/** Values of `$name` parameters. */
export type Parameters = Readonly<Record<string, Scalar>>;

/** As the engine binds them; undefined when there are none. */
export function parameterValues(parameters: Parameters): Record<string, DuckDBValue> | undefined {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, value]) => [name, isInteger(value) ? BigInt(value) : value]));
}

export function parameterTypes(parameters: Parameters): Record<string, DuckDBType> | undefined {
  const entries = Object.entries(parameters);
  return entries.length === 0 ? undefined : Object.fromEntries(entries.map(([name, value]) => [name, typeOf(value)]));
}

function typeOf(value: Scalar): DuckDBType {
  if (value === null) return duckdb.SQLNULL;
  if (typeof value === 'string') return duckdb.VARCHAR;
  if (typeof value === 'boolean') return duckdb.BOOLEAN;
  if (!isInteger(value)) return duckdb.DOUBLE;
  return BigInt.asIntN(64, BigInt(value)) === BigInt(value) ? duckdb.BIGINT : duckdb.HUGEINT;
}

function isInteger(value: Scalar): value is number | bigint {
  return (
    typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0))
  );
}
