import { DeltaError } from '../errors.ts';
import { readChecksum } from '../log/checksum.ts';
import { readCheckpoint } from '../log/checkpoint-read.ts';
import { factsOfCommit } from '../log/commit-facts.ts';
import { parseCommit } from '../log/commit-file.ts';
import { readCheckpointHint } from '../log/hint.ts';
import { type CheckpointFiles, type CompactedFile, type LogListing, listLog } from '../log/list.ts';
import { LAST_CHECKPOINT_PATH, checksumPath } from '../log/names.ts';
import { Replay } from '../log/replay.ts';
import type { Snapshot } from '../snapshot.ts';
import type { StoredObject, TableIo } from '../store.ts';
import { checkColumns } from './columns.ts';
import { checkFiles } from './files.ts';
import { type Finding, Findings } from './finding.ts';
import { checkRowIds } from './row-ids.ts';
import { compareChecksum, compareSnapshots } from './state.ts';

/**
 * Reads the whole log, version by version, and tells every rule of the protocol that it breaks, or that the files of its
 * newest version break as far as the log tells. Checkpoints, compacted commits and checksums are held against the commits that
 * they stand for, where those are still there. No data file is opened. Empty: all is well.
 */
export async function checkLog(io: TableIo): Promise<Finding[]> {
  const findings = new Findings();
  const listing = await listLog(io.store);
  const check = new LogCheck(io, listing, findings);
  const newest = await check.run();
  await checkHint(io, listing, findings);
  if (newest !== undefined) {
    checkColumns(newest, findings);
    tryTo(findings, () => checkFiles(newest, io, findings));
    tryTo(findings, () => checkRowIds(newest, findings));
  }
  return findings.all();
}

class LogCheck {
  readonly #io: TableIo;
  readonly #listing: LogListing;
  readonly #findings: Findings;
  /** States that compacted files start from, by their version. */
  readonly #bases: Map<number, Snapshot | undefined> = new Map();

  constructor(io: TableIo, listing: LogListing, findings: Findings) {
    this.#io = io;
    this.#listing = listing;
    this.#findings = findings;
  }

  /** The newest version, if it can be made from the log. */
  async run(): Promise<Snapshot | undefined> {
    const { commits, checkpoints } = this.#listing;
    const versions = [...new Set([...commits.keys(), ...checkpoints.map((c) => c.version)])].sort((a, b) => a - b);
    if (versions.length === 0) {
      this.#findings.add({ rule: 'no-table', severity: 'error', message: 'The folder has no log with commits.' });
      return undefined;
    }
    let state: Snapshot | undefined;
    let last = -1;
    for (const version of versions) {
      if (version !== last + 1) this.#tellGap({ last, version, oldest: versions[0] ?? 0 });
      const before = version === last + 1 ? state : undefined;
      state = await this.#version(version, before);
      last = version;
    }
    return state;
  }

