/** A record of a CSV text and the line that it begins on, from 1. */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly line: number;
}

/** The records of a CSV text, one by one. Empty lines are passed over. */
export function* csvRecords(text: string, delimiter: string, quote: string): Generator<CsvRecord> {
  let fields: string[] = [''];
  let quoted = false;
  let line = 1;
  let began = 1;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const last = fields.length - 1;
    if (char === '\n') line++;
    if (quoted) {
      if (char !== quote) fields[last] += char;
      else if (text.charAt(i + 1) === quote) fields[last] += text.charAt(++i);
      else quoted = false;
    } else if (char === quote && fields[last] === '') quoted = true;
    else if (char === delimiter) fields.push('');
    else if (char === '\n') {
      if (fields.length > 1 || fields[0] !== '') yield { fields, line: began };
      fields = [''];
      began = line;
    } else if (char !== '\r') fields[last] += char;
  }
  if (fields.length > 1 || fields[0] !== '') yield { fields, line: began };
}
