// Reads tables as the built program does, one after the other, and says what came of each. The parent limits its time and
// memory: a table that takes too much of either ends this process, not the test.
import { fromProtocol } from '../../packages/lakesmith/dist/lake/protocol-errors.js';
import { snapshotOf, withTable } from '../../packages/lakesmith/dist/cli/open-table.js';
import { LakeError } from '../../packages/lakesmith/dist/core/errors.js';
import { plainIntegers } from '../../packages/lakesmith/dist/core/json.js';
import { readRows } from '../../packages/lakesmith/dist/run/read-rows.js';
import { bindTableRead } from '../../packages/lakesmith/dist/serve/table-question.js';

process.on('message', (question) => void answer(question));
process.on('disconnect', () => process.exit());

async function answer({ id, path }) {
  const before = process.cpuUsage();
  const outcome = await read(path).catch(describe);
  const { user, system } = process.cpuUsage(before);
  process.send?.({ id, outcome, cpuMs: (user + system) / 1000, rss: process.memoryUsage.rss() });
}

async function read(path) {
  return await withTable(path, {}, async (table) => {
    const { request } = await bindTableRead(table, await snapshotOf(table, {}), {});
    const { columns, rows } = await readRows(table.engine, request);
    return { kind: 'rows', columns, rows: rows.map((row) => row.map((cell) => JSON.stringify(cell, plainIntegers))) };
  });
}

function describe(error) {
  const told = fromProtocol(error);
  if (told instanceof LakeError && told.code !== 'LS9001')
    return { kind: 'error', code: told.code, message: told.message };
  return { kind: 'crash', message: String(error?.stack ?? error) };
}
