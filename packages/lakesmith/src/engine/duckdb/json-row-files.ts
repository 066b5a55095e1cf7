import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { TextFormat } from '../engine.ts';
import type { JsonRows } from './json-rows.ts';
import { unread } from './json-rows.ts';

const pieceBytes = 1 << 20;
/** The engine reads no longer row. */
const longestRow = 16 << 20;
const mark = Buffer.from('\uFEFF');
const lineBreak = 10;
const comma = 44;

/** How far the rows of a file were read. */
type Stand = 'before' | 'rows' | 'behind';

/** Reads all rows of a file of JSON; false: there is something that `rows` does not read. */
export async function readJsonFile(
  location: string,
  { rows, format }: { readonly rows: JsonRows; readonly format: TextFormat },
): Promise<boolean> {
  const handle = await open(location);
  try {
    return await readPieces(handle, new JsonFileReader(rows, format.type === 'json'));
  } finally {
    await handle.close();
  }
}

async function readPieces(handle: FileHandle, reader: JsonFileReader): Promise<boolean> {
  let bytes = Buffer.alloc(pieceBytes);
  let filled = 0;
  let isFirst = true;
  for (;;) {
    // A byte is left for the 0 that ends them.
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - 1 - filled);
    filled += bytesRead;
    bytes[filled] = 0;
    const start = isFirst && bytes.subarray(0, Math.min(filled, mark.length)).equals(mark) ? mark.length : 0;
    isFirst = false;
    const isLast = bytesRead === 0;
    const read = reader.readPiece(bytes.subarray(0, filled + 1), { from: start, isLast });
    if (read === unread || !isUtf8(bytes.subarray(0, read))) return false;
    if (isLast) return read === filled && reader.isDone;
    filled -= read;
    if (filled < bytes.length - 1) bytes.copyWithin(0, read, read + filled);
    else if (bytes.length > longestRow) return false;
    else bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
  }
}

class JsonFileReader {
  private readonly rows: JsonRows;
  private readonly isArray: boolean;
  private stand: Stand;

  constructor(rows: JsonRows, isArray: boolean) {
    this.rows = rows;
    this.isArray = isArray;
    this.stand = isArray ? 'before' : 'rows';
  }

  get isDone(): boolean {
    return !this.isArray || this.stand === 'behind';
  }

  /** Where the whole rows of these bytes end: what follows is read again with more behind it. `unread`: that would not help. */
  readPiece(bytes: Buffer, { from, isLast }: { readonly from: number; readonly isLast: boolean }): number {
    const { rows } = this;
    const end = bytes.length - 1;
    rows.breakLines(this.isArray);
    let read = from;
    for (;;) {
      let at = this.skipBlank(bytes, read);
      if (at === end) return end;
      if (this.stand === 'behind') return read;
      if (this.stand === 'before') {
        if (bytes[at] !== 0x5b) return read;
        at = this.skipBlank(bytes, at + 1);
        if (at === end) return read;
        this.stand = bytes[at] === 0x5d ? 'behind' : 'rows';
        read = this.stand === 'behind' ? at + 1 : at;
        continue;
      }
      const row = at;
      at = rows.readRow(bytes, row);
      if (at === unread) return this.isArray || bytes.indexOf(lineBreak, row) === -1 ? read : unread;
      at = rows.skipSpaces(bytes, at);
      if (at === end && !(isLast && !this.isArray)) return read;
      if (this.isArray && bytes[at] === 0x5d) this.stand = 'behind';
      else if (bytes[at] !== (this.isArray ? comma : lineBreak) && at !== end) return read;
      read = Math.min(at + 1, end);
    }
  }

  private skipBlank(bytes: Buffer, from: number): number {
    let at = this.rows.skipSpaces(bytes, from);
    while (bytes[at] === lineBreak) at = this.rows.skipSpaces(bytes, at + 1);
    return at;
  }
}
