import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Node, Pair, ParsedNode, YAMLMap } from 'yaml';
import type { Diagnostic, Place } from '../core/errors.ts';
import { explainYamlError, foreignWord } from './yaml-traps.ts';
import type { YamlFinding } from './yaml-traps.ts';

/** A value of a YAML file, and where it stands. */
export type YamlValue = YamlMap | YamlList | YamlScalar;

export interface YamlMap {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, YamlEntry>;
  /** Written as { a: 1 }. */
  readonly flow: boolean;
}

export interface YamlEntry {
  readonly key: Place;
  readonly value: YamlValue;
}

interface YamlList {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly YamlValue[];
}

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As it is written, of a number: 0.10. */
  readonly source?: string;
  /** A comment follows on the same line: the value may have been cut by a '#'. */
  readonly commentFollows: boolean;
  /** Written as a block after | or >: its lines begin below its place, so many characters to the right. Folded: after >, which joins lines. */
  readonly block: { readonly indent: number; readonly isFolded: boolean } | undefined;
}

export interface YamlText {
  readonly text: string;
  readonly file: string;
  /** Lines of the file above the text, when it is a part of a file. */
  readonly linesAbove?: number;
}

/** Reads one YAML 1.2 document; undefined when it is empty or wrong. Anchors, aliases and tags are refused. */
export function parseYaml(source: YamlText): { value: YamlValue | undefined; diagnostics: readonly Diagnostic[] } {
  const lineCounter = new LineCounter();
  const document = parseDocument(source.text, { lineCounter, prettyErrors: false, merge: false });
  const reader = new Reader(source, lineCounter);
  for (const error of document.errors) reader.reportSyntax(error.code, error.message, error.pos[0]);
  const value = document.contents === null ? undefined : reader.value(document.contents);
  const diagnostics = reader.diagnostics();
  return { value: diagnostics.length > 0 ? undefined : value, diagnostics };
}

class Reader {
  private readonly source: YamlText;
  private readonly lineCounter: LineCounter;
  private readonly byLine = new Map<number, Diagnostic>();

  constructor(source: YamlText, lineCounter: LineCounter) {
    this.source = source;
    this.lineCounter = lineCounter;
  }

  /** One per line: what follows on a line is mostly a consequence. */
  diagnostics(): readonly Diagnostic[] {
    return [...this.byLine.values()];
  }

  reportSyntax(code: string, message: string, offset: number): void {
    this.report(explainYamlError({ code, message, offset, text: this.source.text }));
  }

  value(node: Node): YamlValue {
    const place = this.placeOf(node);
    if (isMap(node)) return { kind: 'map', place, entries: this.entries(node), flow: node.flow === true };
    if (isSeq(node)) return { kind: 'list', place, items: node.items.map((item) => this.value(item as ParsedNode)) };
    if (isScalar(node)) {
      this.refuseForeign(node.anchor, node.tag, node.range?.[0] ?? 0);
      const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
      const indent = isBlock ? this.indentBelow(node.range?.[0] ?? 0) : 0;
      const block = isBlock ? { indent, isFolded: node.type === 'BLOCK_FOLDED' } : undefined;
      const source = typeof node.value === 'number' && node.source !== undefined ? { source: node.source } : {};
      return { kind: 'scalar', place, block, ...source, ...this.scalar(node.value, node.range?.[1] ?? 0) };
    }
    this.report(foreignWord(this.source.text, node.range?.[0] ?? 0));
    return { kind: 'scalar', place, value: null, commentFollows: false, block: undefined };
  }

  private indentBelow(offset: number): number {
    return /^[^\n]*(?:\n *(?=\r?\n))*\n( *)/.exec(this.source.text.slice(offset))?.[1]?.length ?? 0;
  }

  private entries(map: YAMLMap): ReadonlyMap<string, YamlEntry> {
    this.refuseForeign(map.anchor, map.tag, map.range?.[0] ?? 0);
    const entries = new Map<string, YamlEntry>();
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const key = this.value(pair.key);
      if (key.kind !== 'scalar') {
        const [start, end] = pair.key.range ?? [0, 1];
        this.report({
          code: 'LS1002',
          message: 'A key must be one word',
          hint: 'write a name and a colon',
          at: { offset: start, length: end - start },
        });
        continue;
      }
      const value = pair.value === null ? { ...key, value: null } : this.value(pair.value);
      entries.set(String(key.value), { key: key.place, value });
    }
    return entries;
  }

  private scalar(value: unknown, end: number): Pick<YamlScalar, 'value' | 'commentFollows'> {
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
    const rest = /^[^\n]*/.exec(this.source.text.slice(end))?.[0] ?? '';
    return { value: known, commentFollows: /^\s+#/.test(rest) };
  }

  private refuseForeign(anchor: string | undefined, tag: string | undefined, offset: number): void {
    const { text } = this.source;
    const before = text.slice(0, offset).trimEnd();
    const written = /[&!]\S*$/.exec(before)?.[0];
    if ((anchor === undefined && tag === undefined) || written === undefined) return;
    this.report(foreignWord(text, before.length - written.length));
  }

  private report({ at, ...finding }: YamlFinding): void {
    const place = this.placeAt(at.offset, at.length);
    if (!this.byLine.has(place.line)) this.byLine.set(place.line, { ...finding, place });
  }

  private placeOf(node: Node): Place {
    const [start, end] = node.range ?? [0, 0];
    const firstLine = /^[^\r\n]*/.exec(this.source.text.slice(start, end))?.[0].trimEnd() ?? '';
    return this.placeAt(start, firstLine.length);
  }

  private placeAt(offset: number, length: number): Place {
    const { line, col } = this.lineCounter.linePos(offset);
    return {
      file: this.source.file,
      line: Math.max(1, line) + (this.source.linesAbove ?? 0),
      column: Math.max(1, col),
      length: Math.max(1, length),
    };
  }
}

/** The value without its places. */
export function plainValue(value: YamlValue): unknown {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'list') return value.items.map(plainValue);
  return Object.fromEntries([...value.entries].map(([key, entry]) => [key, plainValue(entry.value)]));
}

/** The value at a path of keys and positions; the nearest one above when it is not there. */
export function valueAt(root: YamlValue, path: readonly PropertyKey[]): YamlValue {
  let value = root;
  for (const step of path) {
    const next: YamlValue | undefined =
      value.kind === 'map'
        ? value.entries.get(String(step))?.value
        : value.kind === 'list'
          ? value.items[Number(step)]
          : undefined;
    if (next === undefined) return value;
    value = next;
  }
  return value;
}

/** The entry of a key in a map; undefined when the value is no map or has no such key. */
export function entryOf(value: YamlValue | undefined, key: string): YamlEntry | undefined {
  return value?.kind === 'map' ? value.entries.get(key) : undefined;
}

/** The texts under a key, one or a list of them, each with its place. */
export function wordsAt(value: YamlValue, key: string): readonly { readonly name: string; readonly place: Place }[] {
  const found = entryOf(value, key)?.value;
  const items = found?.kind === 'list' ? found.items : found === undefined ? [] : [found];
  return items.flatMap((item) => (item.kind === 'scalar' ? [{ name: String(item.value), place: item.place }] : []));
}
