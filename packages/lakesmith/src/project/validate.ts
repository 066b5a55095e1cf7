import { z } from 'zod';
import type { Diagnostic, Place } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { plainValue, valueAt } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

type Issue = z.core.$ZodIssue;

/** Compares a file with its form, without what is judged elsewhere (paths: 'tables.*.check'). `data` is undefined when something is wrong; every finding stands at its key or value. */
export function checkForm<T>(
  value: YamlValue,
  form: z.ZodType<T>,
  options: { readonly judgedElsewhere?: readonly string[]; readonly hints?: Readonly<Record<string, string>> } = {},
): { data: T | undefined; diagnostics: readonly Diagnostic[] } {
  const plain = plainValue(
    withoutKeys(
      value,
      (options.judgedElsewhere ?? []).map((path) => path.split('.')),
    ),
  );
  const result = form.safeParse(plain);
  if (result.success) return { data: result.data, diagnostics: [] };
  const diagnostics = result.error.issues
    .flatMap(deepest)
    .flatMap((issue) => describe(issue, { value, form, hints: options.hints ?? {} }));
  return { data: undefined, diagnostics };
}

/** The value without what stands at these paths; * is any key. */
function withoutKeys(value: YamlValue, paths: readonly (readonly string[])[]): YamlValue {
  if (value.kind !== 'map' || paths.length === 0) return value;
  const entries = [...value.entries].flatMap(([key, entry]) => {
    const inside = paths.filter(([first]) => first === key || first === '*').map((path) => path.slice(1));
    if (inside.some((rest) => rest.length === 0)) return [];
    return [[key, { ...entry, value: withoutKeys(entry.value, inside) }] as const];
  });
  return { ...value, entries: new Map(entries) };
}

/** Of a choice between forms, the findings of the branch that came furthest, when one came further than the first step. */
function deepest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  for (const branch of issue.errors) {
    const inner = branch.filter((part) => part.path.length > 0 || part.code === 'unrecognized_keys');
    if (inner.length > 0) return inner.flatMap((part) => deepest({ ...part, path: [...issue.path, ...part.path] }));
  }
  return [issue];
}

function describe(
  issue: Issue,
  context: { value: YamlValue; form: z.ZodType; hints: Readonly<Record<string, string>> },
): Diagnostic[] {
  if (issue.code === 'unrecognized_keys') {
    const parent = valueAt(context.value, issue.path);
    const allowed = keysOf(formAt(context.form, issue.path));
    return issue.keys.map((key) => unknownKey(key, { parent, allowed, hint: context.hints[key] }));
  }
  const name = issue.path.map(String).join('.');
  const place = valueAt(context.value, issue.path).place;
  if (isMissing(context.value, issue.path)) {
    return [
      { code: 'LS1004', message: `Key "${name}" is missing`, place, hint: `add ${String(issue.path.at(-1))}: …` },
    ];
  }
  const cut = cutType(valueAt(context.value, issue.path.slice(0, -1)), String(issue.path.at(-1)));
  if (cut !== undefined) return [cut];
  const near = nearestWord(issue, valueAt(context.value, issue.path));
  const message = name === '' ? `The file ${issue.message}` : `"${name}" ${issue.message}`;
  return [{ code: 'LS1004', message, place, ...(near === undefined ? {} : { hint: `Did you mean ${near}?` }) }];
}

/** The rest of a type that a comma inside { } cut in two; undefined: the key is none. */
function cutType(parent: YamlValue, key: string): Diagnostic | undefined {
  if (parent.kind !== 'map' || !parent.flow || !/^\d+\)$/.test(key)) return undefined;
  const entries = [...parent.entries];
  const at = entries.findIndex(([name]) => name === key);
  const [column, before] = entries[at - 1] ?? [];
  if (before?.value.kind !== 'scalar') return undefined;
  const start = String(before.value.value);
  if (!/^\w+\(\d+$/.test(start)) return undefined;
  return {
    code: 'LS1004',
    message: `The type of "${column ?? ''}" ends at its comma: inside { } a comma ends a value`,
    place: before.value.place,
    hint: `quote it: "${start},${key}"`,
  };
}

function nearestWord(issue: Issue, value: YamlValue): string | undefined {
  if (issue.code !== 'invalid_value' || value.kind !== 'scalar') return undefined;
  return nearestName(String(value.value), issue.values.map(String));
}

function unknownKey(
  key: string,
  options: { parent: YamlValue; allowed: readonly string[]; hint: string | undefined },
): Diagnostic {
  const { parent, allowed } = options;
  const place: Place = (parent.kind === 'map' ? parent.entries.get(key)?.key : undefined) ?? parent.place;
  const near = nearestName(key, allowed);
  const cut = /^\d+\)$/.test(key) ? 'put quotes around a type with a comma in it: "DECIMAL(12,2)"' : undefined;
  const hint = options.hint ?? cut ?? (near === undefined ? `use ${allowed.join(', ')}` : `Did you mean ${near}?`);
  return { code: 'LS1003', message: `Unknown key "${key}"`, place, hint };
}

function isMissing(root: YamlValue, path: readonly PropertyKey[]): boolean {
  const last = path.at(-1);
  if (last === undefined) return false;
  const parent = valueAt(root, path.slice(0, -1));
  return parent.kind === 'map' && !parent.entries.has(String(last));
}

function formAt(
  form: z.ZodType | z.core.$ZodType | undefined,
  path: readonly PropertyKey[],
): z.core.$ZodType | undefined {
  const here = unwrap(form);
  const [step, ...rest] = path;
  if (step === undefined || here === undefined) return here;
  if (here instanceof z.ZodObject) return formAt(here.shape[String(step)], rest);
  if (here instanceof z.ZodRecord) return formAt(here.valueType, rest);
  if (here instanceof z.ZodArray) return formAt(here.element, rest);
  if (here instanceof z.ZodUnion)
    return here.options.map((option) => formAt(option, path)).find((found) => found !== undefined);
  return undefined;
}

function unwrap(form: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  return form instanceof z.ZodOptional || form instanceof z.ZodNullable ? unwrap(form.unwrap()) : form;
}

function keysOf(form: z.core.$ZodType | undefined): readonly string[] {
  return form instanceof z.ZodObject ? Object.keys(form.shape) : [];
}
