import type { PlantedBug } from './plant.ts';

const delta = 'packages/delta/src';
const lake = 'packages/lakesmith/src/lake';
const parquet = 'packages/lakesmith/src/engine/parquet';
const duckdb = 'packages/lakesmith/src/engine/duckdb';

/** Faults in copying pages of files, in telling tables apart, and in numbering rows. */
export const tableBugs: readonly PlantedBug[] = [
  {
    name: 'a file of copied pages is named before it is flushed',
    file: `${parquet}/splice.ts`,
    replace: [
      'await Promise.all([syncFile(target), syncFolder(dirname(target))]);',
      'await syncFolder(dirname(target));',
    ],
    caughtBy: `${lake}/power-cut.test.ts`,
  },
  {
    name: 'copied pages are looked for where they lay before',
    file: `${parquet}/splice.ts`,
    replace: ['numberEdit(one, one.value + shift)', 'numberEdit(one, one.value)'],
    caughtBy: `${parquet}/splice.test.ts`,
  },
  {
    name: 'new pages take the place of those of the first groups',
    file: `${lake}/splice-plan.ts`,
    replace: ['found.map(({ group }) => group)', 'found.map((_, i) => i)'],
    caughtBy: `${lake}/spliced-faults.test.ts`,
  },
  {
    name: 'a file of which some pages are new has the statistics of the old one',
    file: `${lake}/spliced-rows.ts`,
    replace: ["return replaceStats(file.add.stats ?? '', fresh, names);", "return file.add.stats ?? '';"],
    caughtBy: `${lake}/spliced-rows.test.ts`,
  },
  {
    name: 'a disk that takes half of the bytes is taken for one that took all',
    file: `${parquet}/splice.ts`,
    replace: [
      'at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;',
      'at = Math.max(bytes.length, (await file.write(bytes, at, bytes.length - at)).bytesWritten);',
    ],
    caughtBy: `${lake}/spliced-faults.test.ts`,
  },
  {
    name: 'a table that was made in the place of another gets the commits of that one',
    file: `${delta}/txn/commit-place.ts`,
    replace: ['if (stands === false) return', 'if (stands === false && readVersion < 0) return'],
    caughtBy: `${delta}/log/standing.test.ts`,
  },
  {
    name: 'what is old of the log of a table is deleted from the log of another in its place',
    file: `${delta}/log/cleanup.ts`,
    replace: ['io.store.delete(path, { lastLook })', 'io.store.delete(path)'],
    caughtBy: `${delta}/log/standing.test.ts`,
  },
  {
    name: 'of several groups of rows the last one tells whether there is NaN in a file',
    file: `${duckdb}/written-stats.ts`,
    replace: ["type === 'float' || type === 'double' || ", ''],
    caughtBy: `${duckdb}/engine.test.ts`,
  },
  {
    name: 'a table that was made in the place of another is followed as if it was that one',
    file: `${delta}/log/head.ts`,
    replace: ['  if (stands === false) return loadSnapshot(io, {});\n', ''],
    caughtBy: `${delta}/log/standing.test.ts`,
  },
  {
    name: 'two writers give the same numbers to their rows',
    file: `${delta}/txn/table-changes.ts`,
    replace: ['  if (ours.metadata !== undefined) return false;\n', ''],
    caughtBy: `${lake}/identity.test.ts`,
  },
  {
    name: 'whatever changes of a column is taken for how far it counted',
    file: `${delta}/txn/table-changes.ts`,
    replace: [
      'withoutCounts(before) === withoutCounts(after)',
      'withoutCounts(before).length <= withoutCounts(after).length',
    ],
    caughtBy: `${delta}/txn/conflicts.test.ts`,
  },
  {
    name: 'numbers are given again after an older version was brought back',
    file: `${delta}/txn/restore.ts`,
    replace: ['withLaterCounts(text, later.schemaString)', 'withLaterCounts(text, old.metadata.schemaString)'],
    caughtBy: `${lake}/identity.test.ts`,
  },
  {
    name: 'numbers are given again of a column that went in between',
    file: `${lake}/restore-table.ts`,
    replace: ['countsAreLost(old.metadata.schemaString, current.metadata.schemaString)', 'false'],
    caughtBy: `${lake}/identity.test.ts`,
  },
];
