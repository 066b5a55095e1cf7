import { describe, expect, it } from 'vitest';
import { importChecks, orderTables, wishesOfTests } from './checks.ts';
import type { DbtNode } from './manifest.ts';
import { readManifest } from './manifest.ts';
import type { Translated } from './models.ts';

interface Written {
  readonly kind?: string;
  /** null: dbt does not say it. */
  readonly on?: string | null;
  readonly depends?: readonly string[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly reads?: readonly string[];
}

function test(id: string, { kind, on = 'a', depends = [], kwargs = {}, config = {} }: Written): DbtNode {
  const node = {
    unique_id: id,
    resource_type: 'test',
    name: id,
    config,
    depends_on: { nodes: depends },
    attached_node: kind === undefined || on === null ? null : `model.p.${on}`,
    test_metadata: kind === undefined ? null : { name: kind, namespace: null, kwargs },
  };
  const manifest = { metadata: {}, nodes: { [id]: node }, sources: {} };
  const [read] = readManifest(JSON.stringify(manifest), 'manifest.json').nodes;
  if (read === undefined) throw new Error('there is one test');
  return read;
}

const order = ['bronze.s', 'silver.a', 'silver.b', 'gold.c'];

function imported(written: Readonly<Record<string, Written>>): ReturnType<typeof importChecks> {
  const tests = Object.entries(written).map(([id, one]) => test(id, one));
  const translated = new Map(
    Object.entries(written).map(([id, { reads = ['silver.a'] }]): [string, Translated] => [
      id,
      { ok: true, sql: `-- dbt\nselect ${id}`, tree: {}, inputs: reads, unknown: [] },
    ]),
  );
  const names = new Map([
    ['model.p.a', 'silver.a'],
    ['model.p.b', 'silver.b'],
    ['model.p.c', 'gold.c'],
    ['source.p.till.s', 'bronze.s'],
  ]);
  return importChecks(wishesOfTests(tests, { order, names, translated }));
}

const checksOf = (written: Readonly<Record<string, Written>>): readonly string[] =>
  [...imported(written).checks].flatMap(([table, checks]) =>
    checks.map(({ severity, kind, value }) => `${table} ${severity} ${kind}: ${value}`),
  );

const x = { column_name: 'x' };
const ofSource = { on: null, depends: ['source.p.till.s'] };
const model = { model: "{{ get_where_subquery(source('till', 's')) }}" };

describe('tests of dbt', () => {
  it.each<[string, Written, string]>([
    ['unique', { kind: 'unique', kwargs: x }, 'silver.a fail unique: x'],
    ['an expression', { kind: 'unique', kwargs: { column_name: 'x || y' } }, 'silver.a fail sql: select t'],
    ['some rows', { kind: 'unique', kwargs: x, config: { where: 'y > 1' } }, 'silver.a fail sql: select t'],
    ['not_null', { kind: 'not_null', kwargs: x, config: { severity: 'WARN' } }, 'silver.a warn not_null: x'],
    [
      'accepted_values',
      { kind: 'accepted_values', kwargs: { ...x, values: ["it's", 'b'] } },
      "silver.a fail accepted: x in ('it''s', 'b')",
    ],
    [
      'accepted numbers',
      { kind: 'accepted_values', kwargs: { ...x, values: [1, 2], quote: false } },
      'silver.a fail accepted: x in (1, 2)',
    ],
    [
      'relationships',
      { kind: 'relationships', on: 'b', kwargs: { ...x, field: 'y' }, reads: ['silver.b', 'silver.a'] },
      'silver.b fail references: x -> silver.a.y',
    ],
    [
      'relationships to what comes later',
      { kind: 'relationships', kwargs: { ...x, field: 'y' }, reads: ['silver.a', 'gold.c'] },
      'gold.c fail sql: select t',
    ],
    ['a singular test', { reads: ['silver.b', 'silver.a'] }, 'silver.b fail sql: select t'],
    ['a singular test of a source', { reads: ['bronze.s'] }, 'bronze.s fail sql: select t'],
    [
      'not_null of a source',
      { kind: 'not_null', ...ofSource, kwargs: { ...x, ...model } },
      'bronze.s fail not_null: x',
    ],
    [
      'relationships of a source to what is made of it',
      { kind: 'relationships', ...ofSource, kwargs: { ...x, ...model, field: 'y' }, reads: ['bronze.s', 'silver.b'] },
      'silver.b fail sql: select t',
    ],
    [
      'some rows of a source',
      { kind: 'unique', ...ofSource, kwargs: { ...x, ...model }, config: { where: 'y > 1' }, reads: ['bronze.s'] },
      'bronze.s fail sql: select t',
    ],
    ['few rows', { config: { error_if: '>10' } }, 'silver.a warn up to 10 rows sql: select t'],
    ['fewer rows', { config: { error_if: '>= 10' } }, 'silver.a warn up to 9 rows sql: select t'],
  ])('become checks: %s', (_, written, expected) => {
    expect(checksOf({ t: written })).toEqual([expected]);
  });

  it('stand under one severity, each kind once', () => {
    const accepted = { kind: 'accepted_values', kwargs: { ...x, values: ['a'] } };
    expect(
      checksOf({
        warned: { ...accepted, config: { severity: 'warn' } },
        failed: accepted,
        one: { kind: 'unique', kwargs: x },
        two: { kind: 'unique', kwargs: { column_name: 'y' } },
      }),
    ).toEqual([
      "silver.a fail accepted: x in ('a')",
      'silver.a fail unique: x',
      'silver.a fail sql: select two',
      'silver.a warn sql: select warned',
    ]);
  });

  it.each<[Written, string]>([
    [{ config: { fail_calc: 'sum(n)' } }, 'it counts sum(n), and checks count rows'],
    [{ config: { severity: 'warn', warn_if: '>5' } }, 'it warns when the rows are >5'],
    [{ config: { error_if: 'between 1 and 5' } }, 'it fails when the rows are between 1 and 5'],
    [{ reads: ['snapshot.p.old'] }, 'it reads snapshot old, which is not imported'],
  ])('are left out: %j', (written, why) => {
    expect(imported({ t: written }).leftOut).toEqual([{ what: 'test t', why }]);
  });
});

describe('the order of tables', () => {
  it('has what is referred to first, unless it is made of what refers to it', () => {
    const inputs = new Map<string, readonly string[]>([
      ['gold.a', ['silver.b']],
      ['silver.b', []],
      ['silver.c', []],
      ['silver.d', []],
    ]);
    const references: [string, string][] = [
      ['silver.b', 'silver.d'],
      ['silver.d', 'silver.b'],
      ['silver.b', 'gold.a'],
    ];
    expect(orderTables(inputs, references)).toEqual(['silver.d', 'silver.b', 'gold.a', 'silver.c']);
  });
});
