import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect } from 'vitest';
import type { InferredColumn } from '../engine.ts';
import { groupByForm } from '../text-forms.ts';
import { ExactFiles } from './exact-files.ts';
import { askJsonColumns } from './infer-json.ts';
import type { GroupedRequest } from './infer-request.ts';
import { readJsonColumns } from './json-row-columns.ts';
import { duckdb } from './library.ts';
import { Session } from './session.ts';
import { Workspace } from './workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'lakesmith-test-'));
// A minute from now, so that the files were not written just before.
export const workspace = new Workspace(folder, new ExactFiles(() => Date.now() + 60_000));
let instance: DuckDBInstance;
let session: Session;
beforeAll(async () => {
  instance = await duckdb.DuckDBInstance.create(':memory:');
  session = await Session.open(instance, 'UTC', {});
});
afterAll(async () => {
  await session.close();
  instance.closeSync();
  await workspace.close();
  rmSync(folder, { recursive: true });
});

export async function requestOf(
  texts: readonly (string | Buffer)[],
  known: readonly string[] = [],
): Promise<GroupedRequest> {
  const files = texts.map((_, i) => ({ location: join(folder, `${i}.json`) }));
  for (const [i, { location }] of files.entries()) writeFileSync(location, texts[i] ?? '');
  const format = { type: 'ndjson' } as const;
  const groups = await groupByForm(format, files);
  return { format, locations: files.map(({ location }) => location), timezone: 'UTC', known, groups };
}

/** What is read of files, where they are read at all; and never anything else than what the engine says. */
export async function columnsOf(
  texts: readonly (string | Buffer)[],
  known: readonly string[] = [],
): Promise<readonly InferredColumn[] | undefined> {
  const request = await requestOf(texts, known);
  const read = await readJsonColumns(request, workspace);
  if (read !== undefined) expect(read).toEqual(await askJsonColumns(session, request, workspace));
  return read;
}
