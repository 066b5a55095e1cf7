import type { PlantedBug } from './plant.ts';

const delta = 'packages/delta/src';
const lake = 'packages/lakesmith/src/lake';
const engine = 'packages/lakesmith/src/engine/duckdb';
const storage = 'packages/lakesmith/src/storage';

/** Faults that people who write such a program make. Each is found by a test that runs in every build. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a constraint that is NULL counts as kept',
    file: `${engine}/row-checks.ts`,
    replace: ['CASE WHEN (${sql}) THEN', 'CASE WHEN coalesce((${sql}), true) THEN'],
    caughtBy: `${lake}/alter-table.test.ts`,
  },
  {
    name: 'numbers of a table start again after rows were replaced',
    file: `${lake}/identity.ts`,
    replace: [
      'const last = (highWaterMark ?? start - step) + step * rows;',
      'const last = start - step + step * rows;',
    ],
    caughtBy: `${lake}/alter-table.test.ts`,
  },
  {
    name: 'fields inside of values keep their names in files',
    file: `${engine}/stored-value.ts`,
    replace: ['`${quoteName(as.name)} := ${inner}`', '`${quoteName(field.name)} := ${inner}`'],
    caughtBy: `${lake}/alter-table.test.ts`,
  },
  {
    name: 'the id of a dropped column is given again',
    file: `${delta}/field-ids.ts`,
    replace: ['Math.max(...highest, ', 'Math.max(0, '],
    caughtBy: `${delta}/schema-edit.test.ts`,
  },
  {
    name: 'a change of a type is not noted',
    file: `${delta}/schema-edit.ts`,
    replace: ['[...(Array.isArray(before) ? before : []), noted]', '[noted]'],
    caughtBy: `${delta}/schema-edit.test.ts`,
  },
  {
    name: 'a cast rounds where Spark cuts off',
    file: 'packages/lakesmith/src/sql/spark-expression.ts',
    replace: ["callNode('trunc', [value])", 'value'],
    caughtBy: 'packages/lakesmith/src/sql/spark-expression.test.ts',
  },
  {
    name: 'features that only the version numbers imply are lost in an upgrade',
    file: `${delta}/features.ts`,
    replace: ['[...new Set([...writerFeaturesOf(current), ...missing])]', '[...missing]'],
    caughtBy: `${delta}/features.test.ts`,
  },
  {
    name: 'two writers may remove the same file',
    file: `${delta}/txn/conflicts.ts`,
    replace: ["if (overlaps(ours.removed, theirs.removed)) return 'concurrent-delete-delete';", ''],
    caughtBy: `${delta}/txn/conflicts.test.ts`,
  },
  {
    name: 'a file that was read may be gone',
    file: `${delta}/txn/conflicts.ts`,
    replace: ["return isLost ? 'concurrent-delete-read' : undefined;", 'return undefined;'],
    caughtBy: `${delta}/txn/conflicts.test.ts`,
  },
  {
    name: 'rows that others added meanwhile do not count as read',
    file: `${delta}/txn/conflicts.ts`,
    replace: ["|| wouldHaveRead(staged, pair)) return 'concurrent-append';", ") return 'concurrent-append';"],
    caughtBy: `${delta}/txn/conflicts.test.ts`,
  },
  {
    name: 'progress of an application may be written twice',
    file: `${delta}/txn/conflicts.ts`,
    replace: [
      "theirs.appIds.has(appId)) ? 'concurrent-transaction' : undefined",
      'theirs.appIds.has(appId)) ? undefined : undefined',
    ],
    caughtBy: `${delta}/txn/conflicts.test.ts`,
  },
  {
    name: 'a commit does not recognise itself after a put of which nothing was heard',
    file: `${delta}/txn/commit-place.ts`,
    replace: ['if (commitInfo?.txnId === staged.txnId)', 'if (commitInfo?.txnId === staged.txnId && next < 0)'],
    caughtBy: `${delta}/txn/commit.test.ts`,
  },
  {
    name: 'the time of a commit is what the clock says',
    file: `${delta}/txn/in-commit-timestamp.ts`,
    replace: ['Math.max(nowMs, staged?.inCommitTimestamp ?? 0, previousMs + 1)', 'nowMs'],
    caughtBy: `${delta}/txn/in-commit-timestamp.test.ts`,
  },
  {
    name: 'a file with another deletion vector is the same file',
    file: `${delta}/paths.ts`,
    replace: ['return file.deletionVector === undefined ? path :', 'return path !== undefined ? path :'],
    caughtBy: `${delta}/log/log.test.ts`,
  },
  {
    name: 'an upper bound of a long text is its beginning',
    file: `${delta}/stats.ts`,
    replace: [
      'if (dropped < 0x7f) return `${text.slice(0, end)}\\u007F`;',
      'if (dropped < 0x7f) return text.slice(0, end);',
    ],
    caughtBy: `${delta}/stats.test.ts`,
  },
  {
    name: 'upper bounds of times are taken as exact, which are cut to milliseconds',
    file: `${delta}/scan/bounds.ts`,
    replace: ['(this.bounds.highs[index] ?? 0) + 1000', '(this.bounds.highs[index] ?? 0) + 0'],
    caughtBy: `${delta}/scan/scan.test.ts`,
  },
  {
    name: 'a checksum of a deletion vector is that of nothing',
    file: `${delta}/dv/write.ts`,
    replace: [
      'view.setUint32(offset + 4 + vector.length, crc32(vector));',
      'view.setUint32(offset + 4 + vector.length, 0);',
    ],
    caughtBy: `${delta}/dv/write.test.ts`,
  },
  {
    name: 'vacuum takes the vectors of live files',
    file: `${delta}/maintenance/vacuum.ts`,
    replace: ['if (vector !== undefined) keep(', 'if (vector === undefined) keep('],
    caughtBy: `${lake}/rewrite-table.test.ts`,
  },
  {
    name: 'a new vector forgets the rows of the one before',
    file: `${lake}/rewrite-plan.ts`,
    replace: ['return union([deleted, updated, gone].filter(', 'return union([updated, gone].filter('],
    caughtBy: `${lake}/table-writes.test.ts`,
  },
  {
    name: 'the feed does not tell what a row was before',
    file: `${lake}/rewrite-rows.ts`,
    replace: ["    ...told(['before'], 'update_preimage'),\n", ''],
    caughtBy: `${lake}/table-writes.test.ts`,
  },
  {
    name: 'the last clause that is met counts, and not the first',
    file: `${lake}/row-sql.ts`,
    replace: [
      'return `case ${clauses.map(({ when }, i) =>',
      'return `case ${[...clauses.entries()].reverse().map(([i, { when }]) =>',
    ],
    caughtBy: `${lake}/table-writes.test.ts`,
  },
  {
    name: 'rows are taken out of the wrong file where others were left out before',
    file: `${lake}/rewrite-plan.ts`,
    replace: ['const set = files.get(index)?.set;', 'const set = files.get(index === 0 ? 0 : index - 1)?.set;'],
    caughtBy: `${lake}/table-writes.test.ts`,
  },
  {
    name: 'what is computed from a column that is set stays as it was',
    file: `${lake}/complete-change.ts`,
    replace: ['if (columns.some((column) => action.set.has(column)))', 'if (columns.length < 0)'],
    caughtBy: `${lake}/complete-change.test.ts`,
  },
  {
    name: 'a column may forbid NULL while rows have it',
    file: `${lake}/alter-table.ts`,
    replace: ["if (alteration.kind !== 'nullable' || alteration.nullable) return undefined;", 'return undefined;'],
    caughtBy: `${lake}/alter-table.test.ts`,
  },
  {
    name: 'a put gives its file the name of one that is there',
    file: 'packages/lakesmith/src/storage/local-put.ts',
    replace: ['linkSync(temporary.path, file);', 'await rename(temporary.path, file);'],
    caughtBy: 'packages/lakesmith/src/storage/local.test.ts',
  },
  {
    name: 'content is not flushed before it gets its name',
    file: 'packages/lakesmith/src/storage/local-put.ts',
    replace: ['await flush(handle);', ''],
    caughtBy: 'packages/lakesmith/src/storage/local-durability.test.ts',
  },
  {
    name: 'a commit is told before its name lasts',
    file: `${storage}/local-put.ts`,
    replace: ['mayVanish ? undefined : keepName(file)', 'undefined'],
    caughtBy: `${lake}/power-cut.test.ts`,
  },
  {
    name: 'checkpoints wait while each commit changes most of the table',
    file: `${delta}/maintenance/keep-up.ts`,
    replace: ['interval * changed <= held', 'interval <= held'],
    caughtBy: `${delta}/maintenance/keep-up.test.ts`,
  },
  {
    name: 'more commits than a hundred lie between two checkpoints',
    file: `${delta}/maintenance/keep-up.ts`,
    replace: ['[100, 50, 20]', '[100, 30, 20]'],
    caughtBy: `${delta}/maintenance/keep-up.test.ts`,
  },
  {
    name: 'what the library calls JSON is taken for text',
    file: `${engine}/prepared-select.ts`,
    replace: ['type.alias === undefined && ', ''],
    caughtBy: `${engine}/describe.test.ts`,
  },
  {
    name: 'a new folder does not last',
    file: `${storage}/local-put.ts`,
    replace: ['for (const at of made) await syncFolder(dirname(at));', ''],
    caughtBy: `${lake}/power-cut.test.ts`,
  },
  {
    name: 'a commit names data files that do not last yet',
    file: `${storage}/flush-files.ts`,
    replace: ['    ...names.map((name) => syncFile(join(folder, name))),\n', ''],
    caughtBy: `${lake}/power-cut.test.ts`,
  },
  {
    name: 'a commit does not wait until its data files last',
    file: `${lake}/commit-line.ts`,
    replace: ['        await lasting;\n', ''],
    caughtBy: `${lake}/loose-files.test.ts`,
  },
  {
    name: 'a data file that the disk may have lost is flushed again, which then says nothing',
    file: `${lake}/loose-files.ts`,
    replace: ['(group.flushed ??= flushFiles(', '(group.flushed = flushFiles('],
    caughtBy: `${lake}/loose-files.test.ts`,
  },
  {
    name: 'a commit whose name the disk did not confirm is a success, since it is there',
    file: `${delta}/txn/commit.ts`,
    replace: ["    if (error instanceof DeltaError && error.code === 'not-durable') throw error;\n", ''],
    caughtBy: `${lake}/power-cut.test.ts`,
  },
  {
    name: 'commits of one process do not wait for each other',
    file: `${lake}/commit-line.ts`,
    replace: ['        await before;\n', ''],
    caughtBy: `${lake}/commit-line.test.ts`,
  },
  {
    name: 'who fails before its turn brings the next one forward',
    file: `${lake}/commit-line.ts`,
    replace: ['before.then(() => left)', 'left'],
    caughtBy: `${lake}/commit-line.test.ts`,
  },
  {
    name: 'the next commit goes on when the one before it is not named yet',
    file: `${delta}/txn/commit.ts`,
    replace: [
      '    if (await putCommit(',
      '    turn?.end(madeOf(staged, head, staged.actions));\n    if (await putCommit(',
    ],
    caughtBy: `${lake}/commit-line.test.ts`,
  },
  {
    name: 'of the commits that came before in the same process the first is not looked at',
    file: `${lake}/commit-line.ts`,
    replace: ['slice(passed).map', 'slice(passed + 1).map'],
    caughtBy: `${lake}/commit-line.test.ts`,
  },
  {
    name: 'a commit that was written for one version says the same in another, whatever it says',
    file: `${delta}/txn/commit-draft.ts`,
    replace: [
      'if (written.version === place.next) return written;',
      'if (written.version <= place.next) return written;',
    ],
    caughtBy: `${delta}/txn/commit-draft.test.ts`,
  },
  {
    name: 'a commit makes the folder of a table again that somebody deleted',
    file: `${storage}/local.ts`,
    replace: ['this.#requireFolder(options.within);', ''],
    caughtBy: `${storage}/local.test.ts`,
  },
  {
    name: 'a folder becomes a table whose partitions nobody can read',
    file: `${lake}/convert-folder.ts`,
    replace: ['  await checkValues(table, staged);\n', ''],
    caughtBy: `${lake}/convert-folder.test.ts`,
  },
  {
    name: 'a column goes by which the table is clustered',
    file: `${delta}/txn/write.ts`,
    replace: ['  if (change?.clusterBy === undefined) keepClusteringColumns(snapshot, shape);\n', ''],
    caughtBy: `${lake}/alter-table.test.ts`,
  },
  {
    name: 'the mark of rows that are written once is forgotten',
    file: `${lake}/write-table.ts`,
    replace: ['{ txns: [options.txn] }', '{}'],
    caughtBy: `${lake}/table-writes.test.ts`,
  },
];
