import type { Diagnostic, Place } from '../core/errors.ts';
import type { Limit } from './limit.ts';
import { parseLimit } from './limit.ts';
import type { Severity } from './model.ts';
import type { YamlMap, YamlScalar, YamlValue } from './yaml.ts';

/** One entry of `expect:` or `check:` with the severity it stands under, before it is understood. */
export interface Written<T extends YamlValue = YamlValue> {
  readonly name: string;
  readonly severity: Severity;
  readonly limit?: Limit;
  readonly key: Place;
  readonly value: T;
}

/** What may be done with a row that breaks a rule, and why not more. */
export interface RowSeverities {
  readonly severities: readonly Severity[];
  readonly hint?: string;
}

const rowSeverities: readonly Severity[] = ['warn', 'drop', 'quarantine', 'fail'];
const tableSeverities: readonly Severity[] = ['warn', 'fail'];

/** The rules of an `expect:` block, one text each. */
export function readRules(
  block: YamlValue | undefined,
  allowed: RowSeverities = { severities: rowSeverities },
): {
  rules: readonly Written<YamlScalar>[];
  diagnostics: readonly Diagnostic[];
} {
  const { entries, diagnostics } = bySeverity(block, { ...allowed, noun: 'Rule' });
  const rules: Written<YamlScalar>[] = [];
  const findings = [...diagnostics];
  for (const entry of entries) {
    const { value } = entry;
    if (value.kind === 'scalar' && typeof value.value === 'string') rules.push({ ...entry, value });
    else
      findings.push({
        code: 'LS1107',
        message: `Rule "${entry.name}" must be one line of SQL`,
        place: value.place,
        hint: formHint(value),
      });
  }
  return { rules, diagnostics: findings };
}

/** The entries of a `check:` block. */
export function readCheckEntries(block: YamlValue | undefined): {
  entries: readonly Written[];
  diagnostics: readonly Diagnostic[];
} {
  return bySeverity(block, { severities: tableSeverities, noun: 'Check' });
}

function formHint(value: YamlValue): string {
  if (value.kind === 'scalar')
    return value.value === null ? 'write the rule after the colon' : 'write a comparison, such as amount > 0';
  return 'write one rule per line, and quote a rule that begins with { or [';
}

interface Kind extends RowSeverities {
  readonly noun: 'Rule' | 'Check';
}

function bySeverity(block: YamlValue | undefined, kind: Kind): { entries: Written[]; diagnostics: Diagnostic[] } {
  const entries: Written[] = [];
  const diagnostics: Diagnostic[] = [];
  const word = kind.noun === 'Rule' ? 'expect' : 'check';
  if (block === undefined) return { entries, diagnostics };
  if (block.kind !== 'map') {
    const hint = `write ${word}:, below it ${orList(kind.severities)}:, and below that name: ${kind.noun.toLowerCase()}`;
    return {
      entries,
      diagnostics: [{ code: 'LS1004', message: `"${word}" must be a block`, place: block.place, hint }],
    };
  }
  const seen = new Set<string>();
  for (const [severity, { key, value }] of block.entries) {
    const [, bare = severity, upTo] = /^(\S+)\s+up\s+to\s+(.*)$/.exec(severity) ?? [];
    const known = kind.severities.find((name) => name === bare);
    const limit = upTo === undefined ? undefined : parseLimit(upTo);
    if (known === undefined) {
      diagnostics.push(unknownSeverity(bare, key, { ...kind, value }));
    } else if (upTo !== undefined && (limit === undefined || known === 'fail')) {
      diagnostics.push(unknownLimit(severity, key, known));
    } else if (value.kind !== 'map') {
      diagnostics.push({
        code: 'LS1004',
        message: `"${severity}" must be a block of ${word} lines`,
        place: value.place,
        hint: 'write name: rule below it, one per line',
      });
    } else if (value.flow) {
      const hint = 'write one per line, without { }';
      diagnostics.push({
        code: 'LS1107',
        message: `${kind.noun}s in { } cannot be read safely: a comma ends one there`,
        place: value.place,
        hint,
      });
    } else {
      const found = entriesOf(value, known).map((entry) => (limit === undefined ? entry : { ...entry, limit }));
      for (const entry of found.filter((candidate) => seen.has(candidate.name))) {
        const message = `${kind.noun} "${entry.name}" is defined twice`;
        diagnostics.push({ code: 'LS1004', message, place: entry.key, hint: 'give one of them another name' });
      }
      for (const entry of found) seen.add(entry.name);
      entries.push(...found);
    }
  }
  return { entries, diagnostics };
}

function entriesOf(value: YamlMap, severity: Severity): Written[] {
  return [...value.entries].map(([name, entry]) => ({ name, severity, key: entry.key, value: entry.value }));
}

function unknownSeverity(severity: string, place: Place, kind: Kind & { value: YamlValue }): Diagnostic {
  const use = orList(kind.severities);
  const rowsOnly = kind.noun === 'Check' && rowSeverities.some((name) => name === severity);
  const bare = rowsOnly ? `only rows can be taken out: use ${use}, or make it a rule under expect:` : `use ${use}`;
  const isKnown = rowSeverities.some((name) => name === severity);
  const hint = isKnown && kind.hint !== undefined ? kind.hint : bare;
  const first = kind.value.kind === 'map' ? [...kind.value.entries.keys()][0] : undefined;
  const what =
    isKnown && kind.noun === 'Rule' ? `cannot ${severity} rows here` : `has an unknown severity "${severity}"`;
  const message =
    first === undefined ? `${kind.noun} "${severity}" stands under no severity` : `${kind.noun} "${first}" ${what}`;
  return { code: 'LS1103', message, place, hint: first === undefined ? `put it under ${use}` : hint };
}

function unknownLimit(words: string, place: Place, severity: Severity): Diagnostic {
  const hint =
    severity === 'fail'
      ? 'one broken row fails the table: write warn up to …, drop up to … or quarantine up to …'
      : `write ${severity} up to 5 %, or ${severity} up to 20 rows`;
  return { code: 'LS1103', message: `"${words}" cannot be understood`, place, hint };
}

function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
