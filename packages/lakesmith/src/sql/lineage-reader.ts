import { clockWord } from './clock.ts';
import { commonColumns, named, withCommon } from './lineage-from.ts';
import type { QueryFlow } from './lineage-query.ts';
import { byName, cteAliases, renamed, sizeOf } from './lineage-query.ts';
import type { Flow, FlowColumn, Relation } from './lineage-scope.ts';
import { Scope, fieldOf, flowOf, flowsOf, joined, nothing, veiled } from './lineage-scope.ts';
import { isQuery, lastName, parametersOf, tellsNothing } from './lineage-tree.ts';
import { holdsAggregate, isUnnest, modifierOf, someNode } from './select-list.ts';
import { columnNames, ctesOf, isNode, nodeAt, nodesAt, textAt } from './tree.ts';
import type { TreeNode, TreeValue } from './tree.ts';

/** The columns of a table by its name as written; undefined when they are not known. */
export type ColumnsOf = (table: string) => readonly string[] | undefined;

/** What a query sees besides what it reads itself. */
interface Around {
  readonly ctes: ReadonlyMap<string, QueryFlow>;
  readonly outer: Scope | undefined;
}

/** A query that stands by itself. */
export const alone: Around = { ctes: new Map(), outer: undefined };

/** Relations in FROM, and what joins them. */
interface FromFlow {
  readonly relations: readonly Relation[];
  readonly rows: readonly Flow[];
}

/** Goes through the syntax tree of a query once. */
export class LineageReader {
  readonly #columnsOf: ColumnsOf;
  /** False once something was met of which only the engine knows how it is called, or whether it is there. */
  isSure = true;

  constructor(columnsOf: ColumnsOf) {
    this.#columnsOf = columnsOf;
  }

