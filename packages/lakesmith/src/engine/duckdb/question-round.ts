/** What a question about columns needs, and what it speaks of. */
export interface TableQuestion {
  /** By name, the SQL of the columns of its tables. */
  readonly tables: ReadonlyMap<string, string>;
  /** All words of its SQL. */
  readonly words: ReadonlySet<string>;
}

export function wordsIn(sql: string): ReadonlySet<string> {
  return new Set(sql.toLowerCase().match(/[\p{L}\p{N}_]+/gu));
}

/** The last word of a table's name, by which a text is known not to speak of it. */
export function wordOf(name: string): string {
  return [...wordsIn(name)].at(-1) ?? '';
}

/**
 * Questions that can be answered over the same tables: none of them speaks of a table that is another's and not its own, which the
 * engine could take for what is meant, and no two of them mean different tables by one name.
 */
export class QuestionRound<Q extends TableQuestion> {
  readonly questions: Q[] = [];
  /** The tables of all of them. */
  readonly tables: Map<string, string> = new Map();
  readonly #byWord: Map<string, Set<string>> = new Map();
  /** By word, how many questions speak it. */
  readonly #speaking: Map<string, number> = new Map();
  /** By table, how many questions that need it speak of it. */
  readonly #meaning: Map<string, number> = new Map();

  /** False, and nothing happens, when it cannot be answered together with the others. */
  add(question: Q): boolean {
    if (!this.#fits(question)) return false;
    this.questions.push(question);
    for (const [name, columns] of question.tables) {
      this.tables.set(name, columns);
      const word = wordOf(name);
      this.#byWord.set(word, (this.#byWord.get(word) ?? new Set()).add(name));
      if (question.words.has(word)) this.#meaning.set(name, (this.#meaning.get(name) ?? 0) + 1);
    }
    for (const word of question.words) this.#speaking.set(word, (this.#speaking.get(word) ?? 0) + 1);
    return true;
  }

  #fits({ tables, words }: Q): boolean {
    for (const [name, columns] of tables) {
      if ((this.tables.get(name) ?? columns) !== columns) return false;
      if ((this.#speaking.get(wordOf(name)) ?? 0) > (this.#meaning.get(name) ?? 0)) return false;
    }
    return [...words].every((word) => [...(this.#byWord.get(word) ?? [])].every((name) => tables.has(name)));
  }
}
