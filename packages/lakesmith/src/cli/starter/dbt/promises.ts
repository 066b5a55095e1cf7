import { plainName } from '../../plain-name.ts';
import type { CheckContext, Wish } from './checks.ts';
import type { DbtManifest, DbtNode } from './manifest.ts';
import { loadedAt } from './snapshots.ts';

const plain = /^[a-z_]\w*$/i;

/** The freshness of each source, as checks that warn: a load of old rows is never kept out, and `status` tells of them. */
export function wishesOfFreshness({ sources }: DbtManifest, { names, order }: CheckContext): readonly Wish[] {
  return sources.flatMap((node) => {
    const table = names.get(node.unique_id) ?? '';
    return order.includes(table) ? freshnessOf(node, table) : [];
  });
}

function freshnessOf(node: DbtNode, table: string): readonly Wish[] {
  const { config } = node;
  const what = `freshness of source ${node.source_name}.${node.name}`;
  // Older and newer versions of dbt keep it in different places, or in both.
  const own = agesOf(node.freshness);
  const ages = own.length > 0 ? own : agesOf(config.freshness);
  const [first] = ages;
  if (first === undefined) return [];
  const filter = (own.length > 0 ? node : config).freshness?.filter ?? '';
  const column = [node.loaded_at_field, config.loaded_at_field, loadedAt].find((each) => (each ?? '') !== '') ?? '';
  const isAsked = [node.loaded_at_query, config.loaded_at_query].some((each) => (each ?? '') !== '');
  const reasons = [
    ...(filter === '' ? [] : [`it looks at some rows only (${filter})`]),
    ...(isAsked ? ['its loaded_at_query is no column'] : []),
    ...(plain.test(column) ? [] : [`its loaded_at_field is no column: ${column}`]),
  ];
  if (reasons.length > 0) {
    const why = `${reasons.join(', ')}: write check: warn: fresh: COLUMN within ${first.within}`;
    return [{ what, name: first.name, found: { why } }];
  }
  return ages.map(({ name, within }) => {
    const value = `${column} within ${within}`;
    return { what, name, found: { table, kind: 'sql', value, sql: value, severity: 'warn' } };
  });
}

/** How old the newest row may be, by the name of the check that says so. */
function agesOf(freshness: DbtNode['freshness']): readonly { readonly name: string; readonly within: string }[] {
  const ages = { fresh: freshness?.warn_after, fresh_error: freshness?.error_after };
  return Object.entries(ages).flatMap(([name, age]) =>
    age?.count == null ? [] : [{ name, within: `${age.count} ${age.period}s` }],
  );
}

type Constraint = DbtNode['constraints'][number];

/** What a model with an enforced contract promises of its rows. dbt passes over constraints of any other. */
export function wishesOfConstraints({ nodes, sources }: DbtManifest, { names, order }: CheckContext): readonly Wish[] {
  const byRelation = new Map([...nodes, ...sources].map((node) => [node.relation_name.toLowerCase(), node.unique_id]));
  const tableOf = (relation: string): string | undefined => names.get(byRelation.get(relation.toLowerCase()) ?? '');
  return nodes.flatMap((node) => {
    const table = names.get(node.unique_id) ?? '';
    if (node.config.contract?.enforced !== true || !order.includes(table)) return [];
    const all = [
      ...node.constraints,
      ...node.columns.flatMap(({ name, constraints }) => constraints.map((one) => ({ ...one, columns: [name] }))),
    ];
    return all.flatMap((one): readonly Wish[] => {
      const called = `constraint ${one.name === '' ? one.type : one.name}`;
      const what = `${called} of model ${node.name}`;
      const named = one.name === '' ? `${one.type}_${one.columns.join('_')}` : one.name;
      const found = checksOf(one, table, { order, to: tableOf(one.to) });
      if ('why' in found) return [{ what, name: '', found }];
      return found.map((check) => ({ what, name: plainName(named), found: { ...check, table, severity: 'fail' } }));
    });
  });
}

interface ConstraintCheck {
  readonly kind: 'unique' | 'not_null' | 'references' | 'sql';
  readonly value: string;
  readonly sql: string;
}

function checksOf(
  { type, columns, expression, to_columns: toColumns }: Constraint,
  table: string,
  { order, to }: { readonly order: readonly string[]; readonly to: string | undefined },
): readonly ConstraintCheck[] | { readonly why: string } {
  if (!columns.every((column) => plain.test(column))) return { why: 'its columns have no plain names' };
  const list = columns.join(', ');
  const query = (sql: string): ConstraintCheck => ({ kind: 'sql', value: sql, sql });
  const known = columns.map((column) => `${column} is not null`).join(' and ');
  const twice = `select ${list} from ${table} where ${known} group by ${list} having count(*) > 1`;
  const unique: ConstraintCheck = columns.length === 1 ? { kind: 'unique', value: list, sql: twice } : query(twice);
  const notNull = columns.map((column): ConstraintCheck => {
    return { kind: 'not_null', value: column, sql: `select * from ${table} where ${column} is null` };
  });
  switch (type) {
    case 'not_null':
      return notNull;
    case 'unique':
      return [unique];
    case 'primary_key':
      return [unique, ...notNull];
    case 'check':
      return expression === ''
        ? { why: 'it has no expression' }
        : [query(`select * from ${table} where (${expression}) is false`)];
    case 'foreign_key': {
      if (to === undefined || toColumns.length !== columns.length || !toColumns.every((column) => plain.test(column)))
        return { why: 'it does not say to: and to_columns: of a table that is imported' };
      if (order.indexOf(to) < 0 || order.indexOf(to) >= order.indexOf(table)) return { why: `${to} is made after it` };
      const value =
        columns.length === 1 ? `${list} -> ${to}.${toColumns[0]}` : `(${list}) -> ${to}.(${toColumns.join(', ')})`;
      return [{ kind: 'references', value, sql: value }];
    }
    default:
      return { why: `${type} is no promise that rows can break` };
  }
}
