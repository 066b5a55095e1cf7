// Reads a table's log as the program does, and tells how long it took: log-read.mjs read|refresh|checkpoint TABLE.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planScan, readSnapshot, writeCheckpoint } from '../packages/delta/dist/index.js';
import { openQueryEngine } from '../packages/lakesmith/dist/cli/query-engine.js';
import { systemClock } from '../packages/lakesmith/dist/core/clock.js';
import { openDeltaTable } from '../packages/lakesmith/dist/lake/delta-table.js';
import { openStore } from '../packages/lakesmith/dist/storage/open.js';

const [, , what, path] = process.argv;
const engine = await openQueryEngine();
const { io } = openDeltaTable(await openStore(path), engine, { clock: systemClock });

async function timed(act) {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const result = await act();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - began, cpuMs: (user + system) / 1000, result };
}

const predicates = [20_000_000, 345_670_000, 5_000_000].map((value) => ({
  kind: 'compare',
  column: ['id'],
  operator: '=',
  value: BigInt(value),
}));

const acts = {
  async read() {
    const read = await timed(() => readSnapshot(io));
    const prunes = [];
    for (const predicate of predicates) prunes.push(await timed(() => planScan(read.result, predicate)));
    const all = await timed(() => planScan(read.result));
    return {
      snapshotMs: read.ms,
      snapshotCpuMs: read.cpuMs,
      firstPruneMs: prunes[0].ms,
      firstPruneCpuMs: prunes[0].cpuMs,
      pruneMs: prunes.at(-1).ms,
      toFirstPruneMs: read.ms + prunes[0].ms,
      toFirstPruneCpuMs: read.cpuMs + prunes[0].cpuMs,
      allMs: all.ms,
      allCpuMs: all.cpuMs,
      files: read.result.files.size,
      left: prunes[0].result.files.length,
    };
  },
  async refresh() {
    const base = await readSnapshot(io);
    planScan(base, predicates[1]);
    const next = join(path, '_delta_log', `${String(base.version + 1).padStart(20, '0')}.json`);
    const [one] = base.files.values();
    writeFileSync(next, `${JSON.stringify({ add: { ...one, path: `${one.path}.${base.version}` } })}\n`);
    const { ms, cpuMs, result } = await timed(() => readSnapshot(io, { base }));
    if (result.files.size !== base.files.size + 1) throw new Error('the new file is not there');
    const prune = await timed(() => planScan(result, predicates[0]));
    return { refreshMs: ms, refreshCpuMs: cpuMs, pruneMs: prune.ms, pruneCpuMs: prune.cpuMs };
  },
  async checkpoint() {
    await writeCheckpoint(io, await readSnapshot(io));
    return {};
  },
};

console.log(JSON.stringify(await acts[what]()));
await engine.close();
