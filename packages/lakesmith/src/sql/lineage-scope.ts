/** A column of a table, or a field in it ('address.city'), from which values come. */
export interface ColumnUse {
  readonly table: string;
  readonly column: string;
  /** Only something that tells nothing of the value itself comes from it: a hash, a count. */
  readonly veiled?: true;
}

/** Where a value comes from. */
export interface Flow {
  /** By 'table column', so that each is there once. */
  readonly uses: ReadonlyMap<string, ColumnUse>;
  /** It is the value of that column itself, and not computed from it. */
  readonly same: boolean;
  /** The fields of a struct that was put together here, by name in lower case. */
  readonly fields?: ReadonlyMap<string, Flow>;
}

/** A column that a query sees or puts out. */
export interface FlowColumn {
  readonly name: string;
  readonly flow: Flow;
}

/** Something in FROM, under its name. */
export interface Relation {
  readonly alias: string;
  /** 'silver' for silver.orders that has no other name; else ''. */
  readonly schema: string;
  readonly columns: readonly FlowColumn[];
  /** What every column comes from that is not among them, where not all are known by name. */
  readonly rest?: Flow;
  /** Columns, in lower case, that only a name with the relation's own in front means: USING gave them to another. */
  readonly hidden?: ReadonlySet<string>;
}

export const nothing: Flow = { uses: new Map(), same: false };

export function flowOf(uses: Iterable<ColumnUse>, same: boolean): Flow {
  return { uses: new Map([...uses].map((use) => [`${use.table} ${use.column}`, use])), same };
}

/** What is computed from all of these. */
export function joined(flows: Iterable<Flow>): Flow {
  const uses = new Map<string, ColumnUse>();
  for (const flow of flows) {
    // What is seen in one place is seen.
    for (const [key, use] of flow.uses) if (uses.get(key) === undefined || use.veiled !== true) uses.set(key, use);
  }
  return { uses, same: false };
}

/** What comes from the same columns and tells none of their values. */
export function veiled({ uses }: Flow): Flow {
  return { uses: new Map([...uses].map(([key, use]) => [key, { ...use, veiled: true as const }])), same: false };
}

/** A field of a value; what is not known by name is as the whole value. */
export function fieldOf(flow: Flow, path: readonly string[]): Flow {
  const [name, ...others] = path;
  if (name === undefined) return flow;
  const field = flow.fields?.get(name.toLowerCase());
  if (field !== undefined) return fieldOf(field, others);
  if (!flow.same) return { ...flow, same: false };
  return flowOf(
    [...flow.uses.values()].map(({ table, column }) => ({ table, column: [column, ...path].join('.') })),
    true,
  );
}

/** What a name in an expression can mean: the relations of its SELECT, its own items, and what is around it. */
export class Scope {
  readonly relations: readonly Relation[];
  readonly #items: ReadonlyMap<string, Flow>;
  readonly #outer: Scope | undefined;
  readonly #parameters: ReadonlyMap<string, Flow>;

  constructor(
    relations: readonly Relation[],
    outer: Scope | undefined,
    items: ReadonlyMap<string, Flow> = new Map(),
    parameters: ReadonlyMap<string, Flow> = new Map(),
  ) {
    this.relations = relations;
    this.#outer = outer;
    this.#items = items;
    this.#parameters = parameters;
  }

  withItems(items: ReadonlyMap<string, Flow>): Scope {
    return new Scope(this.relations, this.#outer, items, this.#parameters);
  }

  /** With parameters of a lambda, which stand before everything else. */
  withParameters(parameters: ReadonlyMap<string, Flow>): Scope {
    return new Scope(this.relations, this.#outer, this.#items, new Map([...this.#parameters, ...parameters]));
  }

  /** Where the value of a name comes from; undefined when nothing is called so. */
  find(names: readonly string[]): Flow | undefined {
    const [first = '', second, ...others] = names;
    const lower = first.toLowerCase();
    const parameter = this.#parameters.get(lower);
    if (parameter !== undefined) return parameter;
    if (second !== undefined) {
      for (const relation of this.relations) {
        const isAlias = relation.alias.toLowerCase() === lower;
        const isSchema =
          relation.schema.toLowerCase() === lower && relation.alias.toLowerCase() === second.toLowerCase();
        const [name, ...path] = isAlias ? [second, ...others] : others;
        const flow = (isAlias || isSchema) && name !== undefined ? columnIn(relation, name) : undefined;
        if (flow !== undefined) return fieldOf(flow, path);
      }
    }
    const path = second === undefined ? [] : [second, ...others];
    const columns = this.relations.flatMap((relation) =>
      relation.hidden?.has(lower) === true ? [] : (columnIn(relation, first, path.length === 0) ?? []),
    );
    const [only] = columns;
    if (only !== undefined) return fieldOf(columns.length === 1 ? only : joined(columns), path);
    const item = this.#items.get(lower);
    if (item !== undefined) return fieldOf(item, path);
    const whole = this.relations.find(({ alias }) => alias.toLowerCase() === lower);
    if (whole !== undefined && second === undefined) return joined(flowsOf(whole));
    return this.#outer === undefined ? undefined : this.#outer.find(names);
  }

  /** The column of a relation that a name means, when it can mean nothing else. */
  only(names: readonly string[]): FlowColumn | undefined {
    const [first = '', second, ...others] = names.map((name) => name.toLowerCase());
    if (this.#parameters.size > 0 || others.length > 0) return undefined;
    const found = this.relations.flatMap(({ alias, columns, hidden }) => {
      if (second !== undefined && alias.toLowerCase() !== first) return [];
      if (second === undefined && hidden?.has(first) === true) return [];
      return columns.filter(({ name }) => name.toLowerCase() === (second ?? first));
    });
    // Or a field of a column that is called as the relation is.
    const isField = second !== undefined && this.relations.some((relation) => columnIn(relation, first) !== undefined);
    return found.length === 1 && !isField ? found[0] : undefined;
  }

  /** What a value comes from of which nothing is known but where it stands. */
  everything(): Flow {
    return joined([
      ...this.relations.flatMap(flowsOf),
      ...(this.#outer === undefined ? [] : [this.#outer.everything()]),
    ]);
  }
}

export function flowsOf({ columns, rest }: Relation): readonly Flow[] {
  return [...columns.map(({ flow }) => flow), ...(rest === undefined ? [] : [rest])];
}

function columnIn({ columns, rest }: Relation, name: string, mayBeUnnamed = true): Flow | undefined {
  const lower = name.toLowerCase();
  return columns.find((column) => column.name.toLowerCase() === lower)?.flow ?? (mayBeUnnamed ? rest : undefined);
}
