import type { Diagnostic, Place } from '../core/errors.ts';
import type { StorageSettings } from '../core/storage-settings.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { selectFacts } from '../sql/facts.ts';
import type { SelectFacts } from '../sql/facts.ts';
import { isSingleSelect } from '../sql/gate.ts';
import { tableReferences } from '../sql/references.ts';
import { treeIn } from '../sql/tree-text.ts';
import type { TableReference } from '../sql/references.ts';
import type { Vocabulary } from '../sql/vocabulary.ts';
import { withNamedViews } from '../sql/views.ts';
import { readAudit, ruleStatementsIn } from './audit.ts';
import type { Audit } from './audit.ts';
import { parseHint } from './engine-words.ts';
import { fingerprint, fingerprintOfTrees } from './fingerprint.ts';
import { modelForm } from './forms.ts';
import type { HistorySettings, MadeRows, ModelFacts, ModelTable, StreamSettings } from './model.ts';
import type { ModelSettings } from './model-kinds.ts';
import { historyOf, notInView, renamesOf, settingsOutOfPlace, sqlOf, streamOf } from './model-kinds.ts';
import { removingPrint } from './removing-print.ts';
import type { SqlFile } from './settings-comment.ts';
import { sqlPlace } from './sql-place.ts';
import { readStorage, storageColumns } from './storage.ts';
import { columnNotesOf, listOf, namedColumns } from './table-settings.ts';
import { checkForm } from './validate.ts';
import type { YamlValue } from './yaml.ts';

/** A model before its references were looked up. */
export interface ParsedModel {
  readonly table: Omit<ModelTable, 'reads' | 'inputs' | 'auditInputs' | 'auditViews'>;
  /** Words that stood in its SQL. */
  readonly uses: readonly string[];
  /** What the SELECT, or its rows(), names. */
  readonly references: readonly (TableReference & { readonly place?: Place })[];
  readonly audit: Audit;
}

export interface ModelSource {
  readonly name: string;
  readonly layer: 'silver' | 'gold';
  readonly file: string;
  /** The file, taken apart. */
  readonly written: SqlFile;
  /** The settings of the .yml beside it. */
  readonly beside: YamlValue | undefined;
  /** Of a model whose rows are made by TypeScript. */
  readonly rows?: RowsSource;
}

/** What is known of rows() beside its settings. */
export interface RowsSource extends MadeRows {
  readonly references: ParsedModel['references'];
  /** By part of the definition, a hash. */
  readonly parts: ModelTable['parts'];
}

/** All SQL of a file, as `readModel` asks the compiler for it. */
export function statementsIn({ written, beside }: ModelSource): readonly string[] {
  const rules = [written.settings, beside].flatMap(ruleStatementsIn);
  return written.sql === '' ? rules : [written.sql, ...rules];
}

/** Understands one model with its settings. The model is missing when its SQL or its settings cannot be used. */
export async function readModel(
  source: ModelSource,
  compiler: SqlCompiler,
  words: Vocabulary,
): Promise<{ model: ParsedModel | undefined; diagnostics: readonly Diagnostic[] }> {
  const { written } = source;
  const merged = mergeSettings(written.settings, source.beside, source.name);
  const form =
    merged.value === undefined
      ? { data: {}, diagnostics: [] }
      : checkForm(merged.value, modelForm, { judgedElsewhere: ['expect', 'check'] });
  const settings: ModelSettings | undefined = form.data;
  const split = sqlOf(written, settings, { value: merged.value, name: source.name });
  const audit = await readAudit({ table: source.name, settings: merged.value, compiler });
  // Without its settings it is not known whether it needs SQL.
  const query =
    settings === undefined && split.sql === ''
      ? { tree: undefined, text: undefined, uses: [], diagnostics: [] }
      : await parseQuery(source, split, compiler);
  const diagnostics = [
    ...split.diagnostics,
    ...merged.diagnostics,
    ...form.diagnostics,
    ...audit.diagnostics,
    ...query.diagnostics,
  ];
  if (settings === undefined || query.tree === undefined) return { model: undefined, diagnostics };

  const history = historyOf(settings, merged.value, source.name);
  const { storage, diagnostics: ofStorage } = readStorage(merged.value, source.name);
  diagnostics.push(...ofStorage);
  const references =
    source.rows?.references ?? tableReferences(query.uses.length === 0 ? query.tree : withNamedViews(query.tree));
  const facts = selectFacts(query.tree);
  // A row of a stream is made once, so that it need not come out the same again.
  const refused =
    settings.kind === 'stream' ? [] : judgeFunctions(facts, { source, split, refresh: settings.refresh ?? 'auto' });
  diagnostics.push(...history.diagnostics, ...settingsOutOfPlace(settings, merged.value, source.name), ...refused);
  if (settings.kind === 'view') diagnostics.push(...notInView(source.name, settings, merged.value, audit.rules));
  const table = assemble({
    source,
    split,
    value: merged.value,
    settings,
    history: history.settings,
    stream: streamOf(settings, merged.value),
    storage,
    tree: query.text === undefined ? () => query.tree : treeIn(query.text),
    facts,
    parts: source.rows?.parts ?? partsOf(split.sql, query.uses, words),
    audit,
  });
  return { model: { table, uses: query.uses, references, audit }, diagnostics };
}

