import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LakeError } from '../../core/errors.ts';
import { fromEngineType, parseUserType } from '../../core/type-policy.ts';
import { rowsOf } from '../contract/bench.test-suite.ts';
import type { Engine } from '../engine.ts';
import { openDuckDb } from './engine.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDb();
});
afterAll(() => engine.close());

const ofOthers = new Set([
  'list',
  'array',
  'struct',
  'row',
  'map',
  'union',
  'enum',
  'decimal',
  'numeric',
  'dec',
  'null',
  'type',
]);

describe('the type policy and every type of the engine', () => {
  it('stores each of them or says what to do', async () => {
    const names = (
      await rowsOf(engine, { sql: "select distinct type_name from duckdb_types() where database_name = 'system'" })
    ).map(([name]) => JSON.stringify(name).slice(1, -1));
    expect(names.length).toBeGreaterThan(50);
    for (const name of names.filter((candidate) => !ofOthers.has(candidate.toLowerCase()))) {
      const described = await engine.describe({
        sql: `select cast(null as ${name}) as c`,
        relations: [],
        timezone: 'UTC',
      });
      const declared = attempt(() => parseUserType(name));
      if (described.ok) {
        // HUGEINT is BIGINT as the result of a sum, and as many digits as it has when it is declared.
        const [column] = described.columns;
        if (!/^(?:hugeint|int128)$/i.test(name)) expect([name, declared]).toEqual([name, column?.type]);
      } else {
        expect([name, described.problem]).toEqual([name, 'type']);
        expect(declared).toMatchObject({ code: 'LS1401' });
      }
    }
  });

  it("reads the engine's own text of nested types", async () => {
    const sql =
      "select typeof(x) from (select {'a b': [1.5::decimal(4,1)], 'm': map {'k': {'d': date '2026-01-01'}}, 'e': 'x'::enum('x', 'y)')} as x)";
    const [[text] = []] = await rowsOf(engine, { sql });
    expect(fromEngineType(typeof text === 'string' ? text : '', 'c')).toMatchObject({
      type: 'struct',
      fields: [{ name: 'a b' }, { name: 'm' }, { name: 'e', type: 'string' }],
    });
  });
});

function attempt<T>(work: () => T): T | LakeError {
  try {
    return work();
  } catch (error) {
    if (error instanceof LakeError) return error;
    throw error;
  }
}
