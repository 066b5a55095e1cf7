// Reads tables as the built program does, one after the other, and says what came of each. The parent limits its time and
// memory: a table that takes too much of either ends this process, not the test. Tables share an engine as those of one query
// do; after an error comes another, so that what one table did to it is not taken for a fault of the next.
import { defaultMemoryBytes } from '../../packages/lakesmith/dist/cli/memory.js';
import { snapshotOf } from '../../packages/lakesmith/dist/cli/open-table.js';
import { systemClock } from '../../packages/lakesmith/dist/core/clock.js';
import { LakeError } from '../../packages/lakesmith/dist/core/errors.js';
import { plainIntegers } from '../../packages/lakesmith/dist/core/json.js';
import { openDuckDb } from '../../packages/lakesmith/dist/engine/duckdb/engine.js';
import { openDeltaTable } from '../../packages/lakesmith/dist/lake/delta-table.js';
import { fromProtocol } from '../../packages/lakesmith/dist/lake/protocol-errors.js';
import { readRows } from '../../packages/lakesmith/dist/run/read-rows.js';
import { bindTableRead } from '../../packages/lakesmith/dist/serve/table-question.js';
import { retryStore } from '../../packages/lakesmith/dist/storage/layers/retry.js';
import { openStore } from '../../packages/lakesmith/dist/storage/open.js';

const readsPerEngine = 100;
/** @type {import('../../packages/lakesmith/dist/engine/engine.js').Engine | undefined} */
let engine;
let reads = 0;

process.on('message', (message) => void answer(message));
process.on('disconnect', () => process.exit());

async function answer({ id, question: path }) {
  const before = process.cpuUsage();
  const outcome = await read(path).catch(describe);
  const { user, system } = process.cpuUsage(before);
  process.send?.({ id, reply: { outcome, cpuMs: (user + system) / 1000, rss: process.memoryUsage.rss() } });
  if (outcome.kind === 'rows' && reads < readsPerEngine) return;
  const old = engine;
  engine = undefined;
  reads = 0;
  await old?.close();
}

async function read(path) {
  reads += 1;
  engine ??= await openDuckDb({ memoryBytes: defaultMemoryBytes(), threads: Number(process.argv[2]) });
  const table = openDeltaTable(retryStore(await openStore(path)), engine, { clock: systemClock });
  const { request } = await bindTableRead(table, await snapshotOf(table, {}), {});
  const { columns, rows } = await readRows(engine, request);
  return { kind: 'rows', columns, rows: rows.map((row) => row.map((cell) => JSON.stringify(cell, plainIntegers))) };
}

function describe(error) {
  const told = fromProtocol(error);
  if (told instanceof LakeError && told.code !== 'LS9001')
    return { kind: 'error', code: told.code, message: told.message };
  return { kind: 'crash', message: String(error?.stack ?? error) };
}
