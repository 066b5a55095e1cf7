import { copiedPaths, readSnapshot } from '@lakesmith/delta';
import { quoteText } from '../core/sql-text.ts';
import { plainIntegers } from '../core/json.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { Verification } from '../lake/erasure.ts';
import type { Lake } from '../lake/lake.ts';
import { pathOfTable } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import type { Project } from '../project/model.ts';
import type { ForgetScope } from './forget-scope.ts';
import { findRows } from './forget-find.ts';
import type { RootRows } from './forget-subject.ts';
import { quarantinePath, quarantineTable } from './quarantine.ts';
import { readRows } from './read-rows.ts';
import { systemTableNames } from './system-tables.ts';

interface World {
  readonly project: Project;
  readonly lake: Lake;
  readonly salt: string;
}

/** Shorter texts stand anywhere by chance. */
const leastText = 3;

/** Values that can be looked for as text, wherever they stand. */
export function textsOf(roots: readonly RootRows[]): readonly string[] {
  const texts = roots.flatMap(({ values, hasText }) => values.filter((_, i) => hasText[i] === true));
  return [...new Set(texts)].filter((text) => text.length >= leastText);
}

/**
 * Looks through what is left of the lake: the columns that carry the rows, in every table that has them; that no file lies beside those that the
 * newest versions need; and the values as text, in every row of every table and every other file.
 */
export async function verifyErased(
  world: World,
  { scope, release }: { readonly scope: ForgetScope; readonly release: Release },
): Promise<Verification> {
  const { lake } = world;
  const left: { where: string; what: string }[] = [];
  for (const { name, rows = 0 } of await findRows(world, scope))
    if (rows > 0) left.push({ where: name, what: `${rows} rows` });
  const needed = new Set<string>();
  for (const { path } of scope.tables) {
    const snapshot = await readSnapshot(lake.io(path));
    for (const file of copiedPaths(snapshot)) needed.add(`${path}/${file}`);
    for await (const file of lake.store.list(`${path}/`)) {
      const isOld = !needed.has(file.path) && !isOfHead(file.path.slice(path.length + 1), snapshot.version);
      if (isOld) left.push({ where: file.path, what: 'a file that no version needs' });
    }
  }
  const texts = textsOf(scope.roots);
  const { rows, found } = await findTexts(world, texts, release);
  left.push(...found.map(({ table, rows: some }) => ({ where: table, what: `the value in ${some} rows` })));
  const { files, found: inFiles } = await searchFiles(lake, texts);
  left.push(...inFiles.map((where) => ({ where, what: 'the value' })));
  return { files, rows, text: texts.length > 0, left };
}

/** The log of a table with one version only, which a checkpoint holds. */
function isOfHead(file: string, version: number): boolean {
  const head = `_delta_log/${String(version).padStart(20, '0')}.`;
  return file.startsWith(head) || file === '_delta_log/_last_checkpoint' || file.startsWith('_delta_log/_sidecars/');
}

/** Tables of a release, and of what runs note down, in which some row has one of the texts. */
export async function findTexts(
  { project, lake }: Pick<World, 'project' | 'lake'>,
  texts: readonly string[],
  release: Release,
): Promise<{ readonly rows: number; readonly found: readonly { readonly table: string; readonly rows: number }[] }> {
  const system = [...systemTableNames, quarantineTable].map((name) => ({
    name,
    path: name === quarantineTable ? quarantinePath(lake) : lake.own(pathOfTable(name)),
    version: undefined,
  }));
  const released = Object.entries(release.tables).flatMap(([name, { path, version, changes }]) => [
    { name, path, version },
    ...(changes === undefined ? [] : [{ name: `${name}__changes`, ...changes }]),
  ]);
  const pattern = patternOf(texts.map((text) => JSON.stringify(text).slice(1, -1)));
  let seen = 0;
  const found: { table: string; rows: number }[] = [];
  for (const { name, path, version } of [...released, ...system]) {
    const snapshot = await lake.open(path, version);
    if (snapshot === undefined) continue;
    const has = texts.length === 0 ? 'false' : `regexp_matches(to_json(_row)::varchar, ${quoteText(pattern)})`;
    const { rows } = await readRows(lake.engine, {
      sql: `select count(*), count(*) filter (where ${has}) from t as _row`,
      relations: [await bindLakeTable(lake, 't', { path, snapshot })],
      timezone: project.timezone,
    });
    const [all, some] = (rows[0] ?? []).map(Number);
    seen += all ?? 0;
    if (some !== undefined && some > 0) found.push({ table: name, rows: some });
  }
  return { rows: seen, found };
}

/** Every file of the lake as bytes, in which Parquet has names and bounds; and the rows of checkpoints. */
async function searchFiles(
  lake: Lake,
  texts: readonly string[],
): Promise<{ readonly files: number; readonly found: readonly string[] }> {
  const written = texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)]);
  const inText = new RegExp(patternOf(written));
  const inBytes = new RegExp(patternOf(written.map((text) => Buffer.from(text).toString('latin1'))));
  let files = 0;
  const found: string[] = [];
  for await (const { path, sizeBytes } of lake.store.list('')) {
    files += 1;
    if (texts.length === 0) continue;
    const isCheckpoint = path.includes('/_delta_log/') && path.endsWith('.parquet');
    const isIn =
      inText.test(path) ||
      (await searchBytes(lake, { path, sizeBytes }, inBytes)) ||
      (isCheckpoint && inText.test(JSON.stringify(await lake.engine.readParquet(lake.locate(path)), plainIntegers)));
    if (isIn) found.push(path);
  }
  return { files, found };
}

const chunkBytes = 2 ** 24;
/** Longer than any text that is looked for is thought to be. */
const overlapBytes = 2 ** 16;

async function searchBytes(
  { store }: Lake,
  { path, sizeBytes }: { readonly path: string; readonly sizeBytes: number },
  pattern: RegExp,
): Promise<boolean> {
  for (let start = 0; start < sizeBytes; start += chunkBytes) {
    const bytes = await store.getRange(path, start, start + chunkBytes + overlapBytes);
    if (pattern.test(Buffer.from(bytes ?? []).toString('latin1'))) return true;
  }
  return false;
}

/** One of the texts that is no part of a longer word; in JSON an escape may stand before it. */
function patternOf(texts: readonly string[]): string {
  const escaped = texts.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return `(^|[^A-Za-z0-9_.+-]|\\\\[bfnrt])(${escaped.join('|')})($|[^A-Za-z0-9_-])`;
}
