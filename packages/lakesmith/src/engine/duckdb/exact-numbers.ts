import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { suspectNumbers } from './suspect-numbers.ts';
import type { Workspace } from './workspace.ts';

// The engine reads a JSON number with a fraction as DOUBLE, whatever type it is to become. Numbers that a DOUBLE cannot hold
// are put in quotes, in a copy of the file: then it reads them as text, to the last digit.

const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
let copies = 0;

/** True when the text means a number that is not the DOUBLE nearest to it. */
export function losesDigits(number: string): boolean {
  return canonical(number) !== canonical(String(Number(number)));
}

/** True when the number is not how any program writes a DOUBLE: neither with as few digits as tell it from all others, nor with seventeen. */
export function isNoDouble(number: string): boolean {
  return losesDigits(number) && canonical(number) !== canonical(Number(number).toPrecision(17));
}

/** '-0120.50e3' is '-1205e2': digits without zeros around them, and a power of ten. */
function canonical(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  // A DOUBLE has both zeros.
  if (trimmed === '') return '0e0';
  return `${sign}${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`;
}

/**
 * The file itself, or a copy in the workspace in which every number that `mustQuote` says stands in quotes, and no byte order mark: the engine takes
 * one only where it reads several files.
 */
export async function withExactNumbers(
  location: string,
  workspace: Pick<Workspace, 'folder' | 'exactFiles'>,
  mustQuote: (number: string) => boolean,
): Promise<string> {
  const start = await lengthOfMark(location);
  const isExact = (await workspace.exactFiles.has(location)) || !(await holdsSuspect(location, mustQuote));
  if (isExact && start === 0) return location;
  const copy = join(await workspace.folder(), `exact-${copies++}.json`);
  const from = isExact ? createReadStream(location, { start }) : quotedLines(location, { start, mustQuote });
  await pipeline(from, createWriteStream(copy));
  return copy;
}

const mark = Buffer.from('\uFEFF');

async function lengthOfMark(location: string): Promise<number> {
  const handle = await open(location);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(mark.length), 0, mark.length, 0);
    return buffer.subarray(0, bytesRead).equals(mark) ? mark.length : 0;
  } finally {
    await handle.close();
  }
}

async function holdsSuspect(location: string, mustQuote: (number: string) => boolean): Promise<boolean> {
  for await (const number of suspectNumbers(location)) if (/[.eE]/.test(number) && mustQuote(number)) return true;
  return false;
}

// A JSON string holds no line break, so that lines can be taken one by one.
async function* quotedLines(
  location: string,
  { start, mustQuote }: { readonly start: number; readonly mustQuote: (number: string) => boolean },
): AsyncGenerator<string> {
  const lines = createInterface({
    input: createReadStream(location, { encoding: 'utf8', start }),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    const quoted = line.replace(stringOrNumber, (token) =>
      !token.startsWith('"') && /[.eE]/.test(token) && mustQuote(token) ? `"${token}"` : token,
    );
    yield `${quoted}\n`;
  }
}
