import type { Place } from '../core/errors.ts';
import type { PlainRecord, PlainValue } from '../script/plain-value.ts';
import type { YamlMap, YamlValue } from './yaml.ts';

/** A text of TypeScript in which parts of a value are looked for. */
export class ScriptText {
  readonly #file: string;
  readonly #text: string;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  /**
   * Settings as if they had been written as YAML: each key and text at the place where the file has it, when that can be
   * found behind the place of the definition; else at that of what it is part of.
   */
  placed(value: PlainRecord, from: Place): YamlMap {
    return this.#map(value, { offset: this.#offsetOf(from), place: from });
  }

  /** Where a text stands as it is, without an escape in it: the first time behind a place, or anywhere. */
  find(text: string, from: Place): { readonly line: number; readonly column: number } | undefined {
    const behind = this.#text.indexOf(text, this.#offsetOf(from));
    const offset = behind < 0 ? this.#text.indexOf(text) : behind;
    return offset < 0 ? undefined : this.#placeAt(offset, 1);
  }

  #map(value: PlainRecord, above: Spot): YamlMap {
    let spot = above;
    const entries = new Map(
      Object.entries(value).map(([key, item]) => {
        const own = this.#key(key, spot) ?? above;
        if (own !== above) spot = own;
        return [key, { key: own.place, value: this.#value(item, own) }] as const;
      }),
    );
    return { kind: 'map', place: above.place, entries, flow: false };
  }

  #value(value: PlainValue, at: Spot): YamlValue {
    if (typeof value === 'object' && value !== null) {
      if (!isList(value)) return this.#map(value, at);
      return { kind: 'list', place: at.place, items: value.map((item) => this.#value(item, at)) };
    }
    const place = typeof value === 'string' ? (this.#literal(value, at) ?? at.place) : at.place;
    const source = typeof value === 'number' ? { source: String(value) } : {};
    return { kind: 'scalar', place, value, ...source, commentFollows: false, block: undefined };
  }

  #key(key: string, from: Spot): Spot | undefined {
    const pattern = new RegExp(`(?<=[{,\\s])(["'\`]?)${escaped(key)}\\1\\s*:`, 'g');
    pattern.lastIndex = from.offset;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    const quote = found[1]?.length ?? 0;
    const offset = found.index + found[0].length;
    return { offset, place: this.#placeAt(found.index, key.length + 2 * quote) };
  }

  /** A text in quotes, soon behind its key. */
  #literal(text: string, from: Spot): Place | undefined {
    const found = ["'", '"', '`']
      .map((quote) => this.#text.indexOf(`${quote}${text}${quote}`, from.offset))
      .filter((offset) => offset >= 0)
      .sort((a, b) => a - b)[0];
    return found === undefined ? undefined : this.#placeAt(found, text.length + 2);
  }

  #placeAt(offset: number, length: number): Place {
    const before = this.#text.slice(0, offset);
    return { file: this.#file, line: before.split('\n').length, column: offset - before.lastIndexOf('\n'), length };
  }

  #offsetOf({ line, column }: Place): number {
    let offset = 0;
    for (let at = 1; at < line; at++) offset = this.#text.indexOf('\n', offset) + 1;
    return offset + column - 1;
  }
}

/** Where something stands, and where what it holds is looked for. */
interface Spot {
  readonly offset: number;
  readonly place: Place;
}

function isList(value: readonly PlainValue[] | PlainRecord): value is readonly PlainValue[] {
  return Array.isArray(value);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
