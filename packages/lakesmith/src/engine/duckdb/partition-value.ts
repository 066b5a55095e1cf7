import type { DataType } from '../../core/schema.ts';
import { LakeError } from '../../core/errors.ts';
import { quoteText } from '../../core/sql-text.ts';
import { toEngineType, toUserType } from '../../core/type-policy.ts';
import type { RelationFile } from '../engine.ts';

/** SQL for a partition column of files that are read in this order: constants, told apart by `file_index` where they differ. */
export function partitionSql(
  column: { readonly name: string; readonly type: DataType },
  files: readonly RelationFile[],
  fileIndex: string,
): string {
  const { name, type } = column;
  const values = files.map((file) => {
    const value = file.partitionValues[name] ?? null;
    const text = value === null || value === '' ? null : literalText(type, value);
    if (text === undefined)
      throw new LakeError(
        'LS3004',
        `The log gives the data file ${file.location} the value "${value ?? ''}" for the column ${name}, which is no ${toUserType(type)}; the log is damaged.`,
        { context: { file: file.location, column: name } },
      );
    if (text === null) return 'NULL';
    return type === 'binary' ? `encode(${quoteText(text)})` : quoteText(text);
  });
  const target = toEngineType(type);
  const [first = 'NULL'] = values;
  if (values.every((value) => value === first)) return `CAST(${first} AS ${target})`;
  // Cast as a whole, which is done once and not for every row.
  return `CAST([${values.join(', ')}] AS ${target}[])[CAST(${fileIndex} AS BIGINT) + 1]`;
}

/** The value as the engine casts it exactly; undefined when it would be rounded, cut or refused. */
function literalText(type: DataType, value: string): string | undefined {
  if (typeof type !== 'string') return undefined;
  if (type.startsWith('decimal')) return fitsScale(type, value) ? value : undefined;
  switch (type) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return /^[+-]?\d+$/.test(value) ? value : undefined;
    case 'float':
    case 'double':
      // Programs in Rust write `inf`.
      return /^(?:[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+|inf(?:inity)?)|nan)$/i.test(value) ? value : undefined;
    case 'boolean':
      return /^(?:true|false)$/i.test(value) ? value : undefined;
    case 'date':
      return /^[+-]?\d{4,}-\d\d?-\d\d?$/.test(value) ? withoutPlus(value) : undefined;
    case 'timestamp':
    case 'timestamp_ntz':
      return timeText(value, type === 'timestamp');
    default:
      return type === 'string' || type === 'binary' ? value : undefined;
  }
}

function fitsScale(type: string, value: string): boolean {
  const scale = Number(/,\s*(\d+)\)$/.exec(type)?.[1] ?? 0);
  const [, whole, fraction = '', exponent = '0'] = /^[+-]?(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(value) ?? [];
  if (whole === undefined) return false;
  const digits = `${whole}${fraction}`;
  const zeros = /^0*$/.test(digits) ? digits.length : digits.length - digits.replace(/0+$/, '').length;
  return /^0*$/.test(digits) || fraction.length - Number(exponent) - zeros <= scale;
}

const time = /^([+-]?\d{4,}-\d\d?-\d\d?)(?:[ T](\d\d?:\d\d(?::\d\d)?)(?:\.(\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Instants without a zone are written in UTC. */
function timeText(value: string, zoned: boolean): string | undefined {
  const [, day = '', clock = '00:00:00', fraction = '', zone = zoned ? '+00' : ''] = time.exec(value) ?? [];
  if (day === '' || /[1-9]/.test(fraction.slice(6)) || (!zoned && zone !== '')) return undefined;
  return `${withoutPlus(day)} ${clock}${fraction === '' ? '' : `.${fraction.slice(0, 6)}`}${zone}`;
}

/** Years after 9999 have a sign. */
function withoutPlus(day: string): string {
  return day.replace(/^\+/, '');
}
