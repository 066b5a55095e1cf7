/** What files of TypeScript import from 'lakesmith'. `lakesmith types` writes these declarations beside the tables of a project. */

/** Every table of the project, by its name, with what one of its rows is. `lakesmith types` writes them. */
export interface Tables {}

type TableName = keyof Tables extends never ? string : Extract<keyof Tables, string>;

/** A row of a table that is not known. */
type AnyRow = Readonly<Record<string, unknown>>;

type RowIn<Name> = Name extends keyof Tables ? Tables[Name] : AnyRow;

/** 'orders' of 'silver.orders'. */
type Word<Name> = Name extends `${string}.${infer Rest}` ? Rest : Name;

/** Tables that a model reads: `['silver.orders']`, or by the names that its rows() calls them: `{ orders: 'silver.orders' }`. */
export type Inputs = readonly TableName[] | Readonly<Record<string, TableName>>;

type InputRows<I> = I extends readonly string[]
  ? { readonly [Name in I[number] as Word<Name>]: AsyncIterable<RowIn<Name>> }
  : { readonly [Key in keyof I]: AsyncIterable<RowIn<I[Key]>> };

interface ColumnNote {
  /** What the column is, for people. */
  readonly description?: string;
  /** Such as 'pii'. */
  readonly tags?: readonly string[];
}

/** The columns of a model whose rows are made by TypeScript: `{ id: 'bigint', price: { type: 'decimal(12,2)' } }`. */
export type Columns = Readonly<Record<string, string | (ColumnNote & { readonly type: string })>>;

/** What may be given for a column of a type. */
type Given<Type extends string> =
  Lowercase<Type> extends `${infer Element}[]`
    ? readonly (Given<Element> | null)[]
    : Lowercase<Type> extends 'bigint' | 'int8' | 'long' | 'integer' | 'int' | 'int4' | 'smallint' | 'int2' | 'tinyint'
      ? bigint | number
      : Lowercase<Type> extends 'double' | 'float' | 'real' | 'float4' | 'float8'
        ? number
        : Lowercase<Type> extends 'decimal' | 'numeric' | 'hugeint' | `decimal(${string}` | `numeric(${string}`
          ? string | number | bigint
          : Lowercase<Type> extends 'varchar' | 'text' | 'string'
            ? string
            : Lowercase<Type> extends 'boolean' | 'bool'
              ? boolean
              : Lowercase<Type> extends 'date' | 'timestamp' | 'timestamptz'
                ? string | Date
                : Lowercase<Type> extends 'timestamp_ntz'
                  ? string
                  : Lowercase<Type> extends 'blob' | 'bytea'
                    ? Uint8Array
                    : unknown;

type TypeOf<C> = C extends string ? C : C extends { readonly type: infer Type extends string } ? Type : string;

type RowOut<C> = { readonly [Name in keyof C]: Given<TypeOf<C[Name]>> | null };

type Rules = Readonly<Record<string, string>>;
type Checks = Readonly<Record<string, string | number | readonly string[]>>;
type UpTo = `up to ${string}`;

interface Settings {
  /** Of one of models(): what its table is called. */
  readonly name?: string;
  /** What the table is, for people. */
  readonly description?: string;
  /** What names a row: unique and never null. */
  readonly key?: string | readonly string[];
  readonly tags?: readonly string[];
  readonly on_rebuild?: 'rebuild' | 'hold';
  readonly renamed_from?: Readonly<Record<string, string>>;
  /** Rules about each row, by what happens to a row that breaks one. */
  readonly expect?: {
    readonly [
      Severity in 'warn' | 'drop' | 'quarantine' | 'fail' | `${'warn' | 'drop' | 'quarantine'} ${UpTo}`
    ]?: Rules;
  };
  /** Rules about the whole table. */
  readonly check?: { readonly [Severity in 'warn' | 'fail' | `warn ${UpTo}`]?: Checks };
}

/** A table that is one SELECT. */
export interface SqlModel extends Settings {
  /** One SELECT, as in a .sql file. */
  readonly sql: string;
  readonly kind?: 'table' | 'stream' | 'history' | 'ephemeral';
  readonly follows?: string;
  readonly joins?: 'now' | 'as_of';
  readonly valid_from?: string;
  readonly track?: string | readonly string[];
  readonly first_valid_from?: string;
  readonly refresh?: 'auto' | 'incremental' | 'strict' | 'full';
  readonly columns?: Readonly<Record<string, ColumnNote>>;
}

/** What rows() knows besides its inputs. */
export interface Context {
  /** The table that is made: 'gold.scores'. */
  readonly table: string;
  /** The time zone of the project. */
  readonly timezone: string;
  /** The day of the run: '2026-03-10'. Only for a model with `refresh: 'full'`. */
  readonly today: string;
  /** The moment of the run: '2026-03-10T12:00:00.000Z'. Only for a model with `refresh: 'full'`. */
  readonly now: string;
}

/** A table whose rows are made by TypeScript. */
export interface RowsModel<I extends Inputs, C extends Columns> extends Settings {
  readonly inputs?: I;
  readonly columns: C;
  /** Makes all rows of the table. Each input can be gone through as often as needed. */
  rows(
    inputs: InputRows<I>,
    context: Context,
  ): AsyncIterable<RowOut<C>> | Iterable<RowOut<C>> | Promise<Iterable<RowOut<C>>>;
  /** full: made in every run, and may ask what time it is. */
  readonly refresh?: 'auto' | 'full';
  /** Time and memory that making the rows may take: `{ time: '10m', memory: '512MB' }`. */
  readonly limits?: { readonly time?: string; readonly memory?: string };
}

declare const made: unique symbol;

/** What model() and models() give: the default export of a file. */
export interface Model {
  readonly [made]: true;
}

/** The table of a file, which gives it its layer and its name; or, with a name, one of models(). */
export function model(definition: SqlModel): Model;
export function model<const C extends Columns, const I extends Inputs = []>(definition: RowsModel<I, C>): Model;
export function model(definition: unknown): unknown {
  return defined([{ definition, stack: stackHere() }], false);
}

/** A table for each definition, in the layer of the file. Each says its name. */
export function models(definitions: readonly (Model | SqlModel)[]): Model;
export function models(definitions: unknown): unknown {
  if (!Array.isArray(definitions)) throw new TypeError('models() takes a list of definitions');
  const stack = stackHere();
  const own = definitions.map((definition: unknown) => single(definition) ?? { definition, stack });
  return defined(own, true);
}

const mark = Symbol.for('lakesmith.models');

interface Defined {
  readonly definition: unknown;
  readonly stack: string;
}

function defined(definitions: readonly Defined[], family: boolean): unknown {
  return { [mark]: { definitions, family } };
}

/** What model() gave. */
function single(value: unknown): Defined | undefined {
  const known = value as
    { readonly [mark]?: { readonly definitions: readonly Defined[]; readonly family: boolean } } | null | undefined;
  return known?.[mark]?.family === false ? known[mark].definitions[0] : undefined;
}

function stackHere(): string {
  return new Error('defined').stack ?? '';
}