function assemble(parts: {
  source: ModelSource;
  split: SqlFile;
  value: YamlValue | undefined;
  settings: ModelSettings;
  history: HistorySettings | undefined;
  stream: StreamSettings | undefined;
  storage: StorageSettings;
  tree: () => unknown;
  facts: SelectFacts;
  parts: ModelTable['parts'];
  audit: Audit;
}): ParsedModel['table'] {
  const { source, split, settings, history, stream, tree, audit } = parts;
  const modelKind = settings.kind === 'date' ? 'table' : (settings.kind ?? 'table');
  const key = settings.key === undefined && settings.kind === 'date' ? ['date'] : listOf(settings.key);
  return {
    kind: 'model',
    name: source.name,
    layer: source.layer,
    file: source.file,
    description: settings.description ?? split.lead,
    owner: settings.owner,
    key,
    namedColumns: namedColumns(parts.value, {
      values: ['key', 'valid_from', 'track', 'first_valid_from', ...storageColumns],
      blocks: ['columns', 'renamed_from'],
    }),
    tags: settings.tags ?? [],
    columnNotes: columnNotesOf(settings.columns),
    storage: parts.storage,
    fingerprint:
      source.rows === undefined
        ? fingerprintOfTrees({
            tree: tree(),
            modelKind,
            history,
            // The place of a word in a file is no part of what it says.
            stream: stream === undefined ? undefined : { follows: stream.follows, joins: stream.joins },
            key: modelKind === 'history' ? key : [],
          })
        : fingerprint(source.rows.parts),
    modelKind,
    history,
    stream,
    sql: split.sql,
    tree,
    parts: parts.parts,
    sqlStart: split.sqlStart,
    rows: source.rows === undefined ? undefined : { program: source.rows.program, columns: source.rows.columns },
    rules: audit.rules,
    checks: audit.checks,
    rulesFingerprint: fingerprint({ audit: audit.fingerprint, key }),
    removingFingerprint: removingPrint(audit, key),
    refresh: settings.refresh ?? 'auto',
    onRebuild: settings.on_rebuild,
    renamedFrom: renamesOf(parts.value),
    facts:
      source.rows === undefined
        ? factsOf(parts.facts, { modelKind, key, audit })
        : madeFacts(source.rows.program, audit),
  };
}

/** What the definition is made of, so that a plan can say which of it changed. White space does not count. */
function partsOf(sql: string, uses: readonly string[], { parameters, macros, steps }: Vocabulary): ModelTable['parts'] {
  const valueOf = (use: string): unknown => {
    const name = use.slice(use.indexOf(' ') + 1);
    if (use.startsWith('model ')) return steps.get(name)?.written;
    return use.startsWith('parameter ') ? parameters.get(name) : macros.get(name.toLowerCase())?.written;
  };
  const words = uses.map((use) => [use, fingerprint(valueOf(use))]);
  return { model: fingerprint(sql.replaceAll(/\s+/g, ' ')), ...Object.fromEntries(words) };
}

function factsOf(
  facts: SelectFacts,
  parts: { modelKind: ModelTable['modelKind']; key: readonly string[]; audit: Audit },
): ModelFacts {
  return {
    usesClock: facts.usesClock || parts.audit.usesClock,
    usesNow: facts.usesNow,
    rowWise: facts.rowWise,
    shape: parts.modelKind === 'history' ? `history by ${parts.key.join(', ')}` : facts.shape,
  };
}

function madeFacts({ knowsTime }: RowsSource['program'], audit: Audit): ModelFacts {
  const shape = 'made by TypeScript';
  return { usesClock: audit.usesClock, usesNow: knowsTime, rowWise: { proven: false, why: shape }, shape };
}

async function parseQuery(
  source: ModelSource,
  split: SqlFile,
  compiler: SqlCompiler,
): Promise<{ tree: unknown; text?: string | undefined; uses: readonly string[]; diagnostics: readonly Diagnostic[] }> {
  const { file } = source;
  const model = { file, sql: split.sql, sqlStart: split.sqlStart };
  const notSelect = (place: Place): Diagnostic => ({
    code: 'LS1202',
    message: `Model ${source.name} is not one SELECT`,
    place,
    hint: 'a model is a single SELECT (it may begin with WITH); the table is made from its rows',
  });
  const failed = (...diagnostics: Diagnostic[]): { tree: undefined; uses: string[]; diagnostics: Diagnostic[] } => ({
    tree: undefined,
    uses: [],
    diagnostics,
  });
  if (split.sql === '') {
    return split.diagnostics.length > 0 ? failed() : failed(notSelect({ file, line: 1, column: 1 }));
  }
  const [parse] = await compiler.parse([split.sql]);
  if (parse === undefined) return failed();
  if (!parse.ok && /only (a )?select/i.test(parse.message)) return failed(notSelect(sqlPlace(model, 0)));
  if (!parse.ok && parse.word !== undefined)
    return failed({ ...parse.word, message: parse.message, place: sqlPlace(model, parse.offset) });
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
  return { tree: parse.tree, text: parse.text, uses: parse.uses ?? [], diagnostics: [] };
}

/** What a stored table must not call. */
function judgeFunctions(
  facts: SelectFacts,
  options: { source: ModelSource; split: SqlFile; refresh: string },
): Diagnostic[] {
  const { source, split, refresh } = options;
  const model = { file: source.file, sql: split.sql, sqlStart: split.sqlStart };
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
