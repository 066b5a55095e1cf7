import type { Diagnostic } from '../core/errors.ts';
import { LakeError } from '../core/errors.ts';
import { readsOf } from '../project/graph.ts';
import type { KnownTables } from '../project/load.ts';
import type { Project, ProjectTable } from '../project/model.ts';
import { isStream } from '../project/stream.ts';
import { nearestName } from '../core/nearest-name.ts';

const layers = ['reference', 'bronze', 'silver', 'gold'];

/** What a selection can ask of the world outside the project. */
export interface SelectionFacts {
  /** Tables that the last run could not make. */
  readonly failed: ReadonlySet<string>;
  /** By what they are compared with (`changedAgainst`), the tables that are defined otherwise, or that it does not have. */
  readonly changed: ReadonlyMap<string, ReadonlySet<string>>;
}

const noFacts: SelectionFacts = { failed: new Set(), changed: new Map() };

/** A word of a selection: what it names, and how many steps around it belong to it. */
interface Word {
  readonly name: string;
  readonly up: number;
  readonly down: number;
}

/**
 * The tables that words on a command line mean: `gold.sales` itself, `+gold.sales` with all it is made from, `gold.sales+` with all
 * that is made from it, `2+gold.sales` and `gold.sales+1` so many steps, `silver` the layer, `bronze.shop` the tables of a source,
 * `gold.sales_*` those with such names, `silver/orders.sql` what a file defines, `tag:pii`, `failed`, `changed` (against the newest
 * release), `changed:12`, `changed:main`. LS4003 for a word that names nothing which could ever be.
 */
export function selectTables(
  project: Project,
  words: readonly string[],
  facts: SelectionFacts = noFacts,
): ReadonlySet<string> {
  const selected = new Set<string>();
  for (const word of words) for (const name of selectWord(project, parseWord(word), facts)) selected.add(name);
  return selected;
}

/** The part of the graph that leads from one table to another, both with it; one alone bounds one side. */
export function tablesBetween(
  project: Project,
  { from, to }: { readonly from?: string; readonly to?: string },
): ReadonlySet<string> {
  const side = (name: string | undefined, neighbours: Neighbours): ReadonlySet<string> => {
    if (name === undefined) return new Set(project.tables.keys());
    const ends = named(project, name);
    if (ends.length === 0) throw nothingSelected(project, name);
    return new Set([...ends, ...reach(ends, neighbours, Number.POSITIVE_INFINITY)]);
  };
  const below = side(from, outputsIn(project));
  const above = side(to, inputsIn(project));
  const both = new Set([...below].filter((name) => above.has(name)));
  if (both.size === 0) throw new LakeError('LS4003', `Nothing leads from ${from ?? ''} to ${to ?? ''}`);
  return both;
}

/** Tables with all that they are made from. */
export function withInputs(project: Project, names: readonly string[]): ReadonlySet<string> {
  return new Set([...names, ...reach(names, inputsIn(project), Number.POSITIVE_INFINITY)]);
}

/** What the words compare the project with: '' for the newest release, else a release's number or a git reference. */
export function changedAgainst(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.flatMap((word) => againstOf(parseWord(word).name) ?? []));
}

/** True when a word asks what the last run could not make. */
export function asksFailed(words: readonly string[]): boolean {
  return words.some((word) => parseWord(word).name === 'failed');
}

/** A word of a selection taken apart. */
export function parseWord(word: string): Word {
  const [, before = '', name = '', behind = ''] = /^((?:\d*\+)?)(.*?)((?:\+\d*)?)$/s.exec(word) ?? [];
  const steps = (text: string): number => {
    if (text === '') return 0;
    const digits = text.replace('+', '');
    return digits === '' ? Number.POSITIVE_INFINITY : Number(digits);
  };
  return { name, up: steps(before), down: steps(behind) };
}

function againstOf(name: string): string | undefined {
  if (name === 'changed') return '';
  return name.startsWith('changed:') ? name.slice('changed:'.length) : undefined;
}

