import type { Diagnostic, Place } from '../core/errors.ts';
import type { Check, EarlierTime } from './model.ts';
import { readCheckEntries } from './rules.ts';
import type { Written } from './rules.ts';
import type { YamlValue } from './yaml.ts';

type CheckBody = Check extends infer C ? (C extends Check ? Omit<C, 'name' | 'severity' | 'place'> : never) : never;

const kinds = [
  'unique',
  'not_null',
  'accepted',
  'range',
  'pattern',
  'references',
  'row_count',
  'fresh',
  'drift',
] as const;
type Kind = (typeof kinds)[number];

const howTo: Readonly<Record<Kind, string>> = {
  unique: 'write a column, or a list of columns that are unique together',
  not_null: 'write a column, or a list of columns',
  accepted: "write status in ('open', 'closed')",
  range: 'write amount between 0 and 100',
  pattern: "write email like '%@%', or regexp_matches(code, '^[A-Z]{3}$')",
  references: 'write column -> silver.table.column, or (a, b) -> silver.table.(a, b)',
  row_count: 'write > 0, between 1 and 500, within 30% of last week, or as usual',
  fresh: 'write column within 2 days, or column as usual',
  drift: 'write column within 10% of last week',
};

/** The checks of a `check:` block. The kind is the name (`row_count:`) or shows in the form (`a -> silver.t.a`). */
export function readChecks(
  table: string,
  block: YamlValue | undefined,
): {
  checks: readonly Check[];
  diagnostics: readonly Diagnostic[];
} {
  const { entries, diagnostics } = readCheckEntries(block);
  const checks: Check[] = [];
  const findings = [...diagnostics];
  for (const entry of entries) {
    const found = readEntry(table, entry);
    checks.push(...found.checks);
    findings.push(...found.diagnostics);
  }
  return { checks, diagnostics: findings };
}

/** Kinds of which a list is several checks, and not several columns. */
const manyTimes: ReadonlySet<Kind> = new Set(['accepted', 'range', 'pattern', 'references', 'fresh', 'drift']);

function readEntry(table: string, entry: Written): { checks: Check[]; diagnostics: Diagnostic[] } {
  const kind = kinds.find((name) => name === entry.name);
  const severity = entry.severity === 'fail' ? 'fail' : 'warn';
  const listed = entry.value.kind === 'list' && (kind === undefined || manyTimes.has(kind));
  const parts = listed && entry.value.kind === 'list' ? entry.value.items : [entry.value];
  const checks: Check[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, part] of parts.entries()) {
    const texts = textsOf(part);
    const body = texts === undefined ? undefined : bodyOf(kind, texts, table);
    if (body === undefined) diagnostics.push(notUnderstood(entry.name, kind, part));
    else
      checks.push({
        name: index === 0 ? entry.name : `${entry.name}_${index + 1}`,
        severity,
        ...(entry.limit === undefined ? {} : { limit: entry.limit }),
        place: part.place,
        ...body,
      });
  }
  return { checks, diagnostics };
}

function textsOf(value: YamlValue): readonly string[] | undefined {
  if (value.kind === 'scalar') return value.value === null ? undefined : [String(value.value)];
  if (value.kind === 'map') return undefined;
  const items = value.items.map(textsOf);
  return items.every((item) => item !== undefined) && items.length > 0 ? items.flat() : undefined;
}

function bodyOf(kind: Kind | undefined, texts: readonly string[], table: string): CheckBody | undefined {
  const [text = ''] = texts;
  switch (kind) {
    case 'unique':
    case 'not_null':
      return texts.every((name) => /^\S+$/.test(name)) ? { kind, columns: texts } : undefined;
    case 'accepted':
    case 'range':
    case 'pattern':
      // What is NULL is not judged: not_null is a check of its own.
      return { kind: 'sql', sql: `select * from ${table} where (${text}\n) is false`, each: text };
    case 'references':
      return parseReferences(text);
    case 'row_count':
      return texts.length === 1 ? parseRowCount(text) : undefined;
    case 'fresh':
      return parseFresh(text);
    case 'drift':
      return parseDrift(text);
    default:
      return /^(select|with|from)\s/i.test(text.trim())
        ? { kind: 'sql', sql: text.trim().replace(/[\s;]+$/, '') }
        : (parseReferences(text) ?? parseDrift(text) ?? parseFresh(text));
  }
}

