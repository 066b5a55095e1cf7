import { messageOf } from '../core/errors.ts';

/** A message of JSON-RPC as it came, or why it is none. */
export type Arrival =
  { readonly ok: true; readonly message: unknown } | { readonly ok: false; readonly problem: string };

/** Takes a stream of bytes apart into messages. A header without a length is passed over. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are complete now, in order. */
  push(bytes: Uint8Array): readonly Arrival[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const arrived: Arrival[] = [];
    for (;;) {
      const end = this.#rest.indexOf('\r\n\r\n');
      if (end < 0) return arrived;
      const length = /^content-length: *(\d+) *$/im.exec(this.#rest.toString('latin1', 0, end))?.[1];
      const start = end + 4;
      if (length !== undefined && this.#rest.length < start + Number(length)) return arrived;
      if (length !== undefined) arrived.push(parseMessage(this.#rest.toString('utf8', start, start + Number(length))));
      this.#rest = this.#rest.subarray(start + Number(length ?? 0));
    }
  }
}

function parseMessage(text: string): Arrival {
  try {
    return { ok: true, message: JSON.parse(text) };
  } catch (error) {
    return { ok: false, problem: messageOf(error) };
  }
}

/** A message as it goes over the wire. */
export function frame(message: unknown): Uint8Array {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}
