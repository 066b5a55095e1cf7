import type { Diagnostic, Place } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { channelProblems } from './addresses.ts';
import { tableHint, withoutLayer } from './graph.ts';
import { isCron, isNever, isSpan } from './schedule.ts';
import { layers } from './table-order.ts';
import type { YamlValue } from './yaml.ts';
import { entryOf, wordsAt } from './yaml.ts';

/** What a job, an alert or a publication may name. */
export interface Named {
  readonly tables: ReadonlySet<string>;
  /** Sources of several tables: 'bronze.shop'. */
  readonly sources: ReadonlySet<string>;
  readonly publications: ReadonlySet<string>;
  /** undefined: not known. */
  readonly channels: ReadonlySet<string> | undefined;
}

/** What is wrong with a job whose form is right: when it runs, and what it names. */
export function jobFindings(value: YamlValue, known: Named): readonly Diagnostic[] {
  const isTimed = ['cron', 'every', 'when'].some((key) => entryOf(value, key) !== undefined);
  return [
    ...(isTimed ? [] : [wrong('The job does not say when it runs', value.place, 'add cron:, every: or when:')]),
    ...wordsAt(value, 'cron').flatMap(({ name, place }) =>
      isCron(name)
        ? []
        : [wrong(`"cron" must have five fields, and ${name} is none`, place, 'write "0 5 * * *": at five each day')],
    ),
    ...wordsAt(value, 'cron').flatMap(({ name, place }) =>
      isCron(name) && isNever(name) ? [wrong(`${name} is a day that no year has`, place, 'write another day')] : [],
    ),
    ...twice(value),
    ...['every', 'at_most_every', 'timeout'].flatMap((key) => spanFindings(value, key)),
    ...retryFindings(value),
    ...unpaired(value),
    ...['run', 'when'].flatMap((key) => wordsAt(value, key).flatMap((word) => tableFindings(word, known))),
    ...wordsAt(value, 'then').flatMap((word) => publicationFindings(word, known)),
    ...channelProblems(wordsAt(value, 'on_failure'), known.channels),
  ];
}

/** A finding when what stands under a key is no time that passes. */
export function spanFindings(value: YamlValue, key: string): readonly Diagnostic[] {
  return wordsAt(value, key).flatMap(({ name, place }) =>
    isSpan(name)
      ? []
      : [wrong(`"${key}" must be a time, and ${name} is none`, place, 'write a number with s, m, h, d or w: 30m')],
  );
}

/** What comes by the clock comes by one. */
function twice(value: YamlValue): readonly Diagnostic[] {
  const every = entryOf(value, 'every');
  if (every === undefined || entryOf(value, 'cron') === undefined) return [];
  const hint = 'leave one of them out, or make a job of each';
  return [{ code: 'LS1003', message: '"every" has no meaning beside "cron"', place: every.key, hint }];
}

function retryFindings(value: YamlValue): readonly Diagnostic[] {
  return wordsAt(value, 'retry').flatMap(({ name, place }) =>
    /^\d{1,3}$/.test(name) ? [] : [wrong('"retry" must be a number of times', place, 'write retry: 3')],
  );
}

/** It bounds how often something that arrives sets off a run. */
function unpaired(value: YamlValue): readonly Diagnostic[] {
  const bound = entryOf(value, 'at_most_every');
  if (bound === undefined || entryOf(value, 'when') !== undefined) return [];
  const hint = 'it belongs to when:; write every: for a run each so often';
  return [{ code: 'LS1003', message: '"at_most_every" has no meaning here', place: bound.key, hint }];
}

function tableFindings(
  { name: word, place }: { readonly name: string; readonly place: Place },
  { tables, sources }: Named,
): readonly Diagnostic[] {
  // 'gold.sales+': with what is made from it.
  const name = word.replaceAll(/^\d*\+|\+\d*$/g, '');
  // Other words of a selection mean what there is when it runs.
  if (!/^\w+(\.\w+)?$/.test(name)) return [];
  if (tables.has(name) || sources.has(name) || layers.some((layer) => layer === name)) return [];
  if (!name.includes('.')) return [withoutLayer({ name, place }, tables)];
  const hint = tableHint(name, tables);
  return [{ code: 'LS1203', message: `Table ${name} does not exist`, place, hint }];
}

function publicationFindings(
  { name, place }: { readonly name: string; readonly place: Place },
  { publications }: Named,
): readonly Diagnostic[] {
  if (publications.has(name)) return [];
  const near = nearestName(name, publications);
  const hint = near === undefined ? 'name a file of publish/: publish.sales' : `Did you mean ${near}?`;
  return [wrong(`Publication ${name} does not exist`, place, hint)];
}

function wrong(message: string, place: Place, hint: string): Diagnostic {
  return { code: 'LS1004', message, place, hint };
}
