import { environmentNameRule, isEnvironmentName } from '../core/environment-name.ts';
import type { Diagnostic } from '../core/errors.ts';
import { readChannels, readConnections } from './addresses.ts';
import { projectForm } from './forms.ts';
import { interpolate } from './interpolate.ts';
import type { Environment } from './interpolate.ts';
import type { Project } from './model.ts';
import type { Parameter } from './parameters.ts';
import { readParameters } from './parameters.ts';
import { nearestName } from '../core/nearest-name.ts';
import { checkForm } from './validate.ts';
import { entryOf, parseYaml } from './yaml.ts';
import type { YamlEntry, YamlMap, YamlValue } from './yaml.ts';

/** What lakesmith.yml says, in one environment. */
export type ProjectSettings = Pick<
  Project,
  | 'name'
  | 'environment'
  | 'overlays'
  | 'base'
  | 'lake'
  | 'timezone'
  | 'clockMs'
  | 'onRebuild'
  | 'release'
  | 'connections'
> & { readonly parameters: readonly Parameter[]; readonly channels: ReadonlySet<string> };

/** The name of the file that makes a folder a project. */
export const projectFileName = 'lakesmith.yml';

const formatVersion = 1;
/** The top-level keys are this environment (FORMATS 28). */
export const defaultEnvironment: string = 'local';

export interface ProjectFileOptions {
  /** undefined: the keys at the top alone. */
  readonly environment: string | undefined;
  readonly env: Environment;
  /** Environments that lakesmith.yml does not name and the lake knows, with what each is based on. */
  readonly bases?: ReadonlyMap<string, string>;
  /** Values of parameters that stand before those of the file. */
  readonly parameters?: ReadonlyMap<string, string>;
}

/** Reads lakesmith.yml: the keys of the environment over those at the top, then environment variables put in. */
export function readProjectFile(
  text: string,
  options: ProjectFileOptions,
): { settings: ProjectSettings | undefined; diagnostics: readonly Diagnostic[] } {
  const { value: written, diagnostics } = parseYaml({ text, file: projectFileName });
  if (written === undefined) {
    return { settings: undefined, diagnostics: diagnostics.length > 0 ? diagnostics : [emptyFile()] };
  }
  const form = checkForm(written, projectForm);
  const version = newerVersion(written);
  const environment = options.environment ?? defaultEnvironment;
  const unknown = unknownEnvironments(written, environment, options.bases);
  const first = [...version, ...form.diagnostics, ...unknown];
  if (first.length > 0) return { settings: undefined, diagnostics: version.length > 0 ? version : first };

  const chain = chainOf(written, environment, options.bases);
  const merged = interpolate(overlaid(written, chain), options.env);
  const judged = judge(merged.value, chain);
  const put = (block: YamlValue | undefined): YamlValue | undefined =>
    block === undefined ? undefined : interpolate(block, options.env).value;
  const over = chain.flatMap((name) => {
    const overrides = entryOf(entryOf(written, 'environments')?.value, name)?.value;
    return put(entryOf(overrides, 'parameters')?.value) ?? [];
  });
  const read = readParameters({
    top: put(entryOf(written, 'parameters')?.value),
    environment: over.length === 0 ? undefined : over.reduce(mergeDeep),
    given: options.parameters ?? new Map(),
  });
  return {
    settings: { ...judged.settings, parameters: read.parameters },
    diagnostics: [...merged.diagnostics, ...judged.diagnostics, ...read.diagnostics],
  };
}

function emptyFile(): Diagnostic {
  const place = { file: projectFileName, line: 1, column: 1 };
  return {
    code: 'LS1004',
    message: `${projectFileName} is empty`,
    place,
    hint: 'begin with lakesmith: 1, name: and lake:',
  };
}

