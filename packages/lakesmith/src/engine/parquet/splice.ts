import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LakeError, messageOf } from '../../core/errors.ts';
import { syncFile, syncFolder, systemErrorCode } from '../../core/platform.ts';
import { newFilesError } from '../new-files.ts';
import type { ColumnChunk, FileLayout, RowGroup, Stretch } from './file-layout.ts';
import { magic } from './file-layout.ts';
import { integerBytes } from './thrift.ts';

type Side = 'base' | 'part';

/** Bytes of one of two files. */
interface Copy extends Stretch {
  readonly from: Side;
}

/** What a file consists of: bytes of two others in order, behind the first four, and then its footer. */
export interface Splice {
  readonly copies: readonly Copy[];
  readonly footer: Uint8Array;
}

/** A chunk as it stands in the new file. */
interface Placed {
  /** The one in whose place it stands. */
  readonly before: ColumnChunk;
  readonly from: Side;
  readonly chunk: ColumnChunk;
  readonly shift: number;
}

/**
 * A file like the base, in which these groups of rows have some columns of another file, the part: it has just these columns and groups, of
 * the same rows in the same order. Undefined when it does not fit.
 */
export function planSplice(base: FileLayout, part: FileLayout, groups: readonly number[]): Splice | undefined {
  if (!fits(base, part, groups)) return undefined;
  const fresh = new Map(groups.map((group, i) => [group, part.groups[i]?.chunks ?? []]));
  const copies: Copy[] = [];
  let at = magic.length;
  const copy = (from: Side, { start, end }: Stretch): number => {
    copies.push({ from, start, end });
    const shift = at - start;
    at += end - start;
    return shift;
  };
  const placed = base.groups.map((group, i) =>
    group.chunks.map((before): Placed => {
      const own = fresh.get(i)?.find(({ column }) => column === before.column);
      const from = own === undefined ? 'base' : 'part';
      const chunk = own ?? before;
      return { before, from, chunk, shift: copy(from, chunk.pages) };
    }),
  );
  const footers: Readonly<Record<Side, Uint8Array>> = { base: base.footer, part: part.footer };
  const edits = placed.flatMap((chunks, i) => [
    ...chunks.map(({ before, from, chunk, shift }): Edit => {
      const { filter } = chunk;
      const moved = chunk.offsets.map((one) => numberEdit(one, one.value + shift));
      const start = filter?.offset.value ?? 0;
      const more =
        filter === undefined
          ? []
          : [numberEdit(filter.offset, start + copy(from, { start, end: start + filter.bytes }))];
      return { ...before.told, bytes: edited(footers[from], chunk.told, [...moved, ...more]) };
    }),
    ...groupEdits(base.groups[i], chunks),
  ]);
  return { copies, footer: edited(base.footer, { start: 0, end: base.footer.length }, edits) };
}

function fits(base: FileLayout, part: FileLayout, groups: readonly number[]): boolean {
  const isAlike = part.columns.every(({ name, isFlat, told }) => {
    const alike = base.columns.filter((column) => column.name === name);
    return isFlat && alike.length === 1 && Buffer.compare(alike[0]?.told ?? new Uint8Array(), told) === 0;
  });
  return (
    isAlike &&
    part.groups.length === groups.length &&
    part.groups.every(({ rows, chunks }, i) => {
      const before = base.groups[groups[i] ?? -1];
      return rows === before?.rows && chunks.length === part.columns.length;
    })
  );
}

/** Other bytes in the place of some. */
interface Edit extends Stretch {
  readonly bytes: ArrayLike<number>;
}

function numberEdit({ start, end }: Stretch, value: number): Edit {
  return { start, end, bytes: integerBytes(value) };
}

/** What the footer says of a group as a whole. */
function groupEdits(group: RowGroup | undefined, chunks: readonly Placed[]): readonly Edit[] {
  const { compressed, uncompressed, offset } = group ?? {};
  const [first] = chunks;
  const more = (sizeOf: (chunk: ColumnChunk) => number): number =>
    chunks.reduce((sum, { before, chunk }) => sum + sizeOf(chunk) - sizeOf(before), 0);
  const edits: Edit[] = [];
  if (compressed !== undefined) edits.push(numberEdit(compressed, compressed.value + more(pageBytes)));
  if (uncompressed !== undefined)
    edits.push(numberEdit(uncompressed, uncompressed.value + more((chunk) => chunk.uncompressedBytes)));
  if (offset !== undefined && offset.value !== 0 && first !== undefined)
    edits.push(numberEdit(offset, first.chunk.pages.start + first.shift));
  return edits;
}

/** How many bytes of the file a chunk takes. */
export function pageBytes({ pages }: ColumnChunk): number {
  return pages.end - pages.start;
}

function edited(bytes: Uint8Array, { start, end }: Stretch, edits: readonly Edit[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let at = start;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    pieces.push(bytes.subarray(at, edit.start), Uint8Array.from(edit.bytes));
    at = edit.end;
  }
  return Buffer.concat([...pieces, bytes.subarray(at, end)]);
}

const bufferBytes = 2 ** 20;

/** The files that bytes come from. */
type Sources = Readonly<Record<Side, FileHandle>>;

/** Writes the file that a plan tells of, durable when it returns, and gives its size. LS3101 when it cannot; then nothing of it stays. */
export async function writeSplice(splice: Splice, files: Sources, target: string): Promise<number> {
  try {
    const bytes = await writeNew(splice, files, target);
    await Promise.all([syncFile(target), syncFolder(dirname(target))]);
    return bytes;
  } catch (error) {
    await rm(target, { force: true });
    if (error instanceof LakeError || systemErrorCode(error) === undefined) throw error;
    throw newFilesError(dirname(target), messageOf(error), error);
  }
}

async function writeNew({ copies, footer }: Splice, files: Sources, target: string): Promise<number> {
  const file = await open(target, 'wx');
  try {
    await writeAll(file, Buffer.from(magic));
    let bytes = magic.length;
    const buffer = Buffer.allocUnsafe(bufferBytes);
    for (const { from, start, end } of joined(copies)) {
      for (let at = start; at < end;) {
        const { bytesRead } = await files[from].read(buffer, 0, Math.min(buffer.length, end - at), at);
        if (bytesRead === 0)
          throw new LakeError('LS3004', `A data file became shorter while ${target} was made from it.`);
        await writeAll(file, buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
      bytes += end - start;
    }
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    const tail = Buffer.concat([footer, length, Buffer.from(magic)]);
    await writeAll(file, tail);
    return bytes + tail.length;
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
}

/** Stretches that lie side by side are one. */
function joined(copies: readonly Copy[]): readonly Copy[] {
  const all: Copy[] = [];
  for (const copy of copies) {
    const last = all.at(-1);
    if (last?.from === copy.from && last.end === copy.start) all[all.length - 1] = { ...last, end: copy.end };
    else all.push(copy);
  }
  return all;
}
