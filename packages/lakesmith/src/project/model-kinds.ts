import type { z } from 'zod';
import type { Diagnostic } from '../core/errors.ts';
import { calendarSql } from './calendar.ts';
import type { modelForm } from './forms.ts';
import type { HistorySettings, ModelTable, Rule, StreamSettings } from './model.ts';
import type { SqlFile } from './settings-comment.ts';
import { listOf } from './table-settings.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

export type ModelSettings = z.infer<typeof modelForm>;
type Kind = NonNullable<ModelSettings['kind']>;

/** Settings that only some kinds of models have. */
const kindsWith: Readonly<Record<string, readonly Kind[]>> = {
  follows: ['stream'],
  joins: ['stream'],
  valid_from: ['history'],
  track: ['history'],
  first_valid_from: ['history'],
  from: ['date'],
  to: ['date'],
  week_starts: ['date'],
  fiscal_year_starts: ['date'],
  key: ['table', 'view', 'stream', 'history', 'date'],
  refresh: ['table', 'view', 'history', 'date'],
  on_rebuild: ['table', 'view', 'history', 'date'],
  renamed_from: ['table', 'view', 'history', 'date'],
  cluster_by: ['table', 'stream', 'history', 'date'],
  partition_by: ['table', 'stream', 'history', 'date'],
  properties: ['table', 'stream', 'history', 'date'],
  retention: ['table', 'stream', 'history', 'date'],
  file_size: ['table', 'stream', 'history', 'date'],
  expect: ['table', 'view', 'stream', 'history', 'date'],
  check: ['table', 'view', 'stream', 'history', 'date'],
};

/** Settings that mean nothing for the kind of a model. */
export function settingsOutOfPlace(
  settings: ModelSettings,
  value: YamlValue | undefined,
  name: string,
): readonly Diagnostic[] {
  const kind = settings.kind ?? 'table';
  return Object.entries(kindsWith).flatMap(([setting, kinds]): readonly Diagnostic[] => {
    const entry = entryOf(value, setting);
    if (entry === undefined || kinds.includes(kind)) return [];
    const [only, another] = kinds;
    const isOne = only !== undefined && another === undefined;
    const why =
      kind === 'ephemeral'
        ? 'which is no table'
        : kind === 'view' && kinds.includes('table')
          ? 'which stores no rows'
          : only === 'history'
            ? 'which keeps no history'
            : only === 'stream'
              ? 'which follows no input'
              : only === 'date'
                ? 'which is no calendar'
                : 'which keeps what it made';
    const message = `"${setting}" has no meaning for ${name}, ${why}`;
    const others =
      kind === 'ephemeral'
        ? 'say it in the models that read this one, or remove it'
        : `remove it, or remove kind: ${kind}`;
    const hint = isOne ? `add kind: ${only}, or remove it` : others;
    return [{ code: 'LS1004', message, place: entry.key, hint }];
  });
}

/** What a view cannot do, since none of its rows are stored. */
export function notInView(
  name: string,
  { refresh = 'auto' }: ModelSettings,
  value: YamlValue | undefined,
  rules: readonly Rule[],
): readonly Diagnostic[] {
  const removing = rules.filter(({ severity }) => severity === 'drop' || severity === 'quarantine');
  const found = removing.map((rule): Diagnostic => ({
    code: 'LS1004',
    message: `Rule "${rule.name}" takes rows out of ${name}, and a view stores none`,
    place: rule.place,
    hint: 'put it under warn: or fail:, or write what it keeps as WHERE, or remove kind: view',
  }));
  const said = entryOf(value, 'refresh');
  if (said === undefined || refresh === 'auto' || refresh === 'full') return found;
  const message = `"refresh: ${refresh}" has no meaning for view ${name}, which is never computed by parts`;
  return [...found, { code: 'LS1004', message, place: said.key, hint: 'remove it, or remove kind: view' }];
}

/** What `kind: history` says of a model; undefined for any other kind. */
export function historyOf(
  settings: ModelSettings,
  value: YamlValue | undefined,
  name: string,
): { settings: HistorySettings | undefined; diagnostics: readonly Diagnostic[] } {
  if (settings.kind !== 'history') return { settings: undefined, diagnostics: [] };
  const kind = entryOf(value, 'kind');
  const diagnostics: Diagnostic[] =
    settings.key === undefined && kind !== undefined
      ? [
          {
            code: 'LS1004',
            message: `${name} keeps history and has no key`,
            place: kind.value.place,
            hint: 'add key: with the column or columns whose versions are kept',
          },
        ]
      : [];
  const history: HistorySettings = {
    validFrom: settings.valid_from,
    track: settings.track === undefined ? undefined : listOf(settings.track),
    firstValidFrom: settings.first_valid_from,
  };
  return { settings: history, diagnostics };
}

/** What `kind: stream` says of a model; undefined for any other kind. Which table it follows is known when its names are. */
export function streamOf(settings: ModelSettings, value: YamlValue | undefined): StreamSettings | undefined {
  if (settings.kind !== 'stream') return undefined;
  const place = entryOf(value, 'follows')?.value.place;
  return {
    follows: settings.follows?.toLowerCase() ?? '',
    joins: settings.joins ?? 'now',
    ...(place === undefined ? {} : { place }),
  };
}

/** The `renamed_from:` block. */
export function renamesOf(value: YamlValue | undefined): ModelTable['renamedFrom'] {
  const block = entryOf(value, 'renamed_from')?.value;
  const entries = block?.kind === 'map' ? [...block.entries] : [];
  return new Map(
    entries.flatMap(([column, { value: old }]) =>
      old.kind === 'scalar' ? [[column, { from: String(old.value), place: old.place }]] : [],
    ),
  );
}

/** The SQL of a model: of a calendar, what its settings say. */
export function sqlOf(
  split: SqlFile,
  settings: ModelSettings | undefined,
  { value, name }: { readonly value: YamlValue | undefined; readonly name: string },
): SqlFile {
  const kind = entryOf(value, 'kind');
  if (settings?.kind !== 'date' || kind === undefined) return split;
  if (split.sql !== '') {
    const message = `Calendar ${name} is made from its settings, and has SQL`;
    const hint = 'remove the SQL, or kind: date';
    return {
      ...split,
      diagnostics: [{ code: 'LS1202', message, place: kind.value.place, hint }, ...split.diagnostics],
    };
  }
  const { sql, diagnostics } = calendarSql(name, settings, value);
  return { ...split, sql, diagnostics: [...split.diagnostics, ...diagnostics] };
}
