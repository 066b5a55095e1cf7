/** A name as SQL text, whatever is in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string as SQL text. */
export function quoteText(text: string): string {
  const parts = text.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`);
  // The engine's parser takes the sign with the number zero for the end of all SQL.
  return parts.length === 1 ? parts.join('') : `(${parts.join(' || chr(0) || ')})`;
}

/** A list of names as SQL text. */
export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(', ');
}

/** A file as the engine's readers take it. They read a name as a pattern, so that 'a*.csv' would also be 'ab.csv'. */
export function quoteFile(location: string): string {
  return quoteText(location.replace(/[*?[]/g, '[$&]'));
}

/** A list of files, in order. */
export function quoteFiles(locations: readonly string[]): string {
  return `[${locations.map(quoteFile).join(', ')}]`;
}
