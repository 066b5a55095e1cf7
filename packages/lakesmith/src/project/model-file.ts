import type { Diagnostic, Place } from '../core/errors.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { selectFacts } from '../sql/facts.ts';
import { isSingleSelect } from '../sql/gate.ts';
import { tableReferences } from '../sql/references.ts';
import type { TableReference } from '../sql/references.ts';
import type { z } from 'zod';
import { readAudit } from './audit.ts';
import type { Audit } from './audit.ts';
import { fingerprint, withoutLocations } from './fingerprint.ts';
import { modelForm } from './forms.ts';
import type { HistorySettings, ModelFacts, ModelTable } from './model.ts';
import { splitSqlFile } from './settings-comment.ts';
import type { SqlFile } from './settings-comment.ts';
import { sqlPlace } from './sql-place.ts';
import { columnNotesOf, listOf, namedColumns } from './table-settings.ts';
import { checkForm } from './validate.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

type ModelSettings = z.infer<typeof modelForm>;

/** A model before its references were looked up. */
export interface ParsedModel {
  readonly table: Omit<ModelTable, 'inputs' | 'auditInputs'>;
  /** What the SELECT reads. */
  readonly references: readonly TableReference[];
  readonly audit: Audit;
  readonly settings: YamlValue | undefined;
}

export interface ModelSource {
  readonly name: string;
  readonly layer: 'silver' | 'gold';
  readonly file: string;
  readonly content: string;
  /** The settings of the .yml beside it. */
  readonly beside: YamlValue | undefined;
}

/** Reads one SQL file with its settings. The model is missing when its SQL or its settings cannot be used. */
export async function readModel(
  source: ModelSource,
  compiler: SqlCompiler,
): Promise<{ model: ParsedModel | undefined; diagnostics: readonly Diagnostic[] }> {
  const split = splitSqlFile(source.content, source.file);
  const merged = mergeSettings(split.settings, source.beside, source.name);
  const form =
    merged.value === undefined
      ? { data: {}, diagnostics: [] }
      : checkForm(merged.value, modelForm, { judgedElsewhere: ['expect', 'check'] });
  const settings: ModelSettings | undefined = form.data;
  const audit = await readAudit({ table: source.name, settings: merged.value, compiler });
  const query = await parseQuery(source, split, compiler);
  const diagnostics = [
    ...split.diagnostics,
    ...merged.diagnostics,
    ...form.diagnostics,
    ...audit.diagnostics,
    ...query.diagnostics,
  ];
  if (settings === undefined || query.tree === undefined) return { model: undefined, diagnostics };

  const history = historyOf(settings, merged.value, source.name);
  const references = tableReferences(query.tree);
  const refused = judgeFunctions(query.tree, { source, split, refresh: settings.refresh ?? 'auto' });
  diagnostics.push(...history.diagnostics, ...refused);
  const table = assemble({
    source,
    split,
    value: merged.value,
    settings,
    history: history.settings,
    tree: query.tree,
    audit,
  });
  return { model: { table, references, audit, settings: merged.value }, diagnostics };
}

function assemble(parts: {
  source: ModelSource;
  split: SqlFile;
  value: YamlValue | undefined;
  settings: ModelSettings;
  history: HistorySettings | undefined;
  tree: unknown;
  audit: Audit;
}): ParsedModel['table'] {
  const { source, split, settings, history, tree, audit } = parts;
  const modelKind = settings.kind ?? 'table';
  const key = listOf(settings.key);
  return {
    kind: 'model',
    name: source.name,
    layer: source.layer,
    file: source.file,
    description: settings.description ?? split.lead,
    key,
    namedColumns: namedColumns(parts.value, {
      values: ['key', 'valid_from', 'track', 'first_valid_from'],
      blocks: ['columns'],
    }),
    tags: settings.tags ?? [],
    columnNotes: columnNotesOf(settings.columns),
    fingerprint: fingerprint({
      tree: withoutLocations(tree),
      modelKind,
      history,
      key: modelKind === 'history' ? key : [],
    }),
    modelKind,
    history,
    sql: split.sql,
    tree,
    sqlStart: split.sqlStart,
    rules: audit.rules,
    checks: audit.checks,
    rulesFingerprint: fingerprint({ audit: audit.fingerprint, key }),
    refresh: settings.refresh ?? 'auto',
    onRebuild: settings.on_rebuild,
    facts: factsOf(tree, { modelKind, key, audit }),
  };
}

function factsOf(
  tree: unknown,
  parts: { modelKind: ModelTable['modelKind']; key: readonly string[]; audit: Audit },
): ModelFacts {
  const facts = selectFacts(tree);
  return {
    usesClock: facts.usesClock || parts.audit.usesClock,
    usesNow: facts.usesNow,
    rowWise: facts.rowWise,
    shape: parts.modelKind === 'history' ? `history by ${parts.key.join(', ')}` : facts.shape,
  };
}

