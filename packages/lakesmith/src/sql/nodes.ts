import type { TreeNode, TreeValue } from './tree.ts';

// Nodes as the engine writes them. It reads them back only with every property in place.

export function columnNode(...names: readonly string[]): TreeNode {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', column_names: names };
}

export function starNode(): TreeNode {
  return {
    class: 'STAR',
    type: 'STAR',
    alias: '',
    relation_name: '',
    exclude_list: [],
    replace_list: [],
    columns: false,
    expr: null,
    qualified_exclude_list: [],
    rename_list: [],
  };
}

function constantNode(typeId: string, value: TreeValue): TreeNode {
  return {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    value: { type: { id: typeId, type_info: null }, is_null: false, value },
  };
}

export function textNode(text: string): TreeNode {
  return constantNode('VARCHAR', text);
}

export function booleanNode(value: boolean): TreeNode {
  return constantNode('BOOLEAN', value);
}

export function nullNode(): TreeNode {
  return {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    value: { type: { id: 'NULL', type_info: null }, is_null: true },
  };
}

/** CAST(child AS type); the type without parameters, as the engine calls it: 'DATE', 'TIMESTAMP WITH TIME ZONE'. */
export function castNode(child: TreeNode, typeId: string): TreeNode {
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: '',
    child,
    cast_type: { id: typeId, type_info: null },
    try_cast: false,
  };
}

export function callNode(name: string, children: readonly TreeNode[]): TreeNode {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    alias: '',
    function_name: name,
    schema: '',
    children,
    filter: null,
    order_bys: { type: 'ORDER_MODIFIER', orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
    catalog: '',
  };
}

/** expression[field] of a struct. */
export function fieldNode(expression: TreeNode, field: string): TreeNode {
  return { class: 'OPERATOR', type: 'STRUCT_EXTRACT', alias: '', children: [expression, textNode(field)] };
}

/** All of them; TRUE when there are none. */
export function allNode(children: readonly TreeNode[]): TreeNode {
  return joined('CONJUNCTION_AND', children) ?? booleanNode(true);
}

/** Any of them; FALSE when there are none. */
export function anyNode(children: readonly TreeNode[]): TreeNode {
  return joined('CONJUNCTION_OR', children) ?? booleanNode(false);
}

function joined(type: string, children: readonly TreeNode[]): TreeNode | undefined {
  return children.length < 2 ? children[0] : { class: 'CONJUNCTION', type, alias: '', children };
}

/** expression IS NOT TRUE: false or NULL. */
export function notTrueNode(expression: TreeNode): TreeNode {
  return {
    class: 'COMPARISON',
    type: 'COMPARE_DISTINCT_FROM',
    alias: '',
    left: castNode(expression, 'BOOLEAN'),
    right: booleanNode(true),
  };
}

/** CASE WHEN condition THEN yes ELSE no END. */
export function caseNode(condition: TreeNode, yes: TreeNode, no: TreeNode): TreeNode {
  return {
    class: 'CASE',
    type: 'CASE_EXPR',
    alias: '',
    case_checks: [{ when_expr: condition, then_expr: yes }],
    else_expr: no,
  };
}

/** SELECT items FROM (query) AS alias WHERE condition. */
export function selectFrom(
  query: TreeNode,
  alias: string,
  items: readonly TreeNode[],
  where: TreeNode | null,
): TreeNode {
  return {
    type: 'SELECT_NODE',
    modifiers: [],
    cte_map: { map: [] },
    select_list: items,
    from_table: {
      type: 'SUBQUERY',
      alias,
      sample: null,
      subquery: { node: query, named_param_map: [] },
      column_name_alias: [],
    },
    where_clause: where,
    group_expressions: [],
    group_sets: [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    sample: null,
    qualify: null,
  };
}

/** The same node under an output name. */
export function namedNode(node: TreeNode, alias: string): TreeNode {
  return { ...node, alias };
}

/** A table in FROM; without a schema also a common table expression. */
export function tableNode(schema: string, table: string): TreeNode {
  return {
    type: 'BASE_TABLE',
    alias: '',
    sample: null,
    schema_name: schema,
    table_name: table,
    column_name_alias: [],
    catalog_name: '',
    at_clause: null,
  };
}
