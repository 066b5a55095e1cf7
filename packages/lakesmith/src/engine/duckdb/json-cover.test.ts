import type { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { areAllLike } from './json-cover.ts';
import type { SeenRows } from './json-cover.ts';
import { duckdb } from './library.ts';
import { Session } from './session.ts';

let instance: DuckDBInstance;
let session: Session;
beforeAll(async () => {
  instance = await duckdb.DuckDBInstance.create(':memory:');
  session = await Session.open(instance, 'UTC', {});
});
afterAll(async () => {
  await session.close();
  instance.closeSync();
});

/** A row as others are, each value as it is written. */
const usual = {
  id: '1',
  day: '"2026-01-01"',
  paid: 'true',
  price: '1.5',
  note: '"x"',
  of: '{"a": 1}',
  items: '[{"sku": "p", "n": 2}]',
  tags: '["t"]',
};

const seen: SeenRows = {
  shape: {
    kind: 'object',
    fields: [
      { name: 'id', shape: { kind: 'number' } },
      { name: 'day', shape: { kind: 'text' } },
      { name: 'paid', shape: { kind: 'boolean' } },
      { name: 'price', shape: { kind: 'number' } },
      { name: 'note', shape: { kind: 'text' } },
      { name: 'of', shape: { kind: 'object', fields: [{ name: 'a', shape: { kind: 'number' } }] } },
      {
        name: 'items',
        shape: {
          kind: 'list',
          element: {
            kind: 'object',
            fields: [
              { name: 'sku', shape: { kind: 'text' } },
              { name: 'n', shape: { kind: 'number' } },
            ],
          },
        },
      },
      { name: 'tags', shape: { kind: 'list', element: { kind: 'text' } } },
    ],
  },
  kinds: ['long', 'date', undefined, 'double', undefined, 'long', undefined, 'long', undefined],
};

/** 'id: 7' is the usual row with that id; what begins with { is the row itself. */
function rowWith(change: string): string {
  if (change.startsWith('{')) return change;
  const [, name = '', value = ''] = /^(\w+): (.*)$/.exec(change) ?? [];
  const values = Object.entries(name === '' ? usual : { ...usual, [name]: value });
  return `{${values.map(([key, text]) => `"${key}": ${text}`).join(', ')}}`;
}

async function isLikeUsual(change: string): Promise<boolean> {
  const values = [rowWith(''), rowWith(change)].map((row) => `('${row}'::JSON)`).join(', ');
  const objects = `SELECT json, '' AS filename FROM (VALUES ${values}) AS v(json)`;
  return await areAllLike(session, { objects, sample: 1, ...seen });
}

describe('rows of JSON are all like the first', () => {
  it.each([
    'id: 9223372036854775807',
    'id: null',
    'day: "2026-12-31"',
    'paid: false',
    'price: 2',
    'price: 1e30',
    'note: "a \\"b\\" 1"',
    'of: null',
    'of: {}',
    'of: {"a": null}',
    'items: []',
    'items: null',
    'items: [null, {"sku": null, "n": -3}]',
    'tags: ["x", null]',
  ])('with %s', async (change) => {
    expect(await isLikeUsual(change)).toBe(true);
  });

  it.each([
    'id: 9223372036854775808',
    'id: 1.5',
    'id: "1"',
    'id: true',
    'id: [1]',
    'day: "2026-02-30"',
    'day: "2026-01-01T00:00:00Z"',
    'day: 20260101',
    'paid: "true"',
    'paid: 1',
    'price: "1.5"',
    'price: 12345678901234567',
    'note: 1',
    'note: {"a": 1}',
    'of: {"b": 1}',
    'of: {"a": "1"}',
    'of: [1]',
    'of: "a"',
    'items: {"sku": "p"}',
    'items: "p"',
    'items: [{"sku": "p", "m": 2}]',
    'items: [{"sku": 1, "n": 2}]',
    'items: [{"sku": "p", "n": 2.5}]',
    'items: ["p"]',
    'items: [[{"sku": "p", "n": 2}]]',
    'tags: [1]',
    'tags: "t"',
    '{"id": 1, "other": 1}',
    '{"id": 1, "id": "x"}',
    '{"ID": 1}',
  ])('but not with %s', async (change) => {
    expect(await isLikeUsual(change)).toBe(false);
  });
});
