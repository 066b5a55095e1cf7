import { isDeepStrictEqual } from 'node:util';
import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { parseYaml, plainValue } from './yaml.ts';

/**
 * YAML with the keys at its top in a given order, two spaces of indentation a level, no white space at line ends and one
 * newline at the end. Comments and the way in which values are written stay. What would mean something else then, or is not
 * YAML, stays as it is.
 */
export function formatYaml(text: string, order: readonly string[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/);
  const before = layoutOf(lines);
  if (before === undefined) return text;
  const indented = indentLines(lines, before);
  const layout = layoutOf(indented);
  const ordered = layout === undefined ? indented : orderKeys(indented, layout, order);
  const formatted = `${ordered.join(eol).trimEnd()}${eol}`;
  return layoutOf(formatted.split(eol)) !== undefined && isSame(text, formatted) ? formatted : text;
}

function isSame(before: string, after: string): boolean {
  const [one, other] = [before, after].map((text) => parseYaml({ text, file: '' }).value);
  return one !== undefined && other !== undefined && isDeepStrictEqual(plainValue(one), plainValue(other));
}

/** What stands on which line, from 0. */
interface Layout {
  /** The indentation of lines that begin a key or an item. */
  readonly indents: ReadonlyMap<number, number>;
  /** Lines of a block of text, whose white space is its own. */
  readonly verbatim: ReadonlySet<number>;
  /** The keys at the top, and where each begins. */
  readonly keys: readonly { readonly name: string; readonly line: number }[];
}

function layoutOf(lines: readonly string[]): Layout | undefined {
  const lineCounter = new LineCounter();
  const document: Document = parseDocument(lines.join('\n'), { lineCounter, prettyErrors: false });
  const { contents } = document;
  if (document.errors.length > 0 || !isMap(contents) || contents.flow === true) return undefined;
  const reading = new LayoutReading(lines, lineCounter);
  reading.node(contents, 0);
  return reading;
}

class LayoutReading implements Layout {
  readonly indents: Map<number, number> = new Map();
  readonly verbatim: Set<number> = new Set();
  readonly keys: { name: string; line: number }[] = [];
  readonly #lines: readonly string[];
  readonly #counter: LineCounter;

  constructor(lines: readonly string[], counter: LineCounter) {
    this.#lines = lines;
    this.#counter = counter;
  }

  node(node: unknown, indent: number): void {
    if (isMap(node) && node.flow !== true) {
      for (const { key, value } of node.items) {
        const line = this.#begins(key as Node, indent);
        if (indent === 0 && this.keys.every((known) => known.line !== line))
          this.keys.push({ name: isScalar(key) ? String(key.value) : '', line });
        this.node(value, indent + 2);
      }
    } else if (isSeq(node) && node.flow !== true) {
      for (const item of node.items) {
        if (!isPair(item)) this.#begins(item as Node, indent);
        this.node(item, indent + 2);
      }
    } else if (isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')) {
      const [start = 0, end = 0] = node.range ?? [];
      for (let line = this.#lineAt(start) + 1; line <= this.#lineAt(Math.max(start, end - 1)); line += 1)
        this.verbatim.add(line);
    }
  }

  /** A key or an item that is the first on its line gets the indentation of its level; one after a dash has it already. */
  #begins(node: Node, indent: number): number {
    const line = this.#lineAt(node.range?.[0] ?? 0);
    if (!this.indents.has(line)) this.indents.set(line, indent);
    return line;
  }

  #lineAt(offset: number): number {
    return Math.min(Math.max(1, this.#counter.linePos(offset).line), this.#lines.length) - 1;
  }
}

function indentLines(lines: readonly string[], { indents, verbatim }: Layout): readonly string[] {
  let shift = 0;
  return lines.map((line, i) => {
    const own = lengthOfIndent(line);
    const indent = indents.get(i);
    if (indent !== undefined && !verbatim.has(i)) {
      shift = indent - own;
      return ' '.repeat(indent) + line.trim().replace(/^(?:-[ \t]+)+/, (dashes) => dashes.replaceAll(/[ \t]+/g, ' '));
    }
    if (verbatim.has(i)) return line.trim() === '' && line.length + shift < 0 ? '' : shifted(line, own + shift);
    if (line.trim() === '') return '';
    if (!line.trimStart().startsWith('#')) return shifted(line, own + shift).trimEnd();
    const next = lines.findIndex((_, at) => at > i && indents.has(at) && !verbatim.has(at));
    // A comment belongs to what follows it, unless it stands deeper.
    const follows = next >= 0 && own <= lengthOfIndent(lines[next] ?? '');
    return shifted(line, follows ? (indents.get(next) ?? own) : own + shift).trimEnd();
  });
}

function lengthOfIndent(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

function shifted(line: string, indent: number): string {
  return ' '.repeat(Math.max(0, indent)) + line.replace(/^ */, '');
}

/** Moves each key with the comments above it. What stands above the first key stays on top. */
function orderKeys(lines: readonly string[], { keys }: Layout, order: readonly string[]): readonly string[] {
  const [first] = keys;
  if (first === undefined) return lines;
  const starts = keys.map(({ line }, i) => (i === 0 ? line : startOfBlock(lines, line, keys[i - 1]?.line ?? 0)));
  const blocks = keys.map(({ name }, i) => ({ name, lines: lines.slice(starts[i], starts[i + 1]) }));
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const sorted = [...blocks].sort((a, b) => rank(a.name) - rank(b.name));
  const isMoved = sorted.some((block, i) => block !== blocks[i]);
  if (!isMoved) return lines;
  return [...lines.slice(0, first.line), ...sorted.flatMap((block) => withoutBlankEnd(block.lines))];
}

/** The first of the comment lines at the margin that stand right above a key. */
function startOfBlock(lines: readonly string[], line: number, after: number): number {
  let start = line;
  while (start - 1 > after && (lines[start - 1] ?? '').startsWith('#')) start -= 1;
  return start;
}

function withoutBlankEnd(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line.trim() !== '');
  return lines.slice(0, last + 1);
}