function selectWord(project: Project, { name, up, down }: Word, facts: SelectionFacts): readonly string[] {
  const against = againstOf(name);
  const asked = against === undefined ? (name === 'failed' ? facts.failed : undefined) : facts.changed.get(against);
  const isState = against !== undefined || name === 'failed';
  const found = isState ? [...project.tables.keys()].filter((table) => asked?.has(table)) : named(project, name);
  // That nothing changed or failed is an answer; a name that nothing has is a mistake.
  if (found.length === 0 && !isState) throw nothingSelected(project, name);
  return [...new Set([...found, ...reach(found, inputsIn(project), up), ...reach(found, outputsIn(project), down)])];
}

function named(project: Pick<Project, 'tables'>, name: string): readonly string[] {
  const tag = tagOf(name);
  const fits = (table: ProjectTable): boolean =>
    isCalled(table, name) ||
    (table.kind === 'source' && `bronze.${table.source}` === name) ||
    (tag !== undefined &&
      [table.tags, ...[...table.columnNotes.values()].map((note) => note.tags)].some((tags) => tags.includes(tag)));
  return [...project.tables.values()].filter(fits).map((table) => table.name);
}

/** Whether a name means this table: its own, its layer's, its file's, its source's, or one with a star in it. */
export function isCalled(table: { readonly name: string; readonly file: string }, name: string): boolean {
  if (table.name === name || table.file === name || table.name.startsWith(`${name}.`)) return true;
  if (name.startsWith('bronze.') && /^bronze\/(?:.*\/)?([^/]+)\.ya?ml$/.exec(table.file)?.[1] === name.slice(7))
    return true;
  return name.includes('*') && new RegExp(`^${name.split('*').map(escaped).join('.*')}$`, 'u').test(table.name);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function tagOf(name: string): string | undefined {
  return name.startsWith('tag:') ? name.slice('tag:'.length) : undefined;
}

/** Words that name no table, told of a project in which something is wrong: a tag may stand in what could not be read. */
export function mistakenWords(words: readonly string[], { declared, tables }: KnownTables): readonly Diagnostic[] {
  const mistaken = words
    .map((word) => parseWord(word).name)
    .filter((name) => name !== 'failed' && againstOf(name) === undefined && tagOf(name) === undefined)
    .filter((name) => !declared.some((table) => isCalled(table, name)) && named({ tables }, name).length === 0);
  return mistaken.flatMap(
    (name) =>
      nothingCalled(
        declared.map((table) => table.name),
        name,
      ).diagnostics,
  );
}

function nothingSelected({ tables }: Project, name: string): LakeError {
  return nothingCalled([...tables.keys()], name);
}

function nothingCalled(tables: readonly string[], name: string): LakeError {
  const near = nearestName(name, [...tables, ...layers, 'changed', 'failed']);
  const hint = near === undefined ? 'name a table such as gold.sales, or a layer' : `Did you mean ${near}?`;
  return new LakeError('LS4003', `Nothing in this project is called ${name}`, { hint });
}

type Neighbours = (name: string) => readonly string[];

function inputsIn(project: Project): Neighbours {
  return (name) => {
    const table = project.tables.get(name);
    return table === undefined ? [] : readsOf(table);
  };
}

function outputsIn(project: Project): Neighbours {
  const readers = new Map<string, string[]>();
  for (const table of project.tables.values()) {
    if (table.kind === 'model')
      for (const input of table.reads) readers.set(input, [...(readers.get(input) ?? []), table.name]);
  }
  return (name) => readers.get(name) ?? [];
}

/** What is at most so many steps away. */
function reach(from: readonly string[], neighbours: Neighbours, steps: number): ReadonlySet<string> {
  const found = new Set<string>();
  let edge = [...from];
  for (let step = 0; step < steps && edge.length > 0; step += 1) {
    edge = [...new Set(edge.flatMap((name) => neighbours(name)))].filter((name) => !found.has(name));
    for (const name of edge) found.add(name);
  }
  return found;
}

/** The tables that `--full` makes anew of those that are selected (undefined: all): a stream only where it is named itself. */
export function madeInFull(
  { tables }: Pick<Project, 'tables'>,
  { select, names }: { readonly select: ReadonlySet<string> | undefined; readonly names: readonly string[] },
): ReadonlySet<string> {
  const named = new Set(names);
  return new Set(
    [...tables.values()].flatMap((table) => {
      const isKept = isStream(table) && !named.has(table.name);
      return isKept || select?.has(table.name) === false ? [] : [table.name];
    }),
  );
}
