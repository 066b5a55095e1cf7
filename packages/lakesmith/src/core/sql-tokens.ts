/** A piece of SQL that is not blank and no comment. */
export interface SqlToken {
  readonly kind: 'word' | 'name' | 'text' | 'sign';
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many brackets are open around it; a bracket counts as outside of itself. */
  readonly depth: number;
  /** Whether it is part of a CASE … END; the two words count as outside. */
  readonly inCase: boolean;
}

const pieces =
  /--[^\n]*|\/\*|(?<text>[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|\$(?<tag>[\p{L}_][\p{L}\p{N}_]*|)\$[\s\S]*?\$\k<tag>\$)|(?<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<sign>[\d.]*\d[\w.]*|\S)/gu;

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** SQL as tokens, and whether every bracket and CASE that is opened in it is closed in it, in order. */
export function sqlTokens(sql: string): { readonly tokens: readonly SqlToken[]; readonly closed: boolean } {
  const tokens: SqlToken[] = [];
  // What is to come before anything else is closed.
  const open: string[] = [];
  let closed = true;
  pieces.lastIndex = 0;
  for (let match = pieces.exec(sql); match !== null; match = pieces.exec(sql)) {
    const { 0: text, index: start, groups = {} } = match;
    if (text === '/*') {
      pieces.lastIndex = commentEnd(sql, start);
      continue;
    }
    const kind = (['text', 'name', 'word', 'sign'] as const).find((candidate) => groups[candidate] !== undefined);
    if (kind === undefined) continue;
    const word = kind === 'word' && tokens.at(-1)?.text !== '.' ? text.toUpperCase() : kind === 'sign' ? text : '';
    const closes = open.at(-1) === word && word !== '';
    if (closes) open.pop();
    else if (kind === 'sign' && Object.values(closing).includes(word)) closed = false;
    const depth = open.filter((end) => end !== 'END').length;
    tokens.push({ kind, text, start, end: start + text.length, depth, inCase: open.includes('END') });
    const end = word === 'CASE' ? 'END' : closing[word];
    if (end !== undefined) open.push(end);
  }
  return { tokens, closed: closed && open.length === 0 };
}

/** Comments of this kind nest. */
function commentEnd(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}

/** What a word or quoted name names. */
export function nameOf({ kind, text }: SqlToken): string | undefined {
  if (kind === 'word') return text;
  if (kind !== 'name') return undefined;
  const quote = text.charAt(0);
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}
