const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const VALUES: ReadonlyMap<string, number> = new Map(Array.from(ALPHABET, (char, value) => [char, value]));

/**
 * The bytes that a Z85 text stands for, four for each five characters; undefined when it is no such text. Writers in Rust
 * mark a last group of fewer bytes with `#` in front, which no full group begins with.
 */
export function decodeZ85(text: string): Uint8Array | undefined {
  if (text.length % 5 !== 0) return undefined;
  const padding = /^#{0,3}/.exec(text.slice(-5))?.[0].length ?? 0;
  const bytes = new Uint8Array((text.length / 5) * 4 - padding);
  for (let group = 0; group < text.length / 5; group += 1) {
    const length = Math.min(4, bytes.length - group * 4);
    const word = wordOf(text.slice(group * 5 + 4 - length, group * 5 + 5));
    if (word === undefined || word >= 256 ** length) return undefined;
    for (let i = 0; i < length; i += 1) bytes[group * 4 + i] = Math.floor(word / 256 ** (length - 1 - i)) % 256;
  }
  return bytes;
}

/** Z85 text of bytes, filled up with zero bytes to groups of four. */
export function encodeZ85(bytes: Uint8Array): string {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  let text = '';
  for (let at = 0; at < padded.length; at += 4) {
    const word = view.getUint32(at);
    for (let power = 4; power >= 0; power -= 1) text += ALPHABET.charAt(Math.floor(word / 85 ** power) % 85);
  }
  return text;
}

function wordOf(chars: string): number | undefined {
  let word = 0;
  for (const char of chars) {
    const value = VALUES.get(char);
    if (value === undefined) return undefined;
    word = word * 85 + value;
  }
  return word;
}
