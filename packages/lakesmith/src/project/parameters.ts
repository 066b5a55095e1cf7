import type { Diagnostic, Place } from '../core/errors.ts';
import { LakeError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { DataType } from '../core/schema.ts';
import { parseUserType, toEngineType, toUserType } from '../core/type-policy.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { castNode, nullNode, textNode } from '../sql/nodes.ts';
import { nodeAt, nodesAt, queryOf } from '../sql/tree.ts';
import type { TreeNode } from '../sql/tree.ts';
import { fitsType, impliedType } from './parameter-value.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

/** A value that models take by its name, `$country`. */
export interface Parameter {
  readonly name: string;
  readonly type: DataType;
  /** As it is written; null: it is NULL. */
  readonly value: string | null;
  readonly place: Place;
}

/** What is said of parameters: at the top of lakesmith.yml, in its environment, and on the command line. */
export interface ParameterSettings {
  readonly top: YamlValue | undefined;
  readonly environment: YamlValue | undefined;
  readonly given: ReadonlyMap<string, string>;
}

/** The parameters of a project with their values; the command line stands before the environment, and that before the top. */
export function readParameters(settings: ParameterSettings): {
  parameters: readonly Parameter[];
  diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const top = settings.top?.kind === 'map' ? settings.top.entries : new Map<string, never>();
  const over = settings.environment?.kind === 'map' ? settings.environment.entries : new Map<string, never>();
  const unknown = (name: string, place?: Place): void => {
    const near = nearestName(name, top.keys());
    const hint = near === undefined ? 'add it to parameters: at the top of lakesmith.yml' : `Did you mean ${near}?`;
    const message = `Parameter ${name} is not defined`;
    diagnostics.push({ code: 'LS1010', message, hint, ...(place === undefined ? {} : { place }) });
  };
  for (const [name, { key }] of over) if (!top.has(name)) unknown(name, key);
  for (const name of settings.given.keys()) if (!top.has(name)) unknown(name);
  const parameters: Parameter[] = [];
  for (const [name, { key, value }] of top) {
    const found = readParameter(name, {
      place: key,
      value,
      over: over.get(name)?.value,
      given: settings.given.get(name),
    });
    if ('code' in found) diagnostics.push(found);
    // Told once, here: what uses it is not wrong for that.
    parameters.push('code' in found ? { name, type: 'void', value: null, place: key } : found);
  }
  return { parameters, diagnostics };
}

interface Written {
  readonly place: Place;
  readonly value: YamlValue;
  readonly over: YamlValue | undefined;
  readonly given: string | undefined;
}

function readParameter(name: string, { place, value, over, given }: Written): Parameter | Diagnostic {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    const hint = 'use letters, digits and _, a letter first';
    return { code: 'LS1012', message: `No parameter can be called ${name}`, place, hint };
  }
  const written = entryOf(value, 'type')?.value;
  const type = written === undefined ? undefined : typeOf(written);
  if (type !== undefined && typeof type === 'object' && 'code' in type) return type;
  const first = defaultOf(value);
  const chosen = given !== undefined ? { text: given, place } : (defaultOf(over) ?? first);
  if (chosen === undefined) {
    const hint = `add default: here, a value in the environment, or --param ${name}=…`;
    return { code: 'LS1012', message: `Parameter ${name} has no value`, place, hint };
  }
  const kind = type ?? impliedType(first ?? chosen, chosen.text);
  const fits = kind !== undefined && (chosen.text === null || fitsType(chosen.text, kind));
  if (kind !== undefined && fits) return { name, type: kind, value: chosen.text, place };
  const wanted = type === undefined ? `of the kind of its default, ${first?.text ?? ''}` : toUserType(type);
  return {
    code: 'LS1012',
    message: `Parameter ${name} must be ${wanted}, and ${chosen.text ?? 'null'} is not`,
    place: chosen.place,
    hint: 'give another value, or another type: {type: …, default: …}',
  };
}

function typeOf(written: YamlValue): DataType | Diagnostic {
  const { place } = written;
  const text = written.kind === 'scalar' ? String(written.value) : '';
  try {
    const type = parseUserType(text);
    if (typeof type === 'string' && !['binary', 'variant', 'void'].includes(type)) return type;
    const hint = 'use one of numbers, VARCHAR, BOOLEAN, DATE, TIMESTAMP or TIMESTAMP_NTZ';
    return { code: 'LS1012', message: `No parameter can be of type ${text}`, place, hint };
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    return { code: error.code, message: error.message, place };
  }
}

/** The value that stands for a parameter: alone, or as `default`. */
function defaultOf(value: YamlValue | undefined): { text: string | null; place: Place; quoted: boolean } | undefined {
  const scalar = value?.kind === 'map' ? entryOf(value, 'default')?.value : value;
  if (scalar?.kind !== 'scalar') return undefined;
  const quoted = typeof scalar.value === 'string';
  if (scalar.value === null) return value?.kind === 'map' ? { text: null, place: scalar.place, quoted } : undefined;
  return { text: scalar.source ?? String(scalar.value), place: scalar.place, quoted };
}

/** Each parameter as a constant of its type in the engine's tree. */
export async function parameterNodes(
  parameters: readonly Parameter[],
  compiler: SqlCompiler,
): Promise<ReadonlyMap<string, TreeNode>> {
  if (parameters.length === 0) return new Map();
  const casts = await compiler.parse(parameters.map(({ type }) => `select cast(null as ${toEngineType(type)})`));
  return new Map(
    parameters.map(({ name, type, value }, i) => {
      const cast = casts[i];
      const node = cast?.ok === true ? nodesAt(queryOf(cast.tree), 'select_list')[0] : undefined;
      const child = value === null ? nullNode() : textNode(value);
      const castType = type === 'void' ? undefined : nodeAt(node ?? {}, 'cast_type');
      return [name, castType === undefined ? child : { ...castNode(child, ''), cast_type: castType }];
    }),
  );
}
