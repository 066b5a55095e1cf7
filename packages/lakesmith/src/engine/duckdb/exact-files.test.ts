import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ExactFiles } from './exact-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'lakesmith-test-'));
const file = join(folder, 'rows.json');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => writeFileSync(file, '{"a":1.5}'));

/** What is known of a file that was read so long after it was written. */
async function knownAfter(passedMs: number): Promise<ExactFiles> {
  const files = new ExactFiles(() => Date.now() + passedMs);
  const stand = await files.standOf(file);
  if (stand !== undefined) files.remember(file, stand);
  return files;
}

describe('a file whose numbers are exact', () => {
  it('is known while it stays as it was', async () => {
    expect(await (await knownAfter(60_000)).has(file)).toBe(true);
  });

  it('is not known once it was written again, though it is as long', async () => {
    const files = await knownAfter(60_000);
    writeFileSync(file, '{"a":1.7}');
    // Two writings at once may have the same time.
    utimesSync(file, 1, 1);
    expect(await files.has(file)).toBe(false);
  });

  it('is not known where it was read so soon that another writing may have the same time', async () => {
    expect(await (await knownAfter(0)).has(file)).toBe(false);
  });

  it('is not known when nobody read it', async () => {
    expect(await new ExactFiles(() => Date.now() + 60_000).has(file)).toBe(false);
  });
});
