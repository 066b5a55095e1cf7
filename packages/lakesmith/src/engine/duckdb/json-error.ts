const token =
  /\s*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

type Expected = 'value' | 'first' | 'key' | 'first key' | 'colon' | 'more' | 'nothing';

/** Where a text ceases to be one JSON value, as an offset; undefined when it is one. Numbers and words must be JSON's own. */
export function jsonErrorOffset(text: string): number | undefined {
  const open: string[] = [];
  let awaited: Expected = 'value';
  token.lastIndex = 0;
  for (;;) {
    const start = token.lastIndex;
    const match = token.exec(text);
    if (match === null) {
      const at = start + (/^\s*/.exec(text.slice(start))?.[0].length ?? 0);
      return at === text.length && awaited === 'nothing' ? undefined : at;
    }
    const [whole, mark, string] = match;
    const next = after(awaited, { mark, isString: string !== undefined }, open);
    if (next === undefined) return token.lastIndex - whole.trimStart().length;
    awaited = next;
  }
}

/** What may come after a token; undefined when it may not stand there. `open` are the brackets around it. */
function after(
  awaited: Expected,
  { mark, isString }: { readonly mark: string | undefined; readonly isString: boolean },
  open: string[],
): Expected | undefined {
  const closed = (): Expected => (open.length === 0 ? 'nothing' : 'more');
  const top = open.at(-1);
  if (awaited === 'key' || awaited === 'first key') {
    if (isString) return 'colon';
  } else if (awaited === 'value' || awaited === 'first') {
    if (mark === undefined) return closed();
    if (mark === '{' || mark === '[') {
      open.push(mark);
      return mark === '{' ? 'first key' : 'first';
    }
  } else if (awaited === 'colon') return mark === ':' ? 'value' : undefined;
  else if (awaited === 'more' && mark === ',') return top === '{' ? 'key' : 'value';
  const mayClose = awaited === 'more' || (awaited === 'first' && mark === ']') || awaited === 'first key';
  if (!mayClose || mark !== (top === '{' ? '}' : ']')) return undefined;
  open.pop();
  return closed();
}
