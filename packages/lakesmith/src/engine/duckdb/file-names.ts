import { quoteText } from '../../core/sql-text.ts';

/** A file as the engine's readers take it. They read a name as a pattern, so that 'a*.csv' would also be 'ab.csv'. */
function quoteFile(location: string): string {
  return quoteText(location.replace(/[*?[]/g, '[$&]'));
}

/** A list of files, in order. */
export function quoteFiles(locations: readonly string[]): string {
  return `[${locations.map(quoteFile).join(', ')}]`;
}
