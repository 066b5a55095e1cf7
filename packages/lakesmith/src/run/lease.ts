import { hostname } from 'node:os';
import { LakeError } from '../core/errors.ts';
import { encodeJson } from '../core/json.ts';
import { isProcessAlive } from '../core/platform.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { readStoredJson } from '../lake/stored-json.ts';

const path = '_lakesmith/lease.json';
/** A holder on another machine that has not renewed for this long is taken for dead. */
const expiryMs = 60_000;
const renewMs = 10_000;
/** Holders of this process that are at work: a lease of ours that is not among them is left over. */
const atWork = new Set<string>();

interface LeaseFile {
  readonly holder: string;
  readonly host: string;
  readonly pid: number;
  readonly renewedMs: number;
  /** Rises with each holder, so that a holder who was thought dead can see that he was replaced. */
  readonly fence: number;
  readonly state: 'held' | 'free';
}

/** The right to write to a lake: one holder at a time. */
export interface Lease {
  readonly fence: number;
  /** Throws LS3303 when another holder has taken over. Called right before anything irreversible. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** Takes the lease, also from a holder who died; LS3302 when somebody is at work. */
export async function takeLease(store: ObjectStore): Promise<Lease> {
  const holder = crypto.randomUUID();
  const current = await store.head(path);
  const old = current === undefined ? undefined : await readLease(store);
  if (old !== undefined && old.state === 'held' && isAlive(old)) throw busy(old);
  const mine = (renewedMs: number): LeaseFile => ({
    holder,
    host: hostname(),
    pid: process.pid,
    renewedMs,
    fence: (old?.fence ?? 0) + 1,
    state: 'held',
  });
  const put =
    current === undefined
      ? await store.putIfAbsent(path, encodeJson(mine(Date.now())))
      : await store.putIfMatch(path, encodeJson(mine(Date.now())), current.etag);
  if (put.kind === 'refused') throw busy(await readLease(store));
  atWork.add(holder);
  return keep(store, holder, mine, put.etag);
}

function keep(store: ObjectStore, holder: string, mine: (renewedMs: number) => LeaseFile, firstEtag: string): Lease {
  let etag = firstEtag;
  let turn: Promise<unknown> = Promise.resolve();
  // One write at a time: a renewal that overlaps the release would see its own etag as somebody else's.
  const inTurn = <T>(action: () => Promise<T>): Promise<T> => {
    const next = turn.then(action, action);
    turn = next.catch(() => undefined);
    return next;
  };
  const write = (file: LeaseFile): Promise<boolean> =>
    inTurn(async () => {
      const outcome = await store.putIfMatch(path, encodeJson(file), etag);
      if (outcome.kind === 'stored') etag = outcome.etag;
      return outcome.kind === 'stored';
    });
  // A failed renewal is not an event: `check` decides before anything irreversible happens.
  const timer = setInterval(() => void write(mine(Date.now())).catch(() => undefined), renewMs);
  timer.unref();
  return {
    fence: mine(0).fence,
    async check() {
      const now = await inTurn(() => readLease(store));
      if (now?.holder !== holder) {
        throw new LakeError(
          'LS3303',
          'This run lost its lease on the lake: another run took over while this one stood still. Nothing more was written.',
        );
      }
    },
    async release() {
      clearInterval(timer);
      atWork.delete(holder);
      await write({ ...mine(Date.now()), state: 'free' });
    },
  };
}

/** Whether somebody writes to the lake now. */
export async function isAtWork(store: ObjectStore): Promise<boolean> {
  const lease = await readLease(store);
  return lease !== undefined && lease.state === 'held' && isAlive(lease);
}

async function readLease(store: ObjectStore): Promise<LeaseFile | undefined> {
  return await readStoredJson<LeaseFile>(store, path);
}

function isAlive(lease: LeaseFile): boolean {
  if (lease.host !== hostname()) return Date.now() - lease.renewedMs < expiryMs;
  if (lease.pid === process.pid) return atWork.has(lease.holder);
  // A process id is reused: a holder that lives also renews.
  return isProcessAlive(lease.pid) && Date.now() - lease.renewedMs < expiryMs;
}

function busy(lease: LeaseFile | undefined): LakeError {
  const who = lease === undefined ? 'another process' : `process ${lease.pid} on ${lease.host}`;
  return new LakeError('LS3302', `Another run is at work on this lake (${who}): wait until it ends, then try again.`, {
    retry: 'safe',
  });
}
