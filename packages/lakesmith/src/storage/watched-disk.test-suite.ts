import type * as Fs from 'node:fs';
import type * as FsPromises from 'node:fs/promises';

type DiskCall = 'open' | 'read' | 'write' | 'fsync' | 'link' | 'unlink' | 'rename' | 'mkdir' | 'rmdir';

/** A call that changes files or makes them last, or goes through an open file, before it is made. */
export interface DiskStep {
  readonly call: DiskCall;
  readonly path: string;
}

interface WatchedDisk {
  /** Steps below this folder are told; undefined: none. */
  root: string | undefined;
  /** Told of each step before it is made; what it throws, the call throws. 'short': a write takes half of the bytes. */
  before: (step: DiskStep) => 'short' | undefined;
  /** Told when a file or a folder was flushed. */
  flushed: (path: string) => void;
  /** The real calls. */
  fs: typeof Fs | undefined;
}

/**
 * The file system as the program uses it, for tests that let it fail or cut its power. A test mocks `node:fs` with `watchedFs` and
 * `node:fs/promises` with `watchedPromises`. The engine writes its files by itself: these calls are not seen.
 */
export const disk: WatchedDisk = {
  root: undefined,
  before: () => undefined,
  flushed: () => undefined,
  fs: undefined,
};

/** Watches what happens below a folder while `act` runs. */
export async function watching<T>(watch: Partial<WatchedDisk> & { root: string }, act: () => Promise<T>): Promise<T> {
  Object.assign(disk, watch);
  try {
    return await act();
  } finally {
    Object.assign(disk, { root: undefined, before: () => undefined, flushed: () => undefined });
  }
}

const paths = new Map<number, string>();

const isWatched = (path: string): boolean => disk.root !== undefined && `${path}/`.startsWith(`${disk.root}/`);

function meet(call: DiskCall, path: unknown): 'short' | undefined {
  const told = String(path);
  return isWatched(told) ? disk.before({ call, path: told }) : undefined;
}

function half(length: number, mishap: 'short' | undefined): number {
  return mishap === 'short' ? Math.ceil(length / 2) : length;
}

const promisified: unique symbol = Symbol.for('nodejs.util.promisify.custom') as never;

export function watchedFs(real: typeof Fs): object {
  disk.fs = real;
  const flush = async (handle: number): Promise<void> => {
    const path = paths.get(handle) ?? '';
    meet('fsync', path);
    real.fsyncSync(handle);
    if (isWatched(path)) disk.flushed(path);
  };
  const write = async (handle: number, bytes: Uint8Array, at: number, length: number): Promise<object> => {
    const most = half(length, meet('write', paths.get(handle)));
    return { bytesWritten: real.writeSync(handle, bytes, at, most) };
  };
  return {
    ...real,
    openSync(...args: Parameters<typeof real.openSync>): number {
      // Those that only look have flags in numbers.
      if (typeof args[1] === 'string') meet('open', args[0]);
      const handle = real.openSync(...args);
      paths.set(handle, String(args[0]));
      return handle;
    },
    writeSync: (handle: number, bytes: Uint8Array, at: number, length: number): number =>
      real.writeSync(handle, bytes, at, half(length, meet('write', paths.get(handle)))),
    fsync: Object.assign(() => undefined, { [promisified]: flush }),
    write: Object.assign(() => undefined, { [promisified]: write }),
    linkSync(from: string, to: string): void {
      meet('link', to);
      real.linkSync(from, to);
    },
    unlinkSync(path: string): void {
      meet('unlink', path);
      real.unlinkSync(path);
    },
  };
}

/** A file that stays open, each call of which is a step. */
function watchedHandle(file: FsPromises.FileHandle, path: string): FsPromises.FileHandle {
  const own: Readonly<Record<string, unknown>> = {
    async read(bytes: Uint8Array, at: number, length: number, place: number | null): Promise<object> {
      return await file.read(bytes, at, half(length, meet('read', path)), place);
    },
    async write(bytes: Uint8Array, at = 0, length = bytes.length - at): Promise<object> {
      return await file.write(bytes, at, half(length, meet('write', path)));
    },
    async sync(): Promise<void> {
      meet('fsync', path);
      await file.sync();
      disk.flushed(path);
    },
  };
  return new Proxy(file, {
    get(_, name): unknown {
      const known: unknown = typeof name === 'string' && name in own ? own[name] : Reflect.get(file, name, file);
      return typeof known === 'function' ? known.bind(file) : known;
    },
  });
}

export function watchedPromises(real: typeof FsPromises): object {
  return {
    ...real,
    async open(...args: Parameters<typeof real.open>): Promise<FsPromises.FileHandle> {
      meet('open', args[0]);
      const file = await real.open(...args);
      return isWatched(String(args[0])) ? watchedHandle(file, String(args[0])) : file;
    },
    async mkdir(...args: Parameters<typeof real.mkdir>): Promise<string | undefined> {
      meet('mkdir', args[0]);
      return await real.mkdir(...args);
    },
    async rmdir(path: string): Promise<void> {
      meet('rmdir', path);
      await real.rmdir(path);
    },
    async unlink(path: string): Promise<void> {
      meet('unlink', path);
      await real.unlink(path);
    },
    async link(from: string, to: string): Promise<void> {
      meet('link', to);
      await real.link(from, to);
    },
    async rename(from: string, to: string): Promise<void> {
      meet('rename', to);
      await real.rename(from, to);
    },
    async writeFile(...args: Parameters<typeof real.writeFile>): Promise<void> {
      meet('write', args[0]);
      await real.writeFile(...args);
    },
  };
}
