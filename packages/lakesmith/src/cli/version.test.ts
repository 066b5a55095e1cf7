import { expect, it } from 'vitest';
import { duckdb } from '../engine/duckdb/library.ts';
import { engineVersion, programStamp } from './version.ts';

it('knows the version of the engine as the engine does, without loading it', () => {
  expect(engineVersion()).toBe(duckdb.version().replace(/^v/, ''));
  expect(programStamp()).toContain(engineVersion());
});