/** A finding when the project is written in a file format that this program does not read. */
export function newerVersion(written: YamlValue): Diagnostic[] {
  const entry = entryOf(written, 'lakesmith');
  if (entry?.value.kind !== 'scalar' || typeof entry.value.value !== 'number' || entry.value.value === formatVersion)
    return [];
  const found = entry.value.value;
  const hint =
    found > formatVersion
      ? 'install a newer Lakesmith, or rewrite the project for this one'
      : `write lakesmith: ${formatVersion}`;
  const message = `The project is written in file format ${found}, and this program reads ${formatVersion}`;
  return [{ code: 'LS1005', message, place: entry.value.place, hint }];
}

function unknownEnvironments(
  written: YamlValue,
  environment: string,
  bases: ProjectFileOptions['bases'] = new Map(),
): Diagnostic[] {
  const environments = entryOf(written, 'environments');
  const declared = environments?.value.kind === 'map' ? [...environments.value.entries.keys()] : [];
  const known = [defaultEnvironment, ...declared, ...bases.keys()];
  const near = (name: string): string => {
    const found = nearestName(name, known);
    return found === undefined ? `there are: ${known.join(', ')}` : `Did you mean ${found}?`;
  };
  const diagnostics: Diagnostic[] = [];
  if (!known.includes(environment)) {
    const place = environments?.key ?? { file: projectFileName, line: 1, column: 1 };
    diagnostics.push({
      code: 'LS1007',
      message: `Environment ${environment} is not defined`,
      place,
      hint: near(environment),
    });
  }
  for (const name of declared) {
    const entry = entryOf(environments?.value, name);
    if (entry !== undefined && baseOf(written, name, bases) !== undefined && !isEnvironmentName(name)) {
      const message = `${name} cannot be the name of an environment in the lake of another one`;
      diagnostics.push({ code: 'LS1007', message, place: entry.key, hint: environmentNameRule });
    }
    const base = entryOf(entry?.value, 'base')?.value;
    if (base?.kind !== 'scalar') continue;
    if (!known.includes(String(base.value))) {
      const message = `Environment ${name} is based on ${String(base.value)}, which is not defined`;
      diagnostics.push({ code: 'LS1007', message, place: base.place, hint: near(String(base.value)) });
    } else if (chainOf(written, name, bases).indexOf(name) === 0 && baseOf(written, name, bases) !== undefined) {
      const message = `Environment ${name} is based on itself`;
      diagnostics.push({
        code: 'LS1007',
        message,
        place: base.place,
        hint: `base it on ${defaultEnvironment}, or give it a lake of its own`,
      });
    }
  }
  return diagnostics;
}

/** The environment, after those that it is an overlay on: the first has a lake. A circle of bases ends where it began. */
function chainOf(
  written: YamlValue,
  environment: string,
  bases: ProjectFileOptions['bases'] = new Map(),
): readonly [string, ...string[]] {
  const chain: [string, ...string[]] = [environment];
  for (;;) {
    const base = baseOf(written, chain[0], bases);
    if (base === undefined) return chain;
    const isCircle = chain.includes(base);
    chain.unshift(base);
    if (isCircle) return chain;
  }
}

/** Environments that lakesmith.yml names, besides the one of the keys at its top. */
export function declaredEnvironments(text: string): readonly string[] {
  const { value } = parseYaml({ text, file: projectFileName });
  const environments = value === undefined ? undefined : entryOf(value, 'environments')?.value;
  return environments?.kind === 'map' ? [...environments.entries.keys()] : [];
}

/** What an environment without a lake of its own is an overlay on. */
function baseOf(written: YamlValue, environment: string, bases: ReadonlyMap<string, string>): string | undefined {
  if (environment === defaultEnvironment) return undefined;
  const own = entryOf(entryOf(written, 'environments')?.value, environment)?.value;
  if (own === undefined) return bases.get(environment);
  if (entryOf(own, 'lake') !== undefined) return undefined;
  return scalarText(entryOf(own, 'base')?.value) ?? defaultEnvironment;
}

