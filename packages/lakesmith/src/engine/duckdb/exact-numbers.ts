import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';

// The engine reads a JSON number with a fraction as DOUBLE, whatever type it is to become. Numbers that a DOUBLE cannot hold
// are put in quotes, in a copy of the file: then it reads them as text, to the last digit.

/** Only so long a number has more digits than a DOUBLE, and only with such an exponent it is nearer to nothing than one. */
const suspect = /[0-9][0-9.]{15,}(?:[eE][+-]?\d+)?|[0-9][0-9.]*[eE][+-]?\d{3,}/g;
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
  if (trimmed === '') return `${sign}0e0`;
  return `${sign}${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`;
}

/** The file itself, or a copy in `folder` in which every number that `mustQuote` says stands in quotes. */
export async function withExactNumbers(
  location: string,
  folder: () => Promise<string>,
  mustQuote: (number: string) => boolean,
): Promise<string> {
  if (!(await holdsSuspect(location, mustQuote))) return location;
  const copy = join(await folder(), `exact-${copies++}.json`);
  await pipeline(quotedLines(location, mustQuote), createWriteStream(copy));
  return copy;
}

async function holdsSuspect(location: string, mustQuote: (number: string) => boolean): Promise<boolean> {
  let rest = '';
  for await (const chunk of createReadStream(location, { encoding: 'latin1', highWaterMark: 1 << 20 })) {
    const text = rest + String(chunk);
    for (const [run] of text.matchAll(suspect)) {
      if (/[.eE]/.test(run) && mustQuote(run)) return true;
    }
    rest = text.slice(-400);
  }
  return false;
}

// A JSON string holds no line break, so that lines can be taken one by one.
async function* quotedLines(location: string, mustQuote: (number: string) => boolean): AsyncGenerator<string> {
  const lines = createInterface({
    input: createReadStream(location, { encoding: 'utf8' }),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    const quoted = line.replace(stringOrNumber, (token) =>
      !token.startsWith('"') && /[.eE]/.test(token) && mustQuote(token) ? `"${token}"` : token,
    );
    yield `${quoted}\n`;
  }
}
