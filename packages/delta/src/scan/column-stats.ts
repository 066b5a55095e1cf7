import type { StatsText } from '../log/pending-add.ts';
import { lookUp, parseStats, plainText, recordCount } from './stats-text.ts';

/** What the statistics of a file say of one column, as JSON values; undefined for what they do not say. */
export interface ColumnStats {
  readonly rows: number | undefined;
  readonly min: unknown;
  readonly max: unknown;
  readonly nulls: unknown;
}

/** Reads columns out of the statistics of many files, each text with as little work as its form allows. */
export class ColumnStatsReader {
  readonly #paths: readonly (readonly string[])[];
  readonly #plain: readonly PlainColumn[] | undefined;
  readonly #escaped: readonly PlainColumn[] | undefined;

  constructor(paths: readonly (readonly string[])[]) {
    this.#paths = paths;
    const names = paths.map(([name = '']) => name);
    const isPlain = paths.every((path) => path.length === 1) && names.every((name) => PLAIN_NAME.test(name));
    this.#plain = isPlain ? names.map((name) => new PlainColumn(name, '"')) : undefined;
    this.#escaped = isPlain ? names.map((name) => new PlainColumn(name, String.raw`\"`)) : undefined;
  }

  /** For each column; undefined when the text is no statistics, and tells nothing. */
  read(stats: StatsText): readonly ColumnStats[] | undefined {
    const columns = stats.isEscaped ? this.#escaped : this.#plain;
    return readPlain(columns, stats.text) ?? this.#readParsed(plainText(stats));
  }

  #readParsed(text: string | undefined): readonly ColumnStats[] | undefined {
    const stats = parseStats(text);
    if (stats === undefined) return undefined;
    return this.#paths.map((path) => ({
      rows: recordCount(stats),
      min: lookUp(stats['minValues'], path),
      max: lookUp(stats['maxValues'], path),
      nulls: lookUp(stats['nullCount'], path),
    }));
  }
}

function readPlain(columns: readonly PlainColumn[] | undefined, text: string): readonly ColumnStats[] | undefined {
  if (columns === undefined) return undefined;
  const all: ColumnStats[] = [];
  for (const column of columns) {
    const stats = column.read(text);
    if (stats === undefined) return undefined;
    all.push(stats);
  }
  return all;
}

/** Names that stand in JSON as they are, whoever writes it. */
const PLAIN_NAME = /^[ !#-.0-[\]-~]+$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * A column in statistics of the form that nearly all writers have: the number of rows, then three objects without further ones in
 * them. In JSON a quote without a backslash before it begins or ends a string, and before a colon it ends a key: so a key that is
 * found with its quotes, after a comma or a brace, is that key and no part of a value.
 */
class PlainColumn {
  readonly #quote: string;
  /** With what ends it, and without the quote that begins it. */
  readonly #key: string;
  readonly #start: string;
  readonly #minValues: string;
  readonly #maxValues: string;
  readonly #nullCount: string;
  readonly #ends: readonly string[];

  constructor(name: string, quote: string) {
    const key = (of: string): string => `${quote}${of}${quote}:`;
    this.#quote = quote;
    this.#key = `${name}${quote}`;
    this.#start = `{${key('numRecords')}`;
    this.#minValues = `,${key('minValues')}{`;
    this.#maxValues = `},${key('maxValues')}{`;
    this.#nullCount = `},${key('nullCount')}{`;
    this.#ends = ['}}', `},${key('tightBounds')}true}`, `},${key('tightBounds')}false}`];
  }

  /** Undefined when the text is of another form. */
  read(text: string): ColumnStats | undefined {
    const rowsEnd = text.indexOf(',', this.#start.length);
    const min = rowsEnd + this.#minValues.length;
    const max = text.indexOf(this.#maxValues, min) + this.#maxValues.length;
    const nulls = text.indexOf(this.#nullCount, max) + this.#nullCount.length;
    const isUsual =
      text.startsWith(this.#start) &&
      text.startsWith(this.#minValues, rowsEnd) &&
      max > min &&
      nulls > max &&
      // No object within.
      text.indexOf('{', min) === max - 1 &&
      text.indexOf('{', max) === nulls - 1 &&
      this.#ends.includes(text.slice(text.indexOf('}', nulls)));
    const rows = isUsual ? numberIn(text, this.#start.length) : undefined;
    if (rows === undefined) return undefined;
    return this.#values(text, rows, [min, max, nulls]);
  }

  #values(text: string, rows: number, [min, max, nulls]: readonly [number, number, number]): ColumnStats | undefined {
    let [ofMin, ofMax, ofNulls]: unknown[] = [];
    // The quote before the name is no good to search for: there are many.
    for (let at = text.indexOf(this.#key, min); at >= 0; at = text.indexOf(this.#key, at + this.#key.length)) {
      const quoteAt = at - this.#quote.length;
      const after = text.charCodeAt(at + this.#key.length);
      if (!text.startsWith(this.#quote, quoteAt) || after === COMMA || after === END_BRACE) continue;
      const before = text.charCodeAt(quoteAt - 1);
      const value = after === COLON ? this.#value(text, at + this.#key.length + 1) : undefined;
      if (value === undefined || (before !== COMMA && before !== BRACE)) return undefined;
      // The last of several counts, as in JSON.
      if (at < max) ofMin = value;
      else if (at < nulls) ofMax = value;
      else ofNulls = value;
    }
    return { rows: Number.isSafeInteger(rows) && rows >= 0 ? rows : undefined, min: ofMin, max: ofMax, nulls: ofNulls };
  }

  /** A number, or a text without escapes; undefined for anything else. */
  #value(text: string, start: number): unknown {
    if (!text.startsWith(this.#quote, start)) return numberIn(text, start);
    const from = start + this.#quote.length;
    const value = text.slice(from, text.indexOf(this.#quote, from));
    return value.includes('\\') ? undefined : value;
  }
}

const COMMA = 44;
const COLON = 58;
const BRACE = 123;
const END_BRACE = 125;
const ZERO = 48;
/** Integers of as many digits are exact. */
const EXACT_DIGITS = 15;

/** The number between here and a comma or brace; undefined when there is anything else. */
function numberIn(text: string, start: number): number | undefined {
  let whole = 0;
  let end = start;
  let isWhole = true;
  for (; end < text.length; end += 1) {
    const char = text.charCodeAt(end);
    if (char === COMMA || char === END_BRACE) break;
    const digit = char - ZERO;
    if (digit >= 0 && digit <= 9) whole = whole * 10 + digit;
    else isWhole = false;
  }
  if (isWhole && end > start && end - start <= EXACT_DIGITS && (text.charCodeAt(start) !== ZERO || end === start + 1)) {
    return whole;
  }
  const number = text.slice(start, end);
  return NUMBER.test(number) ? Number(number) : undefined;
}
