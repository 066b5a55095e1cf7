import { DeltaError } from './errors.ts';
import { isSupported } from './features.ts';
import { parseJson } from './json.ts';
import type { TableShape } from './mapping/stored-columns.ts';
import type { DataType, StructField } from './types.ts';

/** Something that is true of every row; false and NULL break it. The expression is in Spark's SQL. */
interface RowCheck {
  readonly name: string;
  /** constraint: the table's, of this name. invariant: a column's. */
  readonly kind: 'constraint' | 'invariant';
  readonly expression: string;
}

/** How a column numbers its rows: from `start` on, in steps, and beyond what was given before. */
export interface Identity {
  readonly start: bigint;
  readonly step: bigint;
  /** The last number given; undefined when there was none yet. */
  readonly highWaterMark: bigint | undefined;
  /** Rows may also bring numbers of their own. */
  readonly allowsExplicit: boolean;
}

/** What a table promises of its rows, as far as its protocol gives it a meaning. Expressions are in Spark's SQL. */
export interface RowPromises {
  readonly checks: readonly RowCheck[];
  /** By column, what its value always is. */
  readonly generated: ReadonlyMap<string, string>;
  /** By column, its value in rows that bring none. */
  readonly defaults: ReadonlyMap<string, string>;
  readonly identity: ReadonlyMap<string, Identity>;
}

/** Features whose demands are met by keeping these promises. */
export const rowFeatures = [
  'invariants',
  'checkConstraints',
  'generatedColumns',
  'allowColumnDefaults',
  'identityColumns',
] as const;

const CONSTRAINT = 'delta.constraints.';

/** What the rows of a table have to be. 'invalid-schema' where it cannot be understood. */
export function rowPromises(table: TableShape): RowPromises {
  const { protocol, metadata, schema } = table;
  const has = (feature: (typeof rowFeatures)[number]): boolean => isSupported(protocol, feature);
  const { fields } = schema;
  const texts = (key: string): Map<string, string> =>
    new Map(fields.flatMap(({ name, metadata: of }) => (typeof of[key] === 'string' ? [[name, of[key]]] : [])));
  const constraints = Object.entries(metadata.configuration).flatMap(([key, expression]): RowCheck[] =>
    key.startsWith(CONSTRAINT) ? [{ name: key.slice(CONSTRAINT.length), kind: 'constraint', expression }] : [],
  );
  return {
    checks: [
      ...(has('checkConstraints') ? constraints : []),
      ...(has('invariants') ? fields.flatMap(invariantsOf) : []),
    ],
    generated: has('generatedColumns') ? texts('delta.generationExpression') : new Map(),
    defaults: has('allowColumnDefaults') ? texts('CURRENT_DEFAULT') : new Map(),
    identity: has('identityColumns') ? new Map(fields.flatMap(identityOf)) : new Map(),
  };
}

/** The property that keeps a constraint. */
export function constraintProperty(name: string): string {
  return `${CONSTRAINT}${name.toLowerCase()}`;
}

function invariantsOf(field: StructField): RowCheck[] {
  if (holdsInvariant(field.type)) {
    throw new DeltaError(
      'unsupported-feature',
      `This table cannot be written, because it has an invariant inside of the column ${field.name}.`,
      { context: { features: 'invariants', column: field.name } },
    );
  }
  const text = field.metadata['delta.invariants'];
  if (text === undefined || text === null) return [];
  const expression = typeof text === 'string' ? invariantExpression(text) : undefined;
  if (expression === undefined) throw invalid(field.name, 'delta.invariants');
  return [{ name: `${field.name} ${expression}`, kind: 'invariant', expression }];
}

function invariantExpression(text: string): string | undefined {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    // What is not JSON has no expression.
    return undefined;
  }
  const outer = typeof value === 'object' && value !== null && 'expression' in value ? value.expression : undefined;
  const inner = typeof outer === 'object' && outer !== null && 'expression' in outer ? outer.expression : undefined;
  return typeof inner === 'string' ? inner : undefined;
}

function holdsInvariant(type: DataType): boolean {
  if (typeof type === 'string') return false;
  if (type.type === 'array') return holdsInvariant(type.elementType);
  if (type.type === 'map') return holdsInvariant(type.keyType) || holdsInvariant(type.valueType);
  return type.fields.some((field) => field.metadata['delta.invariants'] != null || holdsInvariant(field.type));
}

function identityOf({ name, metadata }: StructField): [string, Identity][] {
  const start = wholeNumber(metadata['delta.identity.start']);
  const step = wholeNumber(metadata['delta.identity.step']);
  if (start === undefined && step === undefined) return [];
  if (start === undefined || step === undefined || step === 0n) throw invalid(name, 'delta.identity.step');
  const highWaterMark = wholeNumber(metadata['delta.identity.highWaterMark']);
  const allowsExplicit = metadata['delta.identity.allowExplicitInsert'] === true;
  return [[name, { start, step, highWaterMark, allowsExplicit }]];
}

function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

function invalid(column: string, key: string): DeltaError {
  return new DeltaError('invalid-schema', `The column ${column} has a ${key} that cannot be understood.`, {
    context: { column },
  });
}
