import { LakeError, messageOf } from '../../core/errors.ts';
import { quoteText } from '../../core/sql-text.ts';

/** What the engine says about a failure (its setting `errors_as_json`). */
export interface EngineFailure {
  /** 'Binder', 'Catalog', 'Parser', 'Conversion', 'Out of Memory', …; '' when unknown. */
  readonly kind: string;
  readonly message: string;
  /** 'COLUMN_NOT_FOUND', …. */
  readonly subtype: string;
  readonly name: string | undefined;
  readonly candidates: readonly string[];
  /** Bytes from the start of the SQL. */
  readonly position: number | undefined;
}

export function readFailure(error: unknown): EngineFailure {
  const text = messageOf(error);
  const facts = jsonFacts(text);
  const { kind, message } = spoken(text);
  const position = Number(facts['position'] ?? Number.NaN);
  return {
    kind: facts['exception_type'] ?? kind,
    message: plainMessage(facts['exception_message'] ?? message),
    subtype: facts['error_subtype'] ?? '',
    name: facts['name'],
    candidates: (facts['candidates'] ?? '').split(',').filter((name) => name !== ''),
    position: Number.isNaN(position) ? undefined : position,
  };
}

function spoken(text: string): { kind: string; message: string } {
  const [, kind = '', message = text] = /^([A-Z][A-Za-z ]*?) Error: ([\s\S]*)$/.exec(text) ?? [];
  return { kind, message };
}

function jsonFacts(text: string): Readonly<Record<string, string>> {
  const start = text.indexOf('{"exception_type"');
  if (start === -1) return {};
  try {
    const facts: unknown = JSON.parse(text.slice(start));
    return typeof facts === 'object' && facts !== null
      ? Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, String(value)]))
      : {};
  } catch (error) {
    // Not JSON after all: the text itself is all there is.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** One line, without the picture of the SQL below it. */
function plainMessage(message: string): string {
  return message
    .replace(/\n+LINE \d+:[\s\S]*$/, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

/** Where a value did not fit: in the result of a query, or in a source file. */
export type CastPlace = 'RESULT' | 'SOURCE';

/** SQL that fails the query because a value, as text, does not fit the type of its column. */
export function castFailure(place: CastPlace, column: string, engineType: string, valueSql: string): string {
  return `error(${quoteText(`LAKESMITH ${place} ${JSON.stringify([column, engineType])} `)} || coalesce(${valueSql}, 'NULL'))`;
}

/** SQL that fails the query because tables cannot hold a value as it is: `what` names it. */
export function storeFailure(column: string, what: string): string {
  return `error(${quoteText(`LAKESMITH STORE ${JSON.stringify([column, what])}`)})`;
}

/** What `storeFailure` told, as an error of the program; undefined for any other error. */
function readStoreFailure(error: unknown): LakeError | undefined {
  const match = /LAKESMITH STORE (\["(?:[^"\\]|\\.)*","(?:[^"\\]|\\.)*"\])/.exec(rawMessage(error));
  if (match === null) return undefined;
  const facts: unknown = JSON.parse(match[1] ?? '[]');
  const [column = '', what = ''] = Array.isArray(facts) ? facts.map(String) : [];
  return new LakeError('LS2106', `Column ${column} cannot hold ${what}.`, { cause: error, context: { column } });
}

/** A value that did not fit. */
export interface CastFailure {
  readonly place: CastPlace;
  readonly column: string;
  readonly type: string;
  readonly value: string;
}

function rawMessage(error: unknown): string {
  const text = messageOf(error);
  return jsonFacts(text)['exception_message'] ?? spoken(text).message;
}

/** What `castFailure` told; undefined for any other error. */
export function readCastFailure(error: unknown): CastFailure | undefined {
  const match = /LAKESMITH (RESULT|SOURCE) (\["(?:[^"\\]|\\.)*","(?:[^"\\]|\\.)*"\]) ([\s\S]*)$/.exec(
    rawMessage(error),
  );
  if (match === null) return undefined;
  const facts: unknown = JSON.parse(match[2] ?? '[]');
  const [column = '', type = ''] = Array.isArray(facts) ? facts.map(String) : [];
  return { place: match[1] === 'SOURCE' ? 'SOURCE' : 'RESULT', column, type, value: match[3] ?? '' };
}

/** The engine's error as the program's. `cancelled`: the caller had asked to stop. */
export function engineError(error: unknown, cancelled: boolean): LakeError {
  if (error instanceof LakeError) return error;
  const { kind, message } = readFailure(error);
  if (cancelled || kind === 'INTERRUPT' || kind === 'Interrupt')
    return new LakeError('LS2103', 'The query was cancelled', { retry: 'safe', cause: error });
  const cast = readCastFailure(error);
  if (cast !== undefined) {
    const text = `Column ${cast.column} cannot hold ${cast.value.slice(0, 100)} as ${cast.type}: give it a wider type or change the query`;
    return new LakeError('LS2105', text, {
      cause: error,
      context: { column: cast.column, type: cast.type, value: cast.value.slice(0, 100) },
    });
  }
  const store = readStoreFailure(error);
  if (store !== undefined) return store;
  const context = { kind };
  if (kind === 'Out of Memory') {
    return new LakeError(
      'LS2102',
      `The query needs more memory than the engine may use, give it more or a folder to spill to: ${message}`,
      { cause: error, context },
    );
  }
  if (kind === 'Out of Range')
    return new LakeError('LS2105', `A number in the query is too large: ${message}`, { cause: error, context });
  return new LakeError('LS2101', `The query failed: ${message}`, { cause: error, context });
}
