import { describe, expect, it } from 'vitest';
import type { Memory } from '../core/memory.ts';
import type { Column } from '../core/schema.ts';
import type { Engine } from '../engine/engine.ts';
import { compilerOf } from './compiler.ts';

const columns: readonly Column[] = [{ name: 'id', type: 'long' }];

/** An engine that only says what columns SQL has, and how often it was asked. */
function engineOf(version: string, ok = true): Engine & { asked: number } {
  const engine = {
    version,
    asked: 0,
    describe: () => {
      engine.asked += 1;
      return Promise.resolve(
        ok ? { ok, columns: [{ name: version, type: 'long' }] } : { ok, problem: 'bind', message: '', candidates: [] },
      );
    },
  };
  return engine as never;
}

function memoryOf(): Memory {
  const values = new Map<string, unknown>();
  return { recall: (key) => values.get(key), keep: (key, value) => void values.set(key, value) };
}

interface Question {
  readonly version?: string;
  readonly sql?: string;
  readonly inputs?: ReadonlyMap<string, readonly Column[]>;
  readonly timezone?: string;
}

/** How often another program asks the engine, after one asked this of version 1: the columns of `select * from a` in UTC. */
async function askedAgain({ version = '1', sql, inputs, timezone }: Question): Promise<number> {
  const memory = memoryOf();
  const bind = async (engine: Engine, question: Question): Promise<unknown> =>
    await compilerOf(engine, memory).bind(
      question.sql ?? 'select * from a',
      question.inputs ?? new Map([['a', columns]]),
      question.timezone ?? 'UTC',
    );
  await bind(engineOf('1'), {});
  const engine = engineOf(version);
  const question = {
    ...(sql === undefined ? {} : { sql }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(timezone === undefined ? {} : { timezone }),
  };
  expect(await bind(engine, question)).toEqual({
    ok: true,
    columns: [{ name: engine.asked === 0 ? '1' : version, type: 'long' }],
  });
  return engine.asked;
}

describe('what the engine said of SQL', () => {
  it('is not asked again', async () => {
    expect(await askedAgain({})).toBe(0);
  });

  it.each<[string, Question]>([
    ['another version of the engine', { version: '2' }],
    ['another text', { sql: 'select * from a ' }],
    ['another name of an input', { inputs: new Map([['b', columns]]) }],
    ['another column of an input', { inputs: new Map([['a', [...columns, { name: 'x', type: 'string' }]]]) }],
    ['another type of a column', { inputs: new Map([['a', [{ name: 'id', type: 'integer' }]]]) }],
    ['another time zone', { timezone: 'Europe/Berlin' }],
  ])('is asked again for %s', async (_, question) => {
    expect(await askedAgain(question)).toBe(1);
  });

  it('is asked again where it was refused', async () => {
    const memory = memoryOf();
    for (const engine of [engineOf('1', false), engineOf('1', false)]) {
      await compilerOf(engine, memory).bind('select', new Map(), 'UTC');
      expect(engine.asked).toBe(1);
    }
  });

  it('is asked once by all who want to know at the same time', async () => {
    const engine = engineOf('1');
    const compiler = compilerOf(engine, memoryOf());
    const ask = (): ReturnType<typeof compiler.bind> => compiler.bind('select 1', new Map(), 'UTC');
    expect(await Promise.all([ask(), ask(), ask()])).toHaveLength(3);
    expect(engine.asked).toBe(1);
  });

  it('is asked again when the engine could not answer', async () => {
    const engine = engineOf('1');
    const right = engineOf('1');
    const compiler = compilerOf(engine, memoryOf());
    engine.describe = () => Promise.reject(new Error('The engine is closed'));
    await expect(compiler.bind('select 1', new Map(), 'UTC')).rejects.toThrow('closed');
    engine.describe = (request) => right.describe(request);
    expect(await compiler.bind('select 1', new Map(), 'UTC')).toMatchObject({ ok: true });
  });
});
