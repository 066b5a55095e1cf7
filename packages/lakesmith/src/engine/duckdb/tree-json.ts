// The engine writes its trees as JSON with numbers that JavaScript would round (18446744073709551615, 1.0 for a DOUBLE),
// and reads back only numbers of the right kind. Such numbers travel as { $number: text }.

const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?(?:\d[\d.eE+-]*|Infinity)|NaN/g;

/** Whether some number, or something in a text that looks like one, is not written as JavaScript would. */
const mayRound = /[:,[](?:-?\d+[.eE]|-?\d{16}|-0|-?Infinity|NaN)/;

/** The tree in the engine's JSON text. Offsets become characters of `sql`; nodes the parser made up have none. */
export function parseTree(text: string, sql: string): unknown {
  const plain = plainText(text, sql);
  return plain === undefined ? exactTree(text, sql) : JSON.parse(plain);
}

/** The text of the same tree as JSON that JavaScript reads as it is meant; undefined when it takes more than that. Most trees are plain. */
export function plainText(text: string, sql: string): string | undefined {
  // Of a node that the parser made up the offset is this number, and inside a JSON text the quotes would be escaped.
  const plain = text.replaceAll(',"query_location":18446744073709551615', '');
  return !mayRound.test(plain) && Buffer.byteLength(sql) === sql.length ? plain : undefined;
}

/** `parseTree` of any text. */
export function exactTree(text: string, sql: string): unknown {
  const exact = text.replace(stringOrNumber, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `{"$number":"${token}"}`,
  );
  const toCharacter = characterOffsets(sql);
  return JSON.parse(exact, (key, value: unknown) => {
    if (key !== 'query_location') return value;
    return typeof value === 'number' ? toCharacter(value) : undefined;
  });
}

/** The engine's JSON text of a tree. */
export function printTree(tree: unknown): string {
  const text = JSON.stringify(tree, (_, value: unknown) => (isDoubleConstant(value) ? castOfText(value) : value));
  // Inside a JSON string the quotes would be escaped, so that this matches nothing else.
  return text.replace(/\{"\$number":"([^"]*)"\}/g, '$1');
}

interface DoubleConstant {
  readonly alias: string;
  readonly value: { readonly value: number | { readonly $number: string } };
}

function isDoubleConstant(node: unknown): node is DoubleConstant {
  const constant = node as { class?: string; value?: { type?: { id?: string }; is_null?: boolean } } | null;
  return constant?.class === 'CONSTANT' && constant.value?.type?.id === 'DOUBLE' && constant.value.is_null === false;
}

// The engine prints the DOUBLE 1e0 as 1.0, and reads that as a DECIMAL.
function castOfText({ alias, value: { value } }: DoubleConstant): unknown {
  const text = typeof value === 'number' ? String(value) : value.$number;
  const child = {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: text },
  };
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias,
    child,
    cast_type: { id: 'DOUBLE', type_info: null },
    try_cast: false,
  };
}

/** From an offset in UTF-8 bytes to one in characters of the string. */
export function characterOffsets(sql: string): (bytes: number) => number {
  if (Buffer.byteLength(sql) === sql.length) return (bytes) => bytes;
  const utf8 = Buffer.from(sql);
  return (bytes) => utf8.toString('utf8', 0, bytes).length;
}

/** From an offset in code points, as syntax errors have it, to one in characters of the string. */
export function fromCodePoints(sql: string, codePoints: number): number {
  return Array.from(sql).slice(0, codePoints).join('').length;
}
