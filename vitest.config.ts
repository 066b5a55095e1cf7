import { defineConfig } from 'vitest/config';

// Tests run from source: the workspace packages name their TypeScript under this condition.
const conditions = ['lakesmith-source'];
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } };

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
      },
      {
        ...shared,
        test: { name: 'e2e', include: ['tests/e2e/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
      },
      {
        ...shared,
        test: { name: 'crash', include: ['tests/crash/**/*.test.ts'], testTimeout: 3_600_000, hookTimeout: 60_000 },
      },
      {
        ...shared,
        test: {
          name: 'planted',
          include: ['tests/planted/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'hostile',
          include: ['tests/hostile/**/*.test.ts'],
          testTimeout: 14_400_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...shared,
        test: { name: 'browser', include: ['tests/browser/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
      },
      {
        ...shared,
        test: {
          name: 'interop',
          include: ['tests/interop/**/*.test.ts'],
          exclude: ['tests/interop/spark-*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
      {
        ...shared,
        // Spark takes minutes to write its tables, so this is a suite of its own: npm run test:spark.
        test: {
          name: 'spark',
          include: ['tests/interop/spark-*.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
        },
      },
    ],
  },
});
