import type { DeclaredTable, Reach, Wanted } from '../project/reach.ts';
import { tablesMentioned } from '../project/reach.ts';
import { isCalled, parseWord } from './selection.ts';

/**
 * What must be read of a project for words on a command line: the tables that they name, with what these are made from, and with
 * their readers where a word asks for them. Everything when there are none, or when one is not the name of tables: tags and what
 * changed are known of those that were read, and a mistake is best told with all names at hand.
 */
export function reachOfWords(words: readonly string[]): Reach {
  return (declared) => {
    if (words.length === 0) return undefined;
    const found = words.map((word) => {
      const { name, down } = parseWord(word);
      return { down, tables: declared.filter((table) => isCalled(table, name)) };
    });
    if (found.some(({ tables }) => tables.length === 0)) return undefined;
    const named = (some: typeof found): ReadonlySet<string> =>
      new Set(some.flatMap(({ tables }) => tables.map(({ name }) => name)));
    return { tables: named(found), withReaders: named(found.filter(({ down }) => down > 0)) };
  };
}

/**
 * The same to run them. Sources are looked at whoever is meant: what an earlier run loaded before it died belongs to the next
 * release, and to what is told of runs.
 */
export function reachToRun(words: readonly string[]): Reach {
  const named = reachOfWords(words);
  return (declared) => {
    const wanted = named(declared);
    if (wanted === undefined) return undefined;
    return { ...wanted, tables: new Set([...wanted.tables, ...sourcesIn(declared)]) };
  };
}

/** The same to test them. */
export function reachToTest(words: readonly string[]): Reach {
  const named = reachOfWords(words);
  return (declared) => {
    const wanted = named(declared);
    return wanted === undefined ? undefined : { ...wanted, withOthers: 'tests' };
  };
}

/** What must be read to know where a table's columns, or one of them, come from, and where they go to. */
export function reachOfColumns(name: string): Reach {
  return (declared) => {
    const tables = tablesCalled([name], declared);
    return tables.length === 0 ? undefined : all(tables, tables);
  };
}

/** What must be read to show tables, or columns of them, as releases have them, which may have others than the project. */
export function reachOfReleased(names: readonly string[]): Reach {
  return (declared) => all(tablesCalled(names, declared), []);
}

function tablesCalled(names: readonly string[], declared: readonly DeclaredTable[]): readonly string[] {
  const isOf = (name: string, table: string): boolean => name === table || name.startsWith(`${table}.`);
  return declared.map(({ name }) => name).filter((table) => names.some((name) => isOf(name.toLowerCase(), table)));
}

/** What must be read to ask SQL of a release: models that are part of the SQL that names them. */
export function reachOfQuestion(sql: string): Reach {
  return (declared) => {
    const named = tablesMentioned(sql);
    return all(
      declared.map((table: DeclaredTable) => table.name).filter((table) => named.has(table)),
      [],
    );
  };
}

/** The same to check tables of which all readers are known, in a project where nothing else can be wrong. */
export function reachToCheck(names: Iterable<string>): Reach {
  const wanted = [...names];
  return (declared) => ({ ...all([...wanted, ...sourcesIn(declared)], []), withOthers: true });
}

/** Of a command that speaks of the lake alone. */
export const reachNothing: Reach = () => all([], []);

function sourcesIn(declared: readonly DeclaredTable[]): readonly string[] {
  return declared.map(({ name }) => name).filter((name) => name.startsWith('bronze.'));
}

function all(tables: readonly string[], withReaders: readonly string[]): Wanted {
  return { tables: new Set(tables), withReaders: new Set(withReaders) };
}
