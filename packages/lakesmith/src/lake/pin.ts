import { encodeJson } from '../core/json.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { readRelease } from './release.ts';
import { readStoredJson } from './stored-json.ts';

/** A release that nobody drops, and why. */
export interface Pin {
  readonly release: number;
  readonly reason: string;
  /** ISO time. */
  readonly at: string;
}

const folder = '_lakesmith/pins/';
const pathOf = (release: number): string => `${folder}${String(release).padStart(20, '0')}.json`;

/** Pins by release. */
export async function listPins(state: ObjectStore): Promise<ReadonlyMap<number, Pin>> {
  const pins = new Map<number, Pin>();
  for await (const { path } of state.list(folder, { shallow: true })) {
    const pin = await readStoredJson<Pin>(state, path);
    if (pin !== undefined) pins.set(pin.release, pin);
  }
  return pins;
}

/** Keeps a release until it is unpinned. LS3003 when there is no such release. */
export async function pinRelease(state: ObjectStore, pin: Pin): Promise<void> {
  await readRelease(state, pin.release);
  await state.put(pathOf(pin.release), encodeJson(pin));
  try {
    // It may have been dropped since it was read.
    await readRelease(state, pin.release);
  } catch (error) {
    await unpinRelease(state, pin.release);
    throw error;
  }
}

/** Absent is fine. */
export async function unpinRelease(state: ObjectStore, release: number): Promise<void> {
  await state.delete(pathOf(release));
}
