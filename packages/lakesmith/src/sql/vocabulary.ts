import { fieldNode, namedNode } from './nodes.ts';
import { mapReferences } from './substitute.ts';
import {
  columnNames,
  isNode,
  mapNode,
  nodeAt,
  nodesAt,
  offsetOf,
  queryOf,
  textAt,
  walkTree,
  withQuery,
} from './tree.ts';
import type { TreeNode, TreeValue } from './tree.ts';
import { markedAsView, withoutSchemas } from './views.ts';

/** The words of a project that SQL may use besides the engine's own. Plain data. */
export interface Vocabulary {
  /** By name: a constant of the parameter's type. */
  readonly parameters: ReadonlyMap<string, TreeNode>;
  /** By name in lower case. */
  readonly macros: ReadonlyMap<string, Macro>;
  /** By name ('silver.step'): models whose rows are not stored, and that are put in where they are read. */
  readonly steps: ReadonlyMap<string, Step>;
}

/** A model whose rows are not stored. Its query has no words in it any more. */
export interface Step {
  /** It is a name in the lake all the same: the tree tells where it was read. */
  readonly isView: boolean;
  readonly query: TreeNode;
  /** A hash of its definition without that of the words that it uses. */
  readonly written: string;
  readonly uses: readonly string[];
}

/** A macro as SQL uses it: macros and parameters in its body are put in already. */
export interface Macro {
  readonly name: string;
  readonly kind: 'scalar' | 'table';
  readonly parameters: readonly { readonly name: string; readonly fallback?: TreeNode }[];
  /** An expression, or the query of a table macro. */
  readonly body: TreeNode;
  /** Its definition without that of the words that it uses; white space does not count. */
  readonly written: string;
  /** Words that its body uses. */
  readonly uses: readonly string[];
}

/** A use of a word that is wrong. */
export interface WordProblem {
  readonly kind: 'parameter' | 'call';
  /** The parameter's name, or the macro's. */
  readonly name: string;
  readonly message: string;
  /** Absent for a parameter: the engine's tree does not say where it stands. */
  readonly offset?: number;
}

/** A tree without words of the project, and which ones it had: 'parameter country', 'macro vat', 'model silver.step'. */
export type PlainSql =
  | { readonly ok: true; readonly tree: unknown; readonly uses: readonly string[] }
  | { readonly ok: false; readonly problem: WordProblem };

/** Whether a text could use a word of the project. False is certain, and much cheaper than looking through its tree. */
export function mayUseWords(sql: string, { macros, steps }: Vocabulary): boolean {
  if (/[$?]/.test(sql)) return true;
  if (macros.size === 0 && steps.size === 0) return false;
  const text = sql.toLowerCase();
  const isIn = (name: string): boolean => text.includes(name.toLowerCase());
  return [...macros.keys()].some(isIn) || [...steps.keys()].some((name) => isIn(name.slice(name.indexOf('.') + 1)));
}

/** The same statement with the value of each parameter, and the body of each macro, in its place. */
export function putInWords(tree: unknown, words: Vocabulary): PlainSql {
  const work = new Replacing(words);
  const query = withoutSchemas(work.node(queryOf(tree)), work.unaliased);
  if (work.problem !== undefined) return { ok: false, problem: work.problem };
  const uses = [...work.uses].sort();
  if (uses.length === 0) return { ok: true, tree, uses };
  return { ok: true, tree: withoutParameterMap(withQuery(tree, query)), uses };
}

// What the engine notes of parameters that are no longer there.
function withoutParameterMap(tree: TreeNode): TreeNode {
  return mapNode(tree, (node) =>
    Array.isArray(node['named_param_map']) && node['named_param_map'].length > 0
      ? withoutParameterMap({ ...node, named_param_map: [] })
      : undefined,
  );
}

class Replacing {
  readonly uses: Set<string> = new Set();
  /** Models that were put in under no name but their own. */
  readonly unaliased: Set<string> = new Set();
  problem: WordProblem | undefined;
  readonly #words: Vocabulary;

  constructor(words: Vocabulary) {
    this.#words = words;
  }

  node(node: TreeNode): TreeNode {
    if (node['class'] === 'PARAMETER') return this.#parameter(node);
    if (node['type'] === 'BASE_TABLE') return this.#step(node);
    const inner = this.#below(node['type'] === 'SELECT_NODE' ? this.#named(node) : node);
    if (node['class'] === 'FUNCTION') return this.#call(inner);
    return node['type'] === 'TABLE_FUNCTION' ? this.#tableCall(inner) : inner;
  }

