import type { Diagnostic, Place } from '../core/errors.ts';
import { sqlPlace } from './sql-place.ts';

/** CREATE MACRO as it stands in a file, cut into its parts. */
export interface WrittenMacro {
  readonly name: string;
  readonly kind: 'scalar' | 'table';
  readonly parameters: readonly { readonly name: string; readonly fallback: SqlPart | undefined }[];
  readonly body: SqlPart;
  readonly place: Place;
}

/** A piece of a file, and how many characters stand before it. */
export interface SqlPart {
  readonly sql: string;
  readonly offset: number;
}

interface Token {
  readonly text: string;
  readonly offset: number;
}

const token =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|[\p{L}_][\p{L}\p{N}_$]*|:=|=>|\s+|[\s\S]/gu;

/** Cuts a file of macros/ into its statements. What is no CREATE MACRO is found at its place. */
export function readMacroFile(
  file: string,
  text: string,
): { macros: readonly WrittenMacro[]; diagnostics: readonly Diagnostic[] } {
  const tokens = [...text.matchAll(token)]
    .map((match): Token => ({ text: match[0], offset: match.index }))
    .filter(({ text: word }) => !/^(\s|--|\/\*)/.test(word));
  const macros: WrittenMacro[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const statement of splitAt(tokens, ';')) {
    if (statement.length === 0) continue;
    const found = new Statement(file, text, statement).macro();
    if ('code' in found) diagnostics.push(found);
    else macros.push(found);
  }
  return { macros, diagnostics };
}

/** One statement, read from its beginning. */
class Statement {
  readonly #file: string;
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(file: string, text: string, tokens: readonly Token[]) {
    this.#file = file;
    this.#text = text;
    this.#tokens = tokens;
  }

  macro(): WrittenMacro | Diagnostic {
    const isCreate = this.#take('create');
    if (isCreate && this.#take('or') && !this.#take('replace')) return this.#refuse('OR without REPLACE');
    if (isCreate && !this.#take('temp')) this.#take('temporary');
    if (!isCreate || !(this.#take('macro') || this.#take('function')))
      return this.#refuse(`${this.#tokens[0]?.text ?? ''} is not CREATE MACRO`, 0);
    if (this.#take('if')) this.#at += 2;
    const named = this.#tokens[this.#at];
    const name = wordOf(named);
    if (named === undefined || name === undefined) return this.#refuse('the macro has no name');
    this.#at += 1;
    if (this.#peek() === '.') return this.#refuse('a macro has no schema');
    const lists = this.#parameters();
    if (typeof lists === 'string') return this.#refuse(lists);
    if (!this.#take('as')) return this.#refuse(`AS must follow the parameters of ${name}`);
    const kind = this.#take('table') ? 'table' : 'scalar';
    const body = this.#rest();
    if (body === undefined) return this.#refuse(`${name} has no body`);
    const place = sqlPlace(this.#whole, named.offset);
    return { name, kind, parameters: lists, body, place };
  }

  /** ( name, name := default, … ) */
  #parameters(): WrittenMacro['parameters'] | string {
    if (this.#peek() !== '(') return 'the parameters must follow its name in parentheses';
    const start = this.#at + 1;
    let depth = 0;
    do {
      const word = this.#peek();
      if (word === undefined) return 'the parentheses of its parameters are not closed';
      depth += word === '(' ? 1 : word === ')' ? -1 : 0;
      this.#at += 1;
    } while (depth > 0);
    const found: WrittenMacro['parameters'][number][] = [];
    for (const part of splitAt(this.#tokens.slice(start, this.#at - 1), ',')) {
      const [first, mark, ...rest] = part;
      if (first === undefined) continue;
      const name = wordOf(first);
      const isDefault = mark?.text === ':=' || mark?.text === '=>';
      if (name === undefined || (mark !== undefined && (!isDefault || rest.length === 0)))
        return `${first.text} is no parameter: write name, or name := default`;
      if (found.some((one) => one.name.toLowerCase() === name.toLowerCase())) return `it has two parameters ${name}`;
      found.push({ name, fallback: isDefault ? this.#part(rest) : undefined });
    }
    return found;
  }

  #rest(): SqlPart | undefined {
    return this.#part(this.#tokens.slice(this.#at));
  }

  #part(tokens: readonly Token[]): SqlPart | undefined {
    const [first, last] = [tokens[0], tokens.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    return { sql: this.#text.slice(first.offset, last.offset + last.text.length), offset: first.offset };
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  #take(word: string): boolean {
    const isIt = this.#peek()?.toLowerCase() === word;
    if (isIt) this.#at += 1;
    return isIt;
  }

  get #whole(): { file: string; sql: string; sqlStart: { line: number; column: number } } {
    return { file: this.#file, sql: this.#text, sqlStart: { line: 1, column: 1 } };
  }

  #refuse(why: string, at: number = this.#at): Diagnostic {
    const word = this.#tokens[Math.min(at, this.#tokens.length - 1)];
    return {
      code: 'LS1209',
      message: `${this.#file} is not a file of macros: ${why}`,
      place: sqlPlace(this.#whole, word?.offset ?? 0),
      hint: 'write CREATE MACRO name(a, b := 1) AS expression; or … AS TABLE SELECT …;',
    };
  }
}

function splitAt(tokens: readonly Token[], mark: string): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const one of tokens) {
    depth += '([{'.includes(one.text) ? 1 : ')]}'.includes(one.text) ? -1 : 0;
    if (one.text === mark && depth <= 0) parts.push([]);
    else parts.at(-1)?.push(one);
  }
  return parts;
}

function wordOf(word: Token | undefined): string | undefined {
  if (word === undefined) return undefined;
  if (word.text.startsWith('"')) return word.text.slice(1, -1).replaceAll('""', '"');
  return /^[\p{L}_]/u.test(word.text) ? word.text : undefined;
}
