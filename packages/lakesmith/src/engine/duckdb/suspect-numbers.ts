import { createReadStream } from 'node:fs';

// Only a number of so many characters has more digits than a DOUBLE, and only with an exponent of so many digits it is nearer to nothing
// than one.
const manyCharacters = 16;
const exponentDigits = 3;

const isDigit = tableOf('0123456789');
const isPlain = tableOf('0123456789.');
const isInNumber = tableOf('0123456789.eE+-');
const isSign = tableOf('+-');
const isE = tableOf('eE');

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}

/**
 * The numbers of a file of JSON that a DOUBLE may not hold, without their sign; also what looks like one inside a text. Nearly all files have none, and
 * each of their bytes counts: it takes a third of the time that a pattern takes.
 */
export async function* suspectNumbers(location: string): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(location, { highWaterMark: 1 << 20 })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    // A number goes on in the next piece.
    const end = startOfNumber(bytes, bytes.length);
    yield* suspectsIn(bytes.subarray(0, end));
    rest = Buffer.from(bytes.subarray(end));
  }
  yield* suspectsIn(rest);
}

function* suspectsIn(bytes: Buffer): Generator<string> {
  for (let at = nextSuspect(bytes, 0); at < bytes.length;) {
    const end = endOfNumber(bytes, at);
    yield bytes.toString('latin1', startOfNumber(bytes, at), end).replace(/^-/, '');
    at = nextSuspect(bytes, end);
  }
}

/** Where a suspect has a digit. Each has three digits in a row, so that looking at every third byte finds it. */
function nextSuspect(bytes: Buffer, from: number): number {
  for (let at = from + exponentDigits - 1; at < bytes.length; at += exponentDigits) {
    if (isDigit[bytes[at] as number] === 0) continue;
    let start = at;
    while (start > from && isPlain[bytes[start - 1] as number] === 1) start--;
    let end = at + 1;
    while (end < bytes.length && isPlain[bytes[end] as number] === 1) end++;
    if (end - start >= manyCharacters || (end - start >= exponentDigits && isExponent(bytes, start))) return at;
    at = end - 1;
  }
  return bytes.length;
}

function isExponent(bytes: Buffer, start: number): boolean {
  const e = isSign[bytes[start - 1] ?? 0] === 1 ? start - 2 : start - 1;
  return isE[bytes[e] ?? 0] === 1 && isPlain[bytes[e - 1] ?? 0] === 1;
}

function startOfNumber(bytes: Buffer, at: number): number {
  let start = at;
  while (start > 0 && isInNumber[bytes[start - 1] as number] === 1) start--;
  return start;
}

function endOfNumber(bytes: Buffer, at: number): number {
  let end = at;
  while (end < bytes.length && isInNumber[bytes[end] as number] === 1) end++;
  return end;
}