  #below(node: TreeNode): TreeNode {
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, this.#value(value)]));
  }

  #value(value: TreeValue): TreeValue {
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    return isNode(value) ? this.node(value) : value;
  }

  /** A column that is only a word has the word's name, not that of what is put in its place. */
  #named(select: TreeNode): TreeNode {
    // A rule stands in a SELECT of nothing, and has no name.
    if (nodeAt(select, 'from_table')?.['type'] === 'EMPTY') return select;
    const items = nodesAt(select, 'select_list').map((item) => {
      if (textAt(item, 'alias') !== '') return item;
      if (item['class'] === 'PARAMETER') return namedNode(item, textAt(item, 'identifier'));
      const macro = this.#macro(item, 'scalar');
      return macro === undefined ? item : namedNode(item, `${macro.name}()`);
    });
    return { ...select, select_list: items };
  }

  #parameter(node: TreeNode): TreeNode {
    const name = textAt(node, 'identifier');
    const value = this.#words.parameters.get(name);
    if (value === undefined) {
      this.problem ??= { kind: 'parameter', name, message: `Parameter $${name} is not defined` };
      return node;
    }
    this.uses.add(`parameter ${name}`);
    return namedNode(value, textAt(node, 'alias'));
  }

  #macro(call: TreeNode, kind: Macro['kind']): Macro | undefined {
    if (textAt(call, 'schema') !== '' || typeof call['function_name'] !== 'string') return undefined;
    const macro = this.#words.macros.get(call['function_name'].toLowerCase());
    return macro?.kind === kind ? macro : undefined;
  }

  #call(call: TreeNode): TreeNode {
    const macro = this.#macro(call, 'scalar');
    if (macro === undefined) return call;
    const body = this.#body(macro, call);
    return body === undefined ? call : namedNode(body, textAt(call, 'alias'));
  }

  #tableCall(from: TreeNode): TreeNode {
    const call = nodeAt(from, 'function') ?? {};
    const macro = this.#macro(call, 'table');
    const body = macro === undefined ? undefined : this.#body(macro, call);
    if (macro === undefined || body === undefined) return from;
    return subqueryAs(from, macro.name, body);
  }

  #step(table: TreeNode): TreeNode {
    const name = `${textAt(table, 'schema_name')}.${textAt(table, 'table_name')}`.toLowerCase();
    const step = this.#words.steps.get(name);
    if (step === undefined) return table;
    for (const use of [`model ${name}`, ...step.uses]) this.uses.add(use);
    if (textAt(table, 'alias') === '') this.unaliased.add(name);
    const query = subqueryAs(table, textAt(table, 'table_name'), movedTo(step.query, offsetOf(table) ?? 0));
    return step.isView ? markedAsView(query, name) : query;
  }

  /** The body with the arguments in the place of its parameters; it stands where the call stood. */
  #body(macro: Macro, call: TreeNode): TreeNode | undefined {
    const given = argumentsOf(macro, call);
    if (typeof given === 'string') {
      const offset = offsetOf(call);
      this.problem ??= {
        kind: 'call',
        name: macro.name,
        message: given,
        ...(offset === undefined ? {} : { offset }),
      };
      return undefined;
    }
    this.uses.add(`macro ${macro.name}`);
    for (const use of macro.uses) this.uses.add(use);
    // It may read models that are no tables.
    const body = this.node(movedTo(macro.body, offsetOf(call) ?? 0));
    const tables = tableNamesIn(body);
    return mapReferences(
      body,
      (names, node) => {
        const [first = '', ...fields] = names;
        const value = given.get(first.toLowerCase());
        // `o.amount` means the table that is called o before it means a field of the parameter o.
        if (value === undefined || (fields.length > 0 && tables.has(first.toLowerCase()))) return node;
        return fields.reduce<TreeNode>((inner, field) => fieldNode(inner, field), value);
      },
      new Set(),
    );
  }
}

/** A query in the place of something in FROM. */
function subqueryAs(from: TreeNode, name: string, query: TreeNode): TreeNode {
  return {
    type: 'SUBQUERY',
    alias: textAt(from, 'alias') || name,
    sample: from['sample'] ?? null,
    query_location: offsetOf(from) ?? 0,
    subquery: { node: query, named_param_map: [] },
    column_name_alias: from['column_name_alias'] ?? [],
  };
}

/** The value of each parameter of a call, by name in lower case; or what is wrong with the call. */
function argumentsOf(macro: Macro, call: TreeNode): ReadonlyMap<string, TreeNode> | string {
  const { name, parameters } = macro;
  const orders = nodesAt(nodeAt(call, 'order_bys') ?? {}, 'orders').length;
  if (call['distinct'] === true || isNode(call['filter']) || orders > 0)
    return `Macro ${name} is called with DISTINCT, FILTER or ORDER BY, which only an aggregate can have`;
  const given = new Map<string, TreeNode>();
  for (const child of nodesAt(call, 'children')) {
    const named = textAt(child, 'alias').toLowerCase();
    const free = parameters[given.size];
    const parameter = named === '' ? free : parameters.find((one) => one.name.toLowerCase() === named);
    if (parameter === undefined)
      return named === ''
        ? `Macro ${name} takes ${parameters.length === 1 ? '1 argument' : `${parameters.length} arguments`}, and more are given`
        : `Macro ${name} has no parameter ${textAt(child, 'alias')}`;
    const key = parameter.name.toLowerCase();
    if (given.has(key)) return `Parameter ${parameter.name} of macro ${name} is given twice`;
    given.set(key, namedNode(child, ''));
  }
  for (const { name: parameter, fallback } of parameters) {
    if (given.has(parameter.toLowerCase())) continue;
    if (fallback === undefined) return `Macro ${name} is called without ${parameter}`;
    given.set(parameter.toLowerCase(), fallback);
  }
  return given;
}

function movedTo(body: TreeNode, offset: number): TreeNode {
  return mapNode(body, (node) => {
    if (offsetOf(node) === undefined || offsetOf(node) === offset) return undefined;
    return movedTo({ ...node, query_location: offset }, offset);
  });
}

function tableNamesIn(body: TreeNode): ReadonlySet<string> {
  const names = new Set<string>();
  walkTree(body, (node) => {
    const isRelation = ['BASE_TABLE', 'SUBQUERY', 'TABLE_FUNCTION'].includes(textAt(node, 'type'));
    if (!isRelation || columnNames(node) !== undefined) return;
    names.add((textAt(node, 'alias') || textAt(node, 'table_name')).toLowerCase());
  });
  return names;
}
