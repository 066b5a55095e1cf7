import type { Diagnostic, Place } from '../core/errors.ts';
import type { FileOrigin } from './model.ts';

/** What is against files at such a place. */
export function outside(pattern: string, place: Place): readonly Diagnostic[] {
  const message = `Files are read from below the project's folder, and ${pattern} is not`;
  const hint = 'write a path such as landing/orders/*.json';
  const inside =
    pattern !== '' && !/^([a-z][a-z0-9+.-]*:|\/|\\|~)/i.test(pattern) && !pattern.split('/').includes('..');
  return inside ? [] : [{ code: 'LS1301', message, place, hint }];
}

/** The format of files by what is written of it, else by their ending; undefined: none that is read. */
export function formatOf(written: string | undefined, pattern: string): FileOrigin['format'] | undefined {
  const word = written ?? /\.([a-z0-9]+)(?:\.(?:gz|zst))?$/.exec(pattern.toLowerCase())?.[1];
  if (word === 'json' || word === 'ndjson' || word === 'csv') return word;
  if (written === undefined && word === 'jsonl') return 'ndjson';
  if (written === undefined && word === 'tsv') return 'csv';
  return undefined;
}
