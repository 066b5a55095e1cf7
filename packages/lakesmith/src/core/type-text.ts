/** A SQL type as written, taken apart but not understood: names are in upper case. */
export type TypeText =
  | { readonly kind: 'scalar'; readonly name: string; readonly parameters: readonly number[] }
  | { readonly kind: 'list'; readonly element: TypeText }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly type: TypeText }[] }
  | { readonly kind: 'map'; readonly key: TypeText; readonly value: TypeText };

const token = /\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([A-Za-z_]\w*)|(\d+)|([(),[\]]))/y;

interface Token {
  readonly kind: 'quoted' | 'text' | 'word' | 'number' | 'mark';
  readonly text: string;
}

/** Reads a SQL type ('DECIMAL(12,2)', 'STRUCT(a INTEGER, b VARCHAR[])[]'); undefined when it is not one by form. */
export function parseTypeText(text: string): TypeText | undefined {
  const tokens = tokensOf(text.trim());
  if (tokens === undefined) return undefined;
  const parser = new TypeParser(tokens);
  const type = parser.type();
  return type !== undefined && parser.atEnd() ? type : undefined;
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return undefined;
    const [, quoted, string, word, number, mark] = match;
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll('""', '"') });
    else if (string !== undefined) tokens.push({ kind: 'text', text: string });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else tokens.push({ kind: 'mark', text: mark ?? '' });
  }
  return tokens;
}

class TypeParser {
  private readonly tokens: readonly Token[];
  private next = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  atEnd(): boolean {
    return this.next === this.tokens.length;
  }

  type(): TypeText | undefined {
    let type = this.base();
    while (type !== undefined && this.take('[')) {
      if (this.tokens[this.next]?.kind === 'number') this.next++;
      type = this.take(']') ? { kind: 'list', element: type } : undefined;
    }
    return type;
  }

  private base(): TypeText | undefined {
    const first = this.tokens[this.next++];
    if (first === undefined || (first.kind !== 'word' && first.kind !== 'quoted')) return undefined;
    let name = first.text.toUpperCase();
    // TIMESTAMP WITH TIME ZONE: the only types of several words.
    while (this.tokens[this.next]?.kind === 'word') name += ` ${this.tokens[this.next++]?.text.toUpperCase() ?? ''}`;
    if (!this.take('(')) return { kind: 'scalar', name, parameters: [] };
    if (name === 'STRUCT' || name === 'ROW') return this.struct();
    if (name === 'MAP') return this.map();
    return this.parameters(name);
  }

  private struct(): TypeText | undefined {
    const fields: { name: string; type: TypeText }[] = [];
    do {
      const name = this.tokens[this.next++];
      const type = name?.kind === 'word' || name?.kind === 'quoted' ? this.type() : undefined;
      if (name === undefined || type === undefined) return undefined;
      fields.push({ name: name.text, type });
    } while (this.take(','));
    return this.take(')') ? { kind: 'struct', fields } : undefined;
  }

  private map(): TypeText | undefined {
    const key = this.type();
    const value = key !== undefined && this.take(',') ? this.type() : undefined;
    return key !== undefined && value !== undefined && this.take(')') ? { kind: 'map', key, value } : undefined;
  }

  /** (12,2) of a decimal; what stands in an ENUM or UNION is passed over. */
  private parameters(name: string): TypeText | undefined {
    const parameters: number[] = [];
    for (let depth = 1; depth > 0;) {
      const part = this.tokens[this.next++];
      if (part === undefined) return undefined;
      if (part.kind === 'mark') depth += part.text === '(' ? 1 : part.text === ')' ? -1 : 0;
      if (part.kind === 'number') parameters.push(Number(part.text));
    }
    return { kind: 'scalar', name, parameters };
  }

  private take(mark: string): boolean {
    const found = this.tokens[this.next];
    if (found?.kind !== 'mark' || found.text !== mark) return false;
    this.next++;
    return true;
  }
}