  query(query: TreeNode, around: Around): QueryFlow {
    const ctes = new Map(around.ctes);
    const aliases = cteAliases(query);
    for (const cte of ctesOf(query)) {
      const name = cte.name.toLowerCase();
      const known = { ...around, ctes };
      const names = aliases.get(name) ?? [];
      ctes.set(name, renamed(this.query(cte.query, known), names));
    }
    const inner = { ...around, ctes };
    switch (query['type']) {
      case 'SELECT_NODE':
        return this.#select(query, inner);
      case 'SET_OPERATION_NODE':
        return this.#setOperation(query, inner);
      case 'RECURSIVE_CTE_NODE':
        return this.#recursive(query, inner);
      default:
        this.isSure = false;
        return { columns: [], rows: [this.#anything(query, inner)] };
    }
  }

  #setOperation(query: TreeNode, around: Around): QueryFlow {
    const sides = [nodeAt(query, 'left'), nodeAt(query, 'right'), ...nodesAt(query, 'children')].filter(isNode);
    const flows = sides.map((side) => this.query(side, around));
    const [first = { columns: [], rows: [] }, ...others] = flows;
    const kind = textAt(query, 'setop_type');
    const rows = [...flows.flatMap((flow) => flow.rows), ...this.#modifiers(query, first.columns, around)];
    this.isSure &&= kind !== 'UNION_BY_NAME' && others.every(({ columns }) => columns.length === first.columns.length);
    if (kind === 'UNION_BY_NAME') return { columns: byName(flows.flatMap((flow) => flow.columns)), rows };
    const columns = first.columns.map((column, i): FlowColumn => {
      const all = [column.flow, ...others.flatMap((other) => other.columns[i]?.flow ?? [])];
      return { name: column.name, flow: { ...joined(all), same: all.every((flow) => flow.same) } };
    });
    // A row is there, or not, for what all of its columns are.
    const decides = kind !== 'UNION' || query['setop_all'] === false;
    return { columns, rows: decides ? [...rows, ...flows.flatMap((flow) => flow.columns.map((c) => c.flow))] : rows };
  }

  #recursive(query: TreeNode, around: Around): QueryFlow {
    this.isSure = false;
    const left = this.query(nodeAt(query, 'left') ?? {}, around);
    const names = Array.isArray(query['aliases']) ? query['aliases'].map(String) : [];
    let known = renamed(left, names);
    for (;;) {
      const ctes = new Map(around.ctes).set(textAt(query, 'cte_name').toLowerCase(), known);
      const right = this.query(nodeAt(query, 'right') ?? {}, { ...around, ctes });
      const columns = known.columns.map(({ name, flow }, i) => ({
        name,
        flow: joined([flow, right.columns[i]?.flow ?? nothing]),
      }));
      const next = { columns, rows: [joined([...known.rows, ...right.rows])] };
      if (sizeOf(next) === sizeOf(known)) return next;
      known = next;
    }
  }

  #select(select: TreeNode, around: Around): QueryFlow {
    const from = this.#from(nodeAt(select, 'from_table'), around, []);
    const scope = new Scope(from.relations, around.outer);
    const items = new Map<string, Flow>();
    const columns: FlowColumn[] = [];
    const rows = [...from.rows];
    const groupsAll = select['aggregate_handling'] === 'FORCE_AGGREGATES';
    for (const item of nodesAt(select, 'select_list')) {
      const added = this.#item(item, scope.withItems(items), around);
      for (const { name, flow } of added) if (!items.has(name.toLowerCase())) items.set(name.toLowerCase(), flow);
      columns.push(...added);
      const decides = someNode(item, isUnnest) || (groupsAll && !holdsAggregate(item));
      if (decides) rows.push(...added.map(({ flow }) => flow));
    }
    // Of two alike the engine calls one otherwise.
    this.isSure &&= items.size === columns.length;
    const seen = scope.withItems(items);
    const clauses = ['where_clause', 'having', 'qualify'].map((key) => select[key] ?? null);
    for (const clause of clauses) rows.push(this.#flow(clause, seen, around));
    rows.push(...this.#positioned(nodesAt(select, 'group_expressions'), columns, { scope: seen, around }));
    return { columns, rows: [...rows, ...this.#modifiers(select, columns, { ...around, outer: seen })] };
  }

  /** Expressions of which a number means the column at that place. */
  #positioned(
    nodes: readonly TreeNode[],
    columns: readonly FlowColumn[],
    { scope, around }: { readonly scope: Scope; readonly around: Around },
  ): readonly Flow[] {
    return nodes.map((node) => {
      const place = node['class'] === 'CONSTANT' ? nodeAt(node, 'value')?.['value'] : undefined;
      const column = typeof place === 'number' ? columns[place - 1] : undefined;
      return column?.flow ?? this.#flow(node, scope, around);
    });
  }

  /** Order counts where some rows are left out by it. */
  #modifiers(query: TreeNode, columns: readonly FlowColumn[], around: Around): readonly Flow[] {
    const scope = new Scope([{ alias: '', schema: '', columns }], around.outer);
    const distinct = modifierOf(query, 'DISTINCT');
    const limit = modifierOf(query, 'LIMIT');
    const ordered = nodesAt(modifierOf(query, 'ORDER') ?? {}, 'orders').map((one) => nodeAt(one, 'expression') ?? {});
    const on = distinct === undefined ? [] : nodesAt(distinct, 'distinct_on_targets');
    const isPlain = distinct !== undefined && on.length === 0;
    const decisive = limit !== undefined || on.length > 0;
    return [
      ...(isPlain ? columns.map(({ flow }) => flow) : []),
      ...this.#positioned(on, columns, { scope, around }),
      this.#flow(limit ?? null, scope, around),
      ...(decisive ? this.#positioned(ordered, columns, { scope, around }) : []),
    ];
  }

  #item(item: TreeNode, scope: Scope, around: Around): readonly FlowColumn[] {
    if (item['class'] === 'STAR' && item['columns'] !== true && !isNode(item['expr']))
      return this.#star(item, scope, around);
    const wide = someNode(item, (node) => node['class'] === 'STAR');
    const flow = this.#flow(item, scope, around);
    const written = columnNames(item);
    const column = written === undefined ? undefined : scope.only(written);
    const alias = textAt(item, 'alias');
    // Some expressions become several columns, and one without a name gets one from the engine.
    this.isSure &&= !wide && !someNode(item, isUnnest) && (alias !== '' || column !== undefined);
    const name = alias || (column?.name ?? written?.at(-1) ?? '');
    // COLUMNS(…) makes several columns of one item; how many is not told here.
    return wide
      ? scope.relations.flatMap((relation) => relation.columns).map((column) => ({ ...column, flow }))
      : [{ name, flow }];
  }

  #star(star: TreeNode, scope: Scope, around: Around): readonly FlowColumn[] {
    const wanted = textAt(star, 'relation_name').toLowerCase();
    const excluded = new Set(
      (Array.isArray(star['exclude_list']) ? star['exclude_list'] : []).map((name) => lastName(name).toLowerCase()),
    );
    const replaced = new Map(
      nodesAt(star, 'replace_list').map((entry) => [textAt(entry, 'key').toLowerCase(), nodeAt(entry, 'value')]),
    );
    const renames = new Map(
      nodesAt(star, 'rename_list').map((entry) => [lastName(entry['key']).toLowerCase(), textAt(entry, 'value')]),
    );
    const shownOf = scope.relations.filter(({ alias }) => wanted === '' || alias.toLowerCase() === wanted);
    const isPlain = excluded.size + replaced.size + renames.size === 0;
    this.isSure &&= isPlain && shownOf.every(({ rest }) => rest === undefined);
    this.isSure &&= wanted === '' ? shownOf.length > 0 : shownOf.length === 1;
    return shownOf
      .flatMap(({ columns, rest, hidden }) => {
        const shown = wanted === '' ? columns.filter(({ name }) => hidden?.has(name.toLowerCase()) !== true) : columns;
        return rest === undefined ? shown : [...shown, { name: '', flow: rest }];
      })
      .filter(({ name }) => !excluded.has(name.toLowerCase()))
      .map(({ name, flow }) => {
        const replacement = replaced.get(name.toLowerCase());
        return {
          name: renames.get(name.toLowerCase()) ?? name,
          flow: replacement === undefined ? flow : this.#flow(replacement, scope, around),
        };
      });
  }

  #from(from: TreeNode | undefined, around: Around, beside: readonly Relation[]): FromFlow {
    const lateral = { ...around, outer: beside.length === 0 ? around.outer : new Scope(beside, around.outer) };
    if (from === undefined) return { relations: [], rows: [] };
    switch (from['type']) {
      case 'EMPTY':
        return { relations: [], rows: [] };
      case 'BASE_TABLE':
        return this.#table(from, around);
      case 'SUBQUERY': {
        const { columns, rows } = this.query(nodeAt(nodeAt(from, 'subquery') ?? {}, 'node') ?? {}, lateral);
        return { relations: [named(from, { columns })], rows };
      }
      case 'JOIN':
        return this.#join(from, around, beside);
      case 'EXPRESSION_LIST': {
        this.isSure = false;
        const lists = (Array.isArray(from['values']) ? from['values'] : []).filter((list) => Array.isArray(list));
        const scope = new Scope([], lateral.outer);
        const columns = (lists[0] ?? []).map((_, i): FlowColumn => {
          return { name: `col${i}`, flow: joined(lists.map((list) => this.#flow(list[i] ?? null, scope, around))) };
        });
        return { relations: [named(from, { columns })], rows: [] };
      }
      default: {
        this.isSure = false;
        // A table function, PIVOT, or what comes next: its columns come from whatever stands in it.
        const rest = this.#anything(from, lateral);
        return { relations: [named(from, { columns: [], rest })], rows: [rest] };
      }
    }
  }

  #table(from: TreeNode, { ctes }: Around): FromFlow {
    const [schema, name] = [textAt(from, 'schema_name'), textAt(from, 'table_name')];
    const cte = schema === '' ? ctes.get(name.toLowerCase()) : undefined;
    if (cte !== undefined) return { relations: [named(from, { columns: cte.columns })], rows: cte.rows };
    const table = schema === '' ? name : `${schema}.${name}`;
    const columns = (this.#columnsOf(table) ?? []).map((column): FlowColumn => ({
      name: column,
      flow: flowOf([{ table, column }], true),
    }));
    this.isSure &&= this.#columnsOf(table) !== undefined;
    const unknown = this.#columnsOf(table) === undefined ? { rest: flowOf([{ table, column: '*' }], false) } : {};
    return { relations: [named(from, { columns, ...unknown })], rows: [] };
  }

