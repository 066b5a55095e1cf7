/** A name as SQL text, whatever is in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string as SQL text. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A list of names as SQL text. */
export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(', ');
}
