import type { PlantedBug } from './plant.ts';

const delta = 'packages/delta/src';
const lake = 'packages/lakesmith/src/lake';
const engine = 'packages/lakesmith/src/engine/duckdb';

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
];