  #tellGap({ last, version, oldest }: { last: number; version: number; oldest: number }): void {
    const isStart = version === oldest;
    const isBehind = this.#listing.checkpoints.some((c) => c.version >= version);
    // A log that was cleaned up starts with a checkpoint, or with commits that lead to one.
    if (isStart && isBehind) return;
    const message = `Versions ${last + 1} to ${version - 1} are missing in the log.`;
    this.#findings.add({ rule: 'gap', severity: isBehind ? 'warning' : 'error', version: last + 1, message });
  }

  /** The version's state, by its commit if that can be applied to the one before, else by its checkpoint. */
  async #version(version: number, before: Snapshot | undefined): Promise<Snapshot | undefined> {
    const commit = this.#listing.commits.get(version);
    let state: Snapshot | undefined;
    if (commit !== undefined && (before !== undefined || version === 0))
      state = await this.#applied(commit, version, before);
    if (this.#listing.compacted.has(version)) this.#bases.set(version, before);
    for (const checkpoint of this.#listing.checkpoints) {
      if (checkpoint.version === version) state = await this.#checkpoint(checkpoint, state);
    }
    if (state !== undefined) {
      for (const files of this.#listing.compacted.values()) {
        for (const file of files) if (file.to === version) await this.#compacted(file, state);
      }
      await this.#checksum(state);
    }
    return state;
  }

  async #applied(file: StoredObject, version: number, before: Snapshot | undefined): Promise<Snapshot | undefined> {
    return this.#read('commit-unusable', { version, path: file.path }, async () => {
      const actions = parseCommit(await this.#bytes(file.path), file.path);
      const replay = new Replay(before, true);
      replay.apply(actions, file.path);
      return replay.snapshot('committed', version, factsOfCommit(actions, file));
    });
  }

  async #checkpoint(checkpoint: CheckpointFiles, state: Snapshot | undefined): Promise<Snapshot | undefined> {
    const { version, paths, modifiedMs } = checkpoint;
    const [path = ''] = paths;
    const own = await this.#read('checkpoint-unusable', { version, path }, async () => {
      const replay = new Replay(undefined, true);
      replay.apply(await readCheckpoint(this.#io, checkpoint), path, 'reconciled');
      return replay.snapshot('committed', version, { commitInfo: undefined, timestampMs: modifiedMs });
    });
    if (own !== undefined && state !== undefined) {
      this.#differences('checkpoint-differs', { path, version }, compareSnapshots(own, state));
    }
    return state ?? own;
  }

  async #compacted(file: CompactedFile, state: Snapshot): Promise<void> {
    const before = this.#bases.get(file.from);
    if (before === undefined && file.from > 0) return;
    const { path, to: version } = file;
    const own = await this.#read('compacted-unusable', { version, path }, async () => {
      const replay = new Replay(before, true);
      replay.apply(parseCommit(await this.#bytes(path), path), path, 'reconciled');
      return replay.snapshot('committed', version, { commitInfo: undefined, timestampMs: file.modifiedMs });
    });
    if (own !== undefined) this.#differences('compacted-differs', { path, version }, compareSnapshots(own, state));
  }

  async #checksum(state: Snapshot): Promise<void> {
    const { version } = state;
    if (!this.#listing.checksums.has(version)) return;
    const path = checksumPath(version);
    const checksum = await readChecksum(this.#io, version);
    if (checksum === undefined) {
      const message = `The checksum file ${path} is not a JSON object.`;
      this.#findings.add({ rule: 'checksum-malformed', severity: 'warning', version, path, message });
    } else {
      for (const what of compareChecksum(state, checksum)) {
        const message = `The checksum file ${path} disagrees with the log: ${what}.`;
        this.#findings.add({ rule: 'checksum-differs', severity: 'error', version, path, message });
      }
    }
  }

  #differences(
    rule: string,
    { path, version }: { path: string; version: number },
    differences: readonly string[],
  ): void {
    for (const what of differences) {
      const message = `${path} disagrees with the commits that it stands for: ${what}.`;
      this.#findings.add({ rule, severity: 'error', version, path, message });
    }
  }

  async #read(
    rule: string,
    { version, path }: { version: number; path: string },
    read: () => Promise<Snapshot>,
  ): Promise<Snapshot | undefined> {
    try {
      return await read();
    } catch (error) {
      const message = error instanceof Error ? error.message : `${path} cannot be read.`;
      const code = error instanceof DeltaError ? error.code : undefined;
      const named = code === 'unsupported-feature' || code === 'invalid-schema' ? code : rule;
      this.#findings.add({ rule: named, severity: 'error', version, path, message });
      return undefined;
    }
  }

  async #bytes(path: string): Promise<Uint8Array> {
    const bytes = await this.#io.store.get(path);
    if (bytes === undefined) throw new DeltaError('log-corrupt', `${path} was in the log and is gone.`);
    return bytes;
  }
}

async function checkHint(io: TableIo, listing: LogListing, findings: Findings): Promise<void> {
  const hint = await readCheckpointHint(io.store);
  const path = LAST_CHECKPOINT_PATH;
  const faults = {
    'not-json': 'it is not a JSON object',
    'no-version': 'it names no version',
    checksum: 'its checksum is not that of its content',
  };
  if (hint.fault !== undefined) {
    const message = `${path} cannot be used: ${faults[hint.fault]}.`;
    findings.add({ rule: 'hint-malformed', severity: 'warning', path, message });
  }
  const { version, parts } = hint;
  if (version === undefined) return;
  const fits = (c: CheckpointFiles): boolean =>
    c.version === version && (parts === undefined || parts === c.paths.length);
  if (!listing.checkpoints.some(fits)) {
    const message = `${path} names a checkpoint of version ${version}, which is not there or not complete.`;
    findings.add({ rule: 'hint-wrong', severity: 'warning', version, path, message });
  }
}

/** What cannot be checked because the schema makes no sense is told once. */
function tryTo(findings: Findings, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof DeltaError)) throw error;
    findings.add({ rule: 'invalid-schema', severity: 'error', message: error.message });
  }
}