function parseReferences(text: string): CheckBody | undefined {
  const match = /^(.+?)\s*->\s*([a-z_]\w*\.[a-z_]\w*)\.(.+)$/i.exec(text.trim());
  if (match === null) return undefined;
  const [columns, toColumns] = [nameList(match[1] ?? ''), nameList(match[3] ?? '')];
  if (columns === undefined || toColumns === undefined || columns.length !== toColumns.length) return undefined;
  return { kind: 'references', columns, table: match[2] ?? '', toColumns };
}

function nameList(text: string): readonly string[] | undefined {
  const inner = /^\((.*)\)$/.exec(text.trim())?.[1] ?? text;
  const names = inner.split(',').map((name) => name.trim());
  return names.every((name) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) ? names : undefined;
}

const count = '(\\d[\\d_,]*)';

function parseRowCount(text: string): CheckBody | undefined {
  const words = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const number = (digits: string | undefined): number => Number((digits ?? '').replaceAll(/[_,]/g, ''));
  const match = (pattern: string): RegExpExecArray | null => new RegExp(`^${pattern}$`).exec(words);
  const between = match(`between ${count} and ${count}`);
  if (between !== null) return range(number(between[1]), number(between[2]));
  const atLeast = match(`(?:>=|at least) ?${count}`);
  if (atLeast !== null) return range(number(atLeast[1]), undefined);
  const over = match(`(?:>|more than) ?${count}`);
  if (over !== null) return range(number(over[1]) + 1, undefined);
  const atMost = match(`(?:<=|at most) ?${count}`);
  if (atMost !== null) return range(undefined, number(atMost[1]));
  const under = match(`(?:<|less than) ?${count}`);
  if (under !== null) return range(undefined, number(under[1]) - 1);
  const exact = match(`=? ?${count}`);
  if (exact !== null) return range(number(exact[1]), number(exact[1]));
  if (match(usual) !== null) return { kind: 'row_count', usual: true };
  const within = match(withinEarlier);
  return within === null ? undefined : { kind: 'row_count', ...earlier(within[1], within[2]) };
}

const usual = 'as usual';
const withinEarlier = 'within (\\d+(?:\\.\\d+)?) ?% of (last week|last release)';

function earlier(percent = '', time = ''): { readonly withinPercent: number; readonly of: EarlierTime } {
  return { withinPercent: Number(percent), of: time.toLowerCase() === 'last week' ? 'last week' : 'last release' };
}

function parseDrift(text: string): CheckBody | undefined {
  const words = text.trim().replace(/\s+/g, ' ');
  const match = new RegExp(`^([\\p{L}_][\\p{L}\\p{N}_]*) ${withinEarlier}$`, 'iu').exec(words);
  return match === null ? undefined : { kind: 'drift', column: match[1] ?? '', ...earlier(match[2], match[3]) };
}

function range(min: number | undefined, max: number | undefined): CheckBody | undefined {
  if ((min ?? 0) > (max ?? Number.MAX_SAFE_INTEGER) || (max ?? 0) < 0) return undefined;
  return { kind: 'row_count', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
};

function parseFresh(text: string): CheckBody | undefined {
  const asUsual = /^([\p{L}_][\p{L}\p{N}_]*)\s+as\s+usual$/iu.exec(text.trim());
  if (asUsual !== null) return { kind: 'fresh', column: asUsual[1] ?? '', withinMs: 'usual', text: text.trim() };
  const match = /^([\p{L}_][\p{L}\p{N}_]*)\s+within\s+(\d+)\s*([a-z]+)$/iu.exec(text.trim());
  const unit = match?.[3]?.toLowerCase() ?? '';
  const ms = unitMs[unit] ?? unitMs[unit.replace(/s$/, '')];
  if (match === null || ms === undefined) return undefined;
  return { kind: 'fresh', column: match[1] ?? '', withinMs: Number(match[2]) * ms, text: text.trim() };
}

function notUnderstood(name: string, kind: Kind | undefined, value: YamlValue): Diagnostic {
  const place: Place = value.place;
  if (kind !== undefined)
    return { code: 'LS1105', message: `Check "${name}" cannot be understood`, place, hint: howTo[kind] };
  const hint = `name it ${kinds.join(', ')}, or write a SELECT that returns the rows that are wrong`;
  return { code: 'LS1105', message: `Check "${name}" is of no known kind`, place, hint };
}
