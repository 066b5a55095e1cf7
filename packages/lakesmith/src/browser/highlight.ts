/** A piece of a text, and what it is. */
export interface Piece {
  readonly kind: 'plain' | 'comment' | 'text' | 'number' | 'word' | 'name' | 'parameter';
  readonly text: string;
}

const sqlWords = new Set(
  `all and any array as asc anti between by case cast cross current_date date desc distinct else end except exists false filter first
  following from full group having ilike in inner intersect interval into is join last lateral left like limit natural not null nulls
  offset on or order ordinality outer over partition preceding qualify range recursive right row rows select semi struct then timestamp
  true unbounded union unnest using values when where window with within`.split(/\s+/),
);

const sql =
  /(--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*'|"(?:[^"]|"")*")|(\$\w+)|(\b\d[\d_]*(?:\.\d+)?\b)|([\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*)/gu;
const yaml =
  /((?<=^|\s)#[^\n]*)|('(?:[^']|'')*'|"(?:[^"\\]|\\.)*")|(\$\{[^}]*\})|((?<=[\s[,])\d[\d_]*(?:\.\d+)?(?=[\s\],]|$))|((?<=^|\n)[ -]*[\w .%]+(?=:(?:\s|$)))/g;

const settings = /^(\/\*\s*---[^\n]*\n)([\s\S]*)(---\s*\*\/)$/;

/** Cuts a text into its pieces; together they are the text. Names of SQL have their dots: 'silver.orders'. */
export function piecesOf(text: string, language: 'sql' | 'yaml'): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(language === 'sql' ? sql : yaml)) {
    const [whole, comment, quoted, parameter, digits] = match;
    if (match.index > at) pieces.push({ kind: 'plain', text: text.slice(at, match.index) });
    at = match.index + whole.length;
    const [, open = '', inside, close = ''] = settings.exec(comment ?? '') ?? [];
    if (inside !== undefined) {
      const ends = [open, close].map((end): Piece => ({ kind: 'comment', text: end }));
      pieces.push(...ends.slice(0, 1), ...piecesOf(inside, 'yaml'), ...ends.slice(1));
      continue;
    }
    const kind =
      comment !== undefined
        ? 'comment'
        : quoted !== undefined
          ? 'text'
          : parameter !== undefined
            ? 'parameter'
            : digits !== undefined
              ? 'number'
              : language === 'yaml' || sqlWords.has(whole.toLowerCase())
                ? 'word'
                : 'name';
    pieces.push({ kind, text: whole });
  }
  if (at < text.length) pieces.push({ kind: 'plain', text: text.slice(at) });
  return pieces;
}
