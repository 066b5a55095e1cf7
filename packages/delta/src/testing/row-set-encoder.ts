/** How the containers of an encoded set are written: as an array or bitmap by their size, or as runs. */
export type ContainerStyle = 'plain' | 'runs';

/** The rows, ascending and each once, as the bytes of a deletion vector in the portable format. */
export function encodeRowSet(rows: readonly number[], style: ContainerStyle = 'plain'): Uint8Array {
  const out = new Writer();
  out.u32(1_681_511_377);
  const buckets = groupBy(rows, (row) => Math.floor(row / 2 ** 32));
  out.u32(buckets.size);
  out.u32(0);
  for (const [key, values] of buckets) {
    out.u32(key);
    out.bytes(
      encodeRoaring(
        values.map((row) => row % 2 ** 32),
        style,
      ),
    );
  }
  return out.done();
}

/** The same in the older format, whose own numbers are big-endian. */
export function encodeNative(rows: readonly number[], style: ContainerStyle = 'plain'): Uint8Array {
  const out = new Writer();
  const bitmap = encodeRoaring(rows, style);
  out.u32be(1_681_511_376);
  out.u32be(1);
  out.u32be(bitmap.length);
  out.bytes(bitmap);
  return out.done();
}

function encodeRoaring(values: readonly number[], style: ContainerStyle): Uint8Array {
  const containers = [...groupBy(values, (value) => Math.floor(value / 65_536))];
  const out = new Writer();
  if (style === 'runs' && containers.length > 0) {
    out.u32((((containers.length - 1) << 16) | 12_347) >>> 0);
    const flags = new Uint8Array(Math.ceil(containers.length / 8));
    for (let i = 0; i < containers.length; i += 1) flags[i >> 3] = (flags[i >> 3] ?? 0) | (1 << (i & 7));
    out.bytes(flags);
  } else {
    out.u32(12_346);
    out.u32(containers.length);
  }
  for (const [key, rows] of containers) {
    out.u16(key);
    out.u16(rows.length - 1);
  }
  const bodies = containers.map(([, rows]) =>
    encodeContainer(
      rows.map((row) => row % 65_536),
      style,
    ),
  );
  if (style === 'plain' || containers.length >= 4) {
    let at = out.length + 4 * bodies.length;
    for (const body of bodies) {
      out.u32(at);
      at += body.length;
    }
  }
  for (const body of bodies) out.bytes(body);
  return out.done();
}

function encodeContainer(lows: readonly number[], style: ContainerStyle): Uint8Array {
  const out = new Writer();
  if (style === 'runs') {
    const runs: [number, number][] = [];
    for (const low of lows) {
      const last = runs.at(-1);
      if (last !== undefined && last[1] === low - 1) last[1] = low;
      else runs.push([low, low]);
    }
    out.u16(runs.length);
    for (const [start, end] of runs) {
      out.u16(start);
      out.u16(end - start);
    }
  } else if (lows.length > 4096) {
    const bits = new Uint8Array(8192);
    for (const low of lows) bits[low >> 3] = (bits[low >> 3] ?? 0) | (1 << (low & 7));
    out.bytes(bits);
  } else for (const low of lows) out.u16(low);
  return out.done();
}

function groupBy(rows: readonly number[], keyOf: (row: number) => number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}

class Writer {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  u16(value: number): void {
    this.#bytes.push(value & 0xff, value >>> 8);
  }

  u32(value: number): void {
    this.u16(value & 0xffff);
    this.u16(value >>> 16);
  }

  u32be(value: number): void {
    this.#bytes.push(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
  }

  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
