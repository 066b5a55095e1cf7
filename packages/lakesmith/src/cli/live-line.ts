/** The last line of a terminal, rewritten while work goes on, and gone when something is printed for good. */
export interface LiveLine {
  show(text: string): void;
  clear(): void;
}

/** On a terminal; a pipe or a file gets lines alone. */
export function liveLine(stream: NodeJS.WriteStream): LiveLine | undefined {
  if (!stream.isTTY) return undefined;
  let shown = false;
  const clear = (): void => {
    if (shown) stream.write('\r\u001b[K');
    shown = false;
  };
  return {
    clear,
    show(text) {
      clear();
      stream.write(text.slice(0, (stream.columns || 80) - 1));
      shown = true;
    },
  };
}