async function parseQuery(
  source: ModelSource,
  split: SqlFile,
  compiler: SqlCompiler,
): Promise<{ tree: unknown; diagnostics: readonly Diagnostic[] }> {
  const { file } = source;
  const model = { file, sql: split.sql, sqlStart: split.sqlStart };
  const notSelect = (place: Place): Diagnostic => ({
    code: 'LS1202',
    message: `Model ${source.name} is not one SELECT`,
    place,
    hint: 'a model is a single SELECT (it may begin with WITH); the table is made from its rows',
  });
  const failed = (diagnostic: Diagnostic): { tree: undefined; diagnostics: Diagnostic[] } => ({
    tree: undefined,
    diagnostics: [diagnostic],
  });
  if (split.sql === '') {
    return split.diagnostics.length > 0
      ? { tree: undefined, diagnostics: [] }
      : failed(notSelect({ file, line: 1, column: 1 }));
  }
  const [parse] = await compiler.parse([split.sql]);
  if (parse === undefined) return { tree: undefined, diagnostics: [] };
  if (!parse.ok && /only (a )?select/i.test(parse.message)) return failed(notSelect(sqlPlace(model, 0)));
  if (!parse.ok) {
    const message = `Model ${source.name} cannot be parsed: ${parse.message}`;
    return failed({
      code: 'LS1201',
      message,
      place: sqlPlace(model, parse.offset),
      hint: parseHint(split.sql, parse.offset),
    });
  }
  if (!isSingleSelect(parse.tree)) return failed(notSelect(sqlPlace(model, 0)));
  return { tree: parse.tree, diagnostics: [] };
}

function parseHint(sql: string, offset: number): string {
  if (/\{\{|\{%/.test(sql)) return 'there is no templating language: write plain SQL, and $name for a parameter';
  if (/,\s*$/.test(sql.slice(0, offset)) && /^(from|where|group|order)\b/i.test(sql.slice(offset)))
    return 'remove the comma before it';
  return 'the mistake is here or just before';
}

/** What a stored table must not call. */
function judgeFunctions(
  tree: unknown,
  options: { source: ModelSource; split: SqlFile; refresh: string },
): Diagnostic[] {
  const { source, split, refresh } = options;
  const model = { file: source.file, sql: split.sql, sqlStart: split.sqlStart };
  const facts = selectFacts(tree);
  const diagnostics: Diagnostic[] = facts.volatile.map(({ name, offset }) => ({
    code: 'LS1207',
    message: `Model ${source.name} calls ${name}, whose result changes from run to run`,
    place: sqlPlace(model, offset),
    hint: 'a stored table must come out the same each time: hash the key instead, or take the value from the source',
  }));
  if (facts.usesNow && refresh !== 'full') {
    const at =
      /\b(now|current_timestamp|get_current_timestamp|transaction_timestamp|localtimestamp|current_time|localtime)\b/i.exec(
        split.sql,
      )?.index ?? 0;
    const hint =
      'use current_date, which is refreshed once a day, or add refresh: full to compute the table anew in each run';
    diagnostics.push({
      code: 'LS1207',
      message: `Model ${source.name} reads the current time`,
      place: sqlPlace(model, at),
      hint,
    });
  }
  return diagnostics;
}

function historyOf(
  settings: ModelSettings,
  value: YamlValue | undefined,
  name: string,
): { settings: HistorySettings | undefined; diagnostics: readonly Diagnostic[] } {
  if (settings.kind !== 'history') {
    const diagnostics = ['valid_from', 'track', 'first_valid_from'].flatMap((setting): Diagnostic[] => {
      const entry = entryOf(value, setting);
      if (entry === undefined) return [];
      return [
        {
          code: 'LS1004',
          message: `"${setting}" has no meaning for ${name}, which keeps no history`,
          place: entry.key,
          hint: 'add kind: history, or remove it',
        },
      ];
    });
    return { settings: undefined, diagnostics };
  }
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

/** Settings of the comment and of the file beside it as one block; a key in both is found at the comment's. */
function mergeSettings(
  comment: YamlValue | undefined,
  beside: YamlValue | undefined,
  name: string,
): { value: YamlValue | undefined; diagnostics: readonly Diagnostic[] } {
  if (comment?.kind !== 'map' || beside?.kind !== 'map') return { value: comment ?? beside, diagnostics: [] };
  const diagnostics: Diagnostic[] = [...comment.entries]
    .filter(([key]) => beside.entries.has(key))
    .map(([key, entry]) => ({
      code: 'LS1101',
      message: `"${key}" of ${name} stands here and in ${beside.place.file}`,
      place: entry.key,
      hint: 'keep one of them',
    }));
  return { value: { ...comment, entries: new Map([...beside.entries, ...comment.entries]) }, diagnostics };
}
