import { LakeError } from '../core/errors.ts';
import { inputsOf } from '../project/graph.ts';
import type { Project, ProjectTable } from '../project/model.ts';
import { nearestName } from '../core/nearest-name.ts';

const layers = ['reference', 'bronze', 'silver', 'gold'];

/**
 * The tables that words on a command line mean: `gold.sales` itself, `+gold.sales` with all it is made from,
 * `gold.sales+` with all that is made from it, `silver` the layer, `bronze.shop` the tables of a source, `tag:pii`,
 * `changed` (all: a plan leaves out by itself what did not change). LS4003 for a word that means none.
 */
export function selectTables(project: Project, words: readonly string[]): ReadonlySet<string> {
  const selected = new Set<string>();
  for (const word of words) for (const name of selectWord(project, word)) selected.add(name);
  return selected;
}

function selectWord(project: Project, word: string): readonly string[] {
  const [, before = '', name = '', behind = ''] = /^(\+?)(.*?)(\+?)$/s.exec(word) ?? [];
  const found = named(project, name);
  if (found.length === 0) throw nothingSelected(project, name);
  const all = new Set(found);
  if (before === '+') for (const table of found) reach(table, inputsIn(project), all);
  if (behind === '+') for (const table of found) reach(table, outputsIn(project), all);
  return [...all];
}

function named(project: Project, name: string): readonly string[] {
  const tables = [...project.tables.values()];
  const fits = (table: ProjectTable): boolean => {
    if (name === 'changed' || table.name === name || table.layer === name) return true;
    if (table.kind === 'source' && `bronze.${table.source}` === name) return true;
    const tag = name.startsWith('tag:') ? name.slice('tag:'.length) : undefined;
    return (
      tag !== undefined &&
      [table.tags, ...[...table.columnNotes.values()].map((note) => note.tags)].some((tags) => tags.includes(tag))
    );
  };
  return tables.filter(fits).map((table) => table.name);
}

function nothingSelected(project: Project, name: string): LakeError {
  const near = nearestName(name, [...project.tables.keys(), ...layers]);
  const hint = near === undefined ? 'name a table such as gold.sales, or a layer' : `Did you mean ${near}?`;
  return new LakeError('LS4003', `Nothing in this project is called ${name}`, { hint });
}

type Neighbours = (name: string) => readonly string[];

function inputsIn(project: Project): Neighbours {
  return (name) => {
    const table = project.tables.get(name);
    return table === undefined ? [] : inputsOf(table);
  };
}

function outputsIn(project: Project): Neighbours {
  const readers = new Map<string, string[]>();
  for (const table of project.tables.values()) {
    if (table.kind === 'model')
      for (const input of table.inputs) readers.set(input, [...(readers.get(input) ?? []), table.name]);
  }
  return (name) => readers.get(name) ?? [];
}

function reach(from: string, neighbours: Neighbours, found: Set<string>): void {
  for (const next of neighbours(from)) {
    if (found.has(next)) continue;
    found.add(next);
    reach(next, neighbours, found);
  }
}