  #join(from: TreeNode, around: Around, beside: readonly Relation[]): FromFlow {
    const left = this.#from(nodeAt(from, 'left'), around, beside);
    const right = this.#from(nodeAt(from, 'right'), around, [...beside, ...left.relations]);
    const both = [...left.relations, ...right.relations];
    this.isSure &&= from['ref_type'] === 'REGULAR' || from['ref_type'] === 'CROSS';
    const condition = this.#flow(from['condition'] ?? null, new Scope(both, around.outer), around);
    const common = commonColumns(from, left.relations, right.relations);
    const rows = [...left.rows, ...right.rows, condition, ...common.map(({ flow }) => flow)];
    if (['SEMI', 'ANTI'].includes(textAt(from, 'join_type'))) return { relations: left.relations, rows };
    return { relations: withCommon(left.relations, right.relations, common), rows };
  }

  /** Everything that stands in this piece of a query. */
  #anything(value: TreeValue, around: Around): Flow {
    if (Array.isArray(value)) return joined(value.map((item) => this.#anything(item, around)));
    if (!isNode(value)) return nothing;
    if (isQuery(value)) {
      const { columns, rows } = this.query(value, around);
      return joined([...columns.map(({ flow }) => flow), ...rows]);
    }
    if (value['type'] === 'BASE_TABLE') return joined(this.#table(value, around).relations.flatMap(flowsOf));
    const names = columnNames(value);
    const own = names === undefined ? undefined : around.outer?.find(names);
    return joined([own ?? nothing, ...Object.values(value).map((child) => this.#anything(child, around))]);
  }

  #flow(value: TreeValue, scope: Scope, around: Around): Flow {
    if (Array.isArray(value)) return joined(value.map((item) => this.#flow(item, scope, around)));
    if (!isNode(value)) return nothing;
    const names = columnNames(value);
    if (names !== undefined) {
      const found = scope.find(names) ?? (clockWord(value) === undefined ? undefined : nothing);
      this.isSure &&= found !== undefined;
      return found ?? scope.everything();
    }
    if (isQuery(value)) {
      const { columns, rows } = this.query(value, { ...around, outer: scope });
      return joined([...columns.map(({ flow }) => flow), ...rows]);
    }
    if (value['class'] === 'POSITIONAL_REFERENCE') {
      const seen = scope.relations.flatMap(({ columns }) => columns);
      return seen[Number(value['index']) - 1]?.flow ?? joined(scope.relations.flatMap(flowsOf));
    }
    if (value['class'] === 'STAR') return joined(scope.relations.flatMap(flowsOf));
    if (value['class'] === 'CAST') return this.#flow(value['child'] ?? null, scope, around);
    if (value['type'] === 'STRUCT_EXTRACT') return this.#field(value, scope, around);
    const flow =
      value['class'] === 'FUNCTION'
        ? this.#call(value, scope, around)
        : joined(Object.values(value).map((child) => this.#flow(child, scope, around)));
    return tellsNothing(value) ? veiled(flow) : flow;
  }

  #field(node: TreeNode, scope: Scope, around: Around): Flow {
    const [struct, name = {}] = nodesAt(node, 'children');
    const text = nodeAt(name, 'value')?.['value'];
    const flow = this.#flow(struct ?? null, scope, around);
    return typeof text === 'string' ? fieldOf(flow, [text]) : joined([flow]);
  }

  #call(call: TreeNode, scope: Scope, around: Around): Flow {
    const children = nodesAt(call, 'children');
    const name = textAt(call, 'function_name').toLowerCase();
    if (name === 'struct_pack') {
      const fields = new Map<string, Flow>();
      for (const child of children) {
        const field = textAt(child, 'alias') || (columnNames(child)?.at(-1) ?? '');
        fields.set(field.toLowerCase(), this.#flow(child, scope, around));
      }
      return { ...joined(fields.values()), fields };
    }
    const values = children.filter((child) => child['class'] !== 'LAMBDA');
    const flow = joined(values.map((child) => this.#flow(child, scope, around)));
    const lambdas = children.filter((child) => child['class'] === 'LAMBDA');
    const inner = lambdas.map((lambda) => {
      const parameters = new Map(parametersOf(lambda).map((parameter) => [parameter, flow]));
      return this.#flow(lambda['expr'] ?? null, scope.withParameters(parameters), around);
    });
    const others = Object.entries(call).filter(([key]) => key !== 'children');
    return joined([flow, ...inner, ...others.map(([, child]) => this.#flow(child, scope, around))]);
  }
}
