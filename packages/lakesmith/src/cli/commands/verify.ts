import { randomInt } from 'node:crypto';
import { LakeError } from '../../core/errors.ts';
import type { SampleSize } from '../../plan/refresh/sample.ts';
import { reachOfWords } from '../../plan/reach.ts';
import type { Verified } from '../../run/verifications.ts';
import { verifyRelease } from '../../run/verify-release.ts';
import { isWrong } from '../../run/verify-table.ts';
import { parseDuration } from '../duration.ts';
import { interruptSignal } from '../interrupt.ts';
import { maskedColumns } from '../masked-columns.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { widest } from '../render.ts';
import { requireRelease } from '../../serve/required-release.ts';
import { selection } from '../selection.ts';
import { verifiedSummary, verifiedText } from '../verified-text.ts';
import { wholeNumber } from '../whole-number.ts';

export interface VerifyOptions extends CommonOptions {
  readonly release?: string;
  readonly quick?: boolean;
  readonly reveal?: boolean;
  /** So many keys, a share of them, or the usual number. */
  readonly sample?: string | true;
  readonly seed?: string;
  readonly within?: string;
}

/** Keys of each table, when nothing else is said. */
const usualKeys = 1000;

/** Holds the tables of a release against their files, their ledgers and their models. */
export async function verify(names: readonly string[], options: VerifyOptions): Promise<number> {
  const act = async (bench: Workbench): Promise<number> => {
    const { project } = bench;
    const release = await requireRelease(
      bench,
      options.release === undefined ? undefined : wholeNumber('--release', options.release),
    );
    const sample = sampleSize(options);
    const withinMs = options.within === undefined ? undefined : parseDuration('--within', options.within);
    if (sample !== undefined && options.quick === true)
      throw new LakeError('LS4001', '--quick computes nothing, and --sample computes some rows: give one of them.');
    const select = await selection(bench, names);
    const tables = [...project.tables.values()].filter(({ name }) => select?.has(name) !== false);
    const maskedIn = await maskedColumns(bench, options);
    const width = widest(tables.map(({ name }) => name));
    const interrupt = interruptSignal();
    const isJson = options.json === true;
    const verifiedAt = new Map<string, Verified | undefined>();
    try {
      const { found, left, unrecorded } = await verifyRelease({
        context: { ...bench, signal: interrupt.signal },
        release,
        tables,
        maskedIn,
        quick: options.quick === true,
        sample,
        withinMs,
        tell: (one, before) => {
          verifiedAt.set(one.table, before);
          if (!isJson) print(verifiedText(one, width).join('\n'));
        },
      });
      const ok = !found.some(isWrong);
      if (isJson) {
        const told = found.map((one) => ({ ...one, verifiedBefore: verifiedAt.get(one.table)?.last ?? null }));
        printJson({
          ok,
          release: release.release,
          tables: told,
          left,
          ...(unrecorded === undefined ? {} : { unrecorded }),
        });
      } else {
        if (left.length > 0) print(`no time was left for ${left.join(', ')}`);
        if (unrecorded !== undefined) print(`! that it was verified could not be noted down: ${unrecorded}`);
        print(verifiedSummary(found, release.release));
      }
      return ok ? 0 : 1;
    } finally {
      interrupt.stop();
    }
  };
  return await withWorkbench(options, act, { about: reachOfWords(names), words: names });
}

/** '5%' or '1000'; `--seed` chooses the same keys again. */
function sampleSize({ sample, seed }: VerifyOptions): SampleSize | undefined {
  if (sample === undefined) {
    if (seed !== undefined) throw new LakeError('LS4001', '--seed says which keys --sample takes: give --sample, too.');
    return undefined;
  }
  const by = seed === undefined ? randomInt(1, 1_000_000) : wholeNumber('--seed', seed);
  if (sample === true) return { keys: usualKeys, seed: by };
  const [, percent] = /^(\d+(?:\.\d+)?)\s?%$/.exec(sample) ?? [];
  if (percent !== undefined && Number(percent) > 0 && Number(percent) <= 100)
    return { share: Number(percent) / 100, seed: by };
  if (/^[1-9]\d{0,8}$/.test(sample)) return { keys: Number(sample), seed: by };
  throw new LakeError(
    'LS4001',
    `--sample takes a number of keys or a share of them, such as 1000 or 5%, not ${sample}. Name tables before it.`,
  );
}