/** The top-level keys with those of each environment over them, map by map. */
function overlaid(written: YamlValue, chain: readonly string[]): YamlValue {
  if (written.kind !== 'map') return written;
  const top = new Map([...written.entries].filter(([key]) => key !== 'environments'));
  const base: YamlMap = { ...written, entries: top };
  return chain.reduce((below: YamlValue, name) => {
    const over = entryOf(entryOf(written, 'environments')?.value, name)?.value;
    return over === undefined ? below : mergeDeep(below, over);
  }, base);
}

function mergeDeep(below: YamlValue, above: YamlValue): YamlValue {
  if (below.kind !== 'map' || above.kind !== 'map') return above;
  const entries = new Map<string, YamlEntry>(below.entries);
  for (const [key, entry] of above.entries) {
    const under = entries.get(key);
    entries.set(key, under === undefined ? entry : { key: entry.key, value: mergeDeep(under.value, entry.value) });
  }
  return { ...below, entries };
}

function judge(
  value: YamlValue,
  [first, ...overlays]: readonly [string, ...string[]],
): { settings: Omit<ProjectSettings, 'parameters'>; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const textOf = (key: string): string | undefined => scalarText(entryOf(value, key)?.value);
  const lake = textOf('lake') ?? './lake';
  const timezone = textOf('timezone') ?? 'UTC';
  const clock = textOf('clock');
  const refuse = (key: string, message: string, hint: string): void => {
    const place = entryOf(value, key)?.value.place ?? { file: projectFileName, line: 1, column: 1 };
    diagnostics.push({ code: 'LS1004', message, place, hint });
  };
  if (!isTimezone(timezone)) {
    const near = nearestName(timezone, Intl.supportedValuesOf('timeZone')) ?? zoneOfCity(timezone);
    refuse(
      'timezone',
      `Time zone ${timezone} does not exist`,
      near === undefined ? 'use an IANA name such as Europe/Berlin' : `Did you mean ${near}?`,
    );
  }
  const clockMs = clock === undefined ? undefined : parseClock(clock);
  if (clock !== undefined && clockMs === undefined) {
    refuse('clock', `"clock" must be a moment, and ${clock} is none`, 'write it as 2026-03-10T12:00:00Z');
  }
  const connections = readConnections(entryOf(value, 'connections')?.value, diagnostics);
  const settings: Omit<ProjectSettings, 'parameters'> = {
    name: textOf('name') ?? '',
    environment: overlays.at(-1) ?? first,
    overlays,
    base: overlays.length === 0 ? undefined : (overlays.at(-2) ?? first),
    lake,
    timezone,
    clockMs,
    onRebuild:
      textOf('on_rebuild') === 'hold' || (textOf('on_rebuild') === undefined && isBucket(lake)) ? 'hold' : 'rebuild',
    release: textOf('release') === 'all' ? 'all' : 'each',
    connections,
    channels: readChannels(entryOf(value, 'channels')?.value, diagnostics),
  };
  return { settings, diagnostics };
}

function scalarText(value: YamlValue | undefined): string | undefined {
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

/** True for a lake that is not a folder of this machine. */
export function isBucket(lake: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(lake) && !lake.startsWith('file://');
}

function isTimezone(name: string): boolean {
  // Offsets are times without summer time, which is not what a project's days should be cut by.
  if (/^[+-]/.test(name)) return false;
  // Most names are in the list, which is at hand ten times sooner than a format of dates; other names of the same zones are not in it.
  if (name === 'UTC' || Intl.supportedValuesOf('timeZone').includes(name)) return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function zoneOfCity(city: string): string | undefined {
  const wanted = city.toLowerCase().replaceAll(' ', '_');
  return Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase().endsWith(`/${wanted}`));
}

function parseClock(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)) return undefined;
  const zoned = /(Z|[+-]\d{2}:\d{2})$/.test(text) || text.length === 10 ? text : `${text}Z`;
  const ms = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(ms) ? undefined : ms;
}
