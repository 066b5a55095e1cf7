import type { Column, DataType } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { fromEngineType, sameType, toEngineType } from '../../core/type-policy.ts';
import { LakeError } from '../../core/errors.ts';
import { castFailure } from './errors.ts';
import { leafCast } from './text-cast.ts';

const integers: readonly DataType[] = ['byte', 'short', 'integer', 'long'];

/** A column of a query as the contract wants it: the same value, or the query fails and names the column. */
function contractCast(column: Column, valueSql: string, engineType: string): string {
  const target = toEngineType(column.type);
  if (engineType === target) return valueSql;
  if (isSafe(engineType, column)) return `CAST(${valueSql} AS ${target})`;
  if (engineType === 'VARCHAR' && typeof column.type === 'string')
    return leafCast(valueSql, column.type, 'RESULT', column.name);
  const cast = `TRY_CAST(${valueSql} AS ${target})`;
  const back = `CAST(${cast} AS ${engineType})`;
  return `CASE WHEN ${back} IS NOT DISTINCT FROM ${valueSql} THEN ${cast} ELSE CAST(${castFailure('RESULT', column.name, target, `CAST(${valueSql} AS VARCHAR)`)} AS ${target}) END`;
}

/** True when every value of the engine's type has its equal in the column's type. */
function isSafe(engineType: string, column: Column): boolean {
  const { type } = column;
  if (type === 'string') return !engineType.includes('[') && !engineType.includes('(');
  // The policy stores HUGEINT as BIGINT, and not every value of it fits.
  if (engineType.includes('HUGEINT')) return false;
  const source = knownType(engineType, column.name);
  if (source === undefined) return false;
  if (sameType(source, type)) return true;
  const from = integers.indexOf(source);
  if (from === -1) return source === 'float' && type === 'double';
  return integers.indexOf(type) > from;
}

function knownType(engineType: string, name: string): DataType | undefined {
  try {
    return fromEngineType(engineType, name);
  } catch (error) {
    if (error instanceof LakeError && error.code === 'LS1401') return undefined;
    throw error;
  }
}

/** The contract's columns over a query whose columns are these, by position. */
export function contractSql(sql: string, contract: readonly Column[], engineTypes: readonly string[]): string {
  const names = contract.map((_, index) => quoteName(`c${index}`));
  const items = contract.map(
    (column, index) =>
      `${contractCast(column, names[index] ?? '', engineTypes[index] ?? '')} AS ${quoteName(column.name)}`,
  );
  return `SELECT ${items.join(', ')} FROM (${sql}\n) AS _query(${names.join(', ')})`;
}
