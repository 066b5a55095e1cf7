import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readsOf } from '../project/graph.ts';
import type { BoundProject, ProjectTable } from '../project/model.ts';
import { tablesInOrder } from '../project/table-order.ts';
import type { Look, Place } from './quiet-look.ts';

/**
 * What was found of a project in which nothing was wrong, model by model. When nothing but the text of some models is otherwise, only
 * these and what is made from them can be wrong now. Losing it costs time and nothing else.
 */
interface CheckedParts {
  /** How all looked but the texts of models. */
  readonly rest: string;
  /** By file of a model, a hash of what stood in it. */
  readonly files: Readonly<Record<string, string>>;
  /** Tables, and models that are none. */
  readonly parts: readonly Part[];
}

interface Part {
  readonly name: string;
  /** All that it names. */
  readonly reads: readonly string[];
  /** The path of its file without the ending, when no other table depends on more of it than its columns. */
  readonly stem?: string;
  readonly isStep?: true;
  /** A dashboard or an alert: it may read tables that are not read for a change. */
  readonly isReader?: true;
  /** A source below it has no columns yet. */
  readonly isUnbound?: true;
}

/** The models whose text changed, with all that is made from them. */
export interface Change {
  readonly names: ReadonlySet<string>;
  readonly before: CheckedParts;
}

/** What is told of a whole project. */
interface Told {
  readonly tables: readonly string[];
  readonly unbound: readonly string[];
}

const partsPath = ({ folder }: Place): string => join(folder, '.lakesmith', 'checked-parts.json');

/** Undefined when more can be wrong than some models, or when nothing is known of how they were. */
export async function changeSince(place: Place, look: Look | undefined): Promise<Change | undefined> {
  if (look === undefined) return undefined;
  const before = await keptParts(place);
  if (before?.rest !== look.rest) return undefined;
  const changed = [...look.models].filter(([file, bytes]) => before.files[file] !== hashOf(bytes));
  const byStem = new Map(before.parts.flatMap(({ stem, name }) => (stem === undefined ? [] : [[stem, name] as const])));
  const names = changed.map(([file]) => byStem.get(stemOf(file)));
  if (names.includes(undefined) || changed.some(([, bytes]) => mayReachFurther(bytes))) return undefined;
  const concerned = withReaders(
    names.flatMap((name) => name ?? []),
    before.parts,
  );
  if (before.parts.some(({ name, isReader }) => isReader === true && concerned.has(name))) return undefined;
  return { names: concerned, before };
}

async function keptParts(place: Place): Promise<CheckedParts | undefined> {
  try {
    return JSON.parse(await readFile(partsPath(place), 'utf8')) as CheckedParts;
  } catch {
    return undefined;
  }
}

// A view is part of what reads it, and what names a variable of the environment makes it one that is watched.
function mayReachFurther(bytes: Uint8Array): boolean {
  return /\b(?:ephemeral|view)\b|\$\{env:/.test(Buffer.from(bytes).toString('latin1'));
}

function withReaders(names: readonly string[], parts: readonly Part[]): ReadonlySet<string> {
  const readers = new Map<string, string[]>();
  for (const { name, reads } of parts)
    for (const read of reads) readers.set(read, [...(readers.get(read) ?? []), name]);
  const found = new Set(names);
  // A set gives what was added while it is gone through.
  for (const name of found) for (const reader of readers.get(name) ?? []) found.add(reader);
  return found;
}

/** What is told of the whole project when a part of it was looked at because of the change. */
export function toldAfter({ before }: Change, bound: BoundProject): Told {
  const parts = partsOf(bound);
  return toldOf([...before.parts.filter(({ name }) => !parts.has(name)), ...parts.values()]);
}

function toldOf(parts: readonly Part[]): Told {
  const tables = tablesInOrder(
    parts.filter(({ isStep }) => isStep !== true),
    ({ reads }) => reads,
  );
  return {
    tables: tables.map(({ name }) => name),
    unbound: tables.flatMap(({ name, isUnbound }) => (isUnbound === true ? [name] : [])),
  };
}

/** Keeps what was found of all of a project, or of the part that a change concerns. */
export async function keepParts(
  place: Place,
  look: Look,
  {
    bound,
    reads,
    change,
  }: {
    readonly bound: BoundProject;
    /** By file of a dashboard or an alert. */
    readonly reads: ReadonlyMap<string, readonly string[]>;
    readonly change: Change | undefined;
  },
): Promise<void> {
  // Whether a parameter is used is a question to all of a project.
  if (bound.project.words.parameters.size > 0) return;
  const parts = partsOf(bound);
  const readers = [...reads].map(([name, named]): Part => ({ name, reads: named, isStep: true, isReader: true }));
  // Of a part of the project it is not known what stands behind its words.
  const others = change?.before.parts.filter(({ name }) => !parts.has(name)) ?? readers;
  const files = Object.fromEntries([...look.models].map(([file, bytes]) => [file, hashOf(bytes)]));
  const kept: CheckedParts = { rest: look.rest, files, parts: [...others, ...parts.values()] };
  await writeFile(partsPath(place), JSON.stringify(kept));
}

/** Whether what was read of the models is what was seen of them before. */
export function isAsSeen({ models }: Look, texts: ReadonlyMap<string, string>): boolean {
  const decoder = new TextDecoder();
  return [...models].every(([file, bytes]) => [undefined, decoder.decode(bytes)].includes(texts.get(file)));
}

function partsOf({ project, schemas }: BoundProject): ReadonlyMap<string, Part> {
  const partOf = (table: ProjectTable): Part => ({
    name: table.name,
    reads: readsOf(table),
    ...(isAlone(table) ? { stem: stemOf(table.file) } : {}),
    ...(schemas.get(table.name) === undefined ? { isUnbound: true } : {}),
  });
  const steps = project.steps.map((step): Part => ({ name: step.name, reads: readsOf(step), isStep: true }));
  return new Map([...steps, ...[...project.tables.values()].map(partOf)].map((part) => [part.name, part]));
}

function isAlone(table: ProjectTable): boolean {
  return (
    table.kind === 'model' && table.rows === undefined && table.modelKind !== 'view' && table.modelKind !== 'ephemeral'
  );
}

function stemOf(file: string): string {
  return file.replace(/\.\w+$/, '');
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}
