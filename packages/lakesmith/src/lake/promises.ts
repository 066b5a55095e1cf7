import type { Identity, Snapshot } from '@lakesmith/delta';
import { rowPromises } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { DataType } from '../core/schema.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { Relation, RowCheck } from '../engine/engine.ts';
import { engineExpression } from '../sql/spark-expression.ts';
import { askRows } from './ask-rows.ts';
import type { DeltaTable } from './delta-table.ts';
import { columnsOf } from './relation.ts';
import { timezone } from './time-zone.ts';

/** An expression that the table keeps: in the engine's SQL, and as the table says it. */
interface Kept {
  readonly sql: string;
  readonly text: string;
  /** The columns that it speaks of. */
  readonly columns: readonly string[];
}

interface PromisedCheck extends RowCheck {
  /** The name of the constraint that it is. */
  readonly constraint?: string;
  /** The columns that it speaks of. */
  readonly columns?: readonly string[];
  /** The column whose inside it is about. */
  readonly inside?: string;
}

/** What the rows of a table have to be, in the engine's SQL. */
export interface Promises {
  readonly checks: readonly PromisedCheck[];
  /** By column, what its value always is. */
  readonly generated: ReadonlyMap<string, Kept>;
  /** By column, its value in rows that bring none. */
  readonly defaults: ReadonlyMap<string, Kept>;
  readonly identity: ReadonlyMap<string, Identity>;
}

/** Of rows that the table had as they are, nothing has to be asked. */
export const noPromises: Promises = {
  checks: [],
  generated: new Map(),
  defaults: new Map(),
  identity: new Map(),
};

/** Understands what a table promises of its rows; LS3007 when it has an expression that might mean something else here. */
export async function promisesOf(table: DeltaTable, target: Snapshot): Promise<Promises> {
  const { checks, generated, defaults, identity } = rowPromises(target);
  const { fields } = target.schema;
  const nowIso = new Date(table.io.now()).toISOString();
  const understood = async (
    what: string,
    text: string,
    scope: Parameters<typeof engineExpression>[2],
  ): ReturnType<typeof engineExpression> => {
    try {
      return await engineExpression(table.engine, text, scope);
    } catch (error) {
      if (!(error instanceof LakeError) || error.code !== 'LS1205') throw error;
      throw new LakeError('LS3007', `Nothing can be written to this table: of ${what}, ${lowerFirst(error.message)}`, {
        cause: error,
        context: error.context,
      });
    }
  };
  const each = async (
    what: string,
    texts: ReadonlyMap<string, string>,
    scope: Parameters<typeof engineExpression>[2],
  ): Promise<ReadonlyMap<string, Kept>> => {
    const all = new Map<string, Kept>();
    for (const { name, type } of fields) {
      const text = texts.get(name);
      if (text === undefined) continue;
      const { sql, columns } = await understood(`${what} ${name}`, text, scope);
      all.set(name, { sql: `CAST(${sql} AS ${toEngineType(type)})`, text, columns });
    }
    return all;
  };
  const rowChecks: PromisedCheck[] = [];
  for (const { name, kind, expression } of checks)
    rowChecks.push({
      ...(kind === 'constraint' ? { constraint: name } : {}),
      name: `the constraint ${name} (${expression})`,
      ...(await understood(`the constraint ${name}`, expression, { fields })),
    });
  return {
    checks: [...rowChecks, ...fields.flatMap(({ name, type }) => nestedChecks(name, type))],
    // Computed from what rows bring, and not from each other.
    generated: await each('the generated column', generated, {
      fields: fields.filter(({ name }) => !generated.has(name) && !identity.has(name)),
    }),
    defaults: await each('the default of the column', defaults, { fields: [], nowIso }),
    identity,
  };
}

/** Refuses promises that no row could keep: expressions over columns of types that they cannot be computed from. */
export async function bindPromises(table: DeltaTable, target: Snapshot): Promise<void> {
  const { checks, generated, defaults, identity } = await promisesOf(table, target);
  for (const column of identity.keys()) {
    const type = target.schema.fields.find((field) => field.name === column)?.type;
    if (type !== 'long') throw new LakeError('LS4001', `The column ${column} numbers rows, so it has to be a BIGINT.`);
  }
  const values = [...defaults.values()].map(({ sql }) => sql);
  const expressions = [...checks, ...generated.values()].map(({ sql }) => `(${sql}\n)`).concat(values);
  if (expressions.length === 0) return;
  const relation: Relation = { name: 't', kind: 'empty', columns: columnsOf(target) };
  const sql = `SELECT ${expressions.join(', ')} FROM t`;
  const bound = await table.engine.describe({ sql, relations: [relation], timezone });
  if (!bound.ok)
    throw new LakeError('LS1205', `A constraint, generated column or default cannot be computed: ${bound.message}`);
  const vague = checks.find((_, i) => bound.columns[i]?.type !== 'boolean');
  if (vague !== undefined)
    throw new LakeError('LS1205', `It is neither true nor false of a row what ${vague.name} says: compare it.`);
  // A text that is no number is told by its value alone.
  if (values.length > 0) await askRows(table, { sql: `SELECT ${values.join(', ')}`, relations: [] });
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}

/** What is inside of structs, lists and maps may have to be there too. */
function nestedChecks(column: string, type: DataType): PromisedCheck[] {
  const sql = whole(quoteName(column), type, 0);
  return sql === undefined
    ? []
    : [{ inside: column, name: `that nothing in ${column} is NULL which must not be`, sql }];
}

/** SQL that is true when nothing inside of a value is NULL that must not be; undefined when everything may. */
function whole(value: string, type: DataType, depth: number): string | undefined {
  if (typeof type === 'string') return undefined;
  if (type.type === 'array') return allOf(value, value, { type: type.elementType, nullable: type.containsNull, depth });
  if (type.type === 'map') {
    // The engine knows no NULL keys.
    const keys = allOf(value, `map_keys(${value})`, { type: type.keyType, nullable: true, depth });
    const values = allOf(value, `map_values(${value})`, {
      type: type.valueType,
      nullable: type.valueContainsNull,
      depth,
    });
    return keys === undefined || values === undefined ? (keys ?? values) : `(${keys} AND ${values})`;
  }
  const parts = type.fields.flatMap((field) => {
    const inner = `struct_extract(${value}, ${quoteText(field.name)})`;
    const below = whole(inner, field.type, depth);
    return [...(field.nullable ? [] : [`${inner} IS NOT NULL`]), ...(below === undefined ? [] : [below])];
  });
  return parts.length === 0 ? undefined : `(${value} IS NULL OR (${parts.join(' AND ')}))`;
}

function allOf(
  value: string,
  list: string,
  { type, nullable, depth }: { readonly type: DataType; readonly nullable: boolean; readonly depth: number },
): string | undefined {
  const item = `_e${depth}`;
  const below = whole(item, type, depth + 1);
  const parts = [...(nullable ? [] : [`${item} IS NOT NULL`]), ...(below === undefined ? [] : [below])];
  if (parts.length === 0) return undefined;
  return `(${value} IS NULL OR len(list_filter(${list}, lambda ${item}: NOT (${parts.join(' AND ')}))) = 0)`;
}
