import { LakeError } from '../core/errors.ts';
import type { Release } from '../lake/release.ts';
import type { ProjectTable } from '../project/model.ts';
import type { SampleSize } from '../plan/refresh/sample.ts';
import { nowIso } from './context.ts';
import type { VerifyWork } from './made-again.ts';
import type { Verified } from './verifications.ts';
import { recordVerification, verifiedTables } from './verifications.ts';
import type { VerifiedTable } from './verify-table.ts';
import { verifyTable } from './verify-table.ts';

export interface VerifyRequest {
  readonly context: VerifyWork['context'];
  readonly release: Release;
  readonly tables: readonly ProjectTable[];
  readonly maskedIn: (table: string) => ReadonlySet<string>;
  readonly quick: boolean;
  readonly sample: SampleSize | undefined;
  /** How much time there is for all of them. */
  readonly withinMs: number | undefined;
  readonly tell: (one: VerifiedTable, before: Verified | undefined) => void;
}

export interface VerifiedRelease {
  readonly found: readonly VerifiedTable[];
  /** Tables that there was no time for. */
  readonly left: readonly string[];
  /** Why the result could not be noted down; undefined: it was. */
  readonly unrecorded: string | undefined;
}

/** Verifies tables, one after the other, and notes down what was found. With a bound of time, those first that nobody looked at for longest. */
export async function verifyRelease(request: VerifyRequest): Promise<VerifiedRelease> {
  const { context, release, quick, sample, withinMs, maskedIn, tell } = request;
  const startedMs = performance.now();
  const leftMs = (): number | undefined =>
    withinMs === undefined ? undefined : withinMs - (performance.now() - startedMs);
  const before = await verifiedTables(context.lake.state);
  const released = request.tables.filter(({ name }) => release.tables[name] !== undefined);
  const tables = withinMs === undefined ? released : leastRecentFirst(released, before);
  const found: VerifiedTable[] = [];
  const left: string[] = [];
  for (const table of tables) {
    const time = leftMs();
    if (time !== undefined && time <= 0) {
      left.push(table.name);
      continue;
    }
    const one = await verifyTable({
      context,
      release,
      table,
      masked: maskedIn(table.name),
      quick,
      sample,
      withinMs: time,
    });
    if (one === undefined) continue;
    found.push(one);
    tell(one, before.get(table.name));
  }
  return { found, left, unrecorded: await record(request, found) };
}

function leastRecentFirst(
  tables: readonly ProjectTable[],
  before: ReadonlyMap<string, Verified>,
): readonly ProjectTable[] {
  const at = ({ name }: ProjectTable): string => before.get(name)?.last?.at ?? '';
  return [...tables].sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0));
}

/** Who may only read a lake is told what was found all the same. */
async function record(
  { context, release }: VerifyRequest,
  tables: readonly VerifiedTable[],
): Promise<string | undefined> {
  if (tables.length === 0) return undefined;
  try {
    await recordVerification(context.lake.state, { at: nowIso(context), release: release.release, tables });
    return undefined;
  } catch (error) {
    if (error instanceof LakeError) return error.message;
    throw error;
  }
}
