import type { StageOptions, Engine, QueryResult } from '../engine.ts';
import { toPlainError } from './child-messages.ts';
import type { Question, Reply, Request, Verb } from './child-messages.ts';
import { openDuckDb } from './engine.ts';

// The process of `openDuckDbProcess`: an engine that is asked by messages. It ends with the process that started it.

let engine: Promise<Engine> | undefined;
const aborts = new Map<number, AbortController>();
const rows = new Map<number, AsyncIterator<Reply & { kind: 'batch' | 'end' }>>();

// An orderly exit would wait for queries that still run.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (request: Request) => {
  void handle(request);
});

async function handle(request: Request): Promise<void> {
  try {
    switch (request.kind) {
      case 'call':
        return await answer(request);
      case 'abort':
        return aborts.get(request.id)?.abort();
      case 'next':
        return await sendRows(request.id);
      case 'stop':
        await rows.get(request.id)?.return?.();
        return forget(request.id);
    }
  } catch (error) {
    send({ kind: 'failure', id: request.id, error: toPlainError(error) });
    forget(request.id);
  }
}

async function answer({ id, verb, question, progress, notice }: Request & { kind: 'call' }): Promise<void> {
  const controller = new AbortController();
  aborts.set(id, controller);
  const options: StageOptions = {
    signal: controller.signal,
    ...(progress ? { onProgress: (fraction: number): void => send({ kind: 'progress', id, fraction }) } : {}),
    ...(notice ? { onNotice: (): void => send({ kind: 'notice', id }) } : {}),
  };
  // Opened by the first call, so that a failure to open has somebody to be told to.
  engine ??= openDuckDb(JSON.parse(process.argv[2] ?? '{}'));
  const value = await call(await engine, verb, question, options);
  if (verb !== 'query') forget(id);
  if (!isQueryResult(value)) return send({ kind: 'value', id, value });
  rows.set(id, replies(id, value));
  send({ kind: 'value', id, value: value.columns });
}

async function call(target: Engine, verb: Verb, question: unknown, options: StageOptions): Promise<unknown> {
  const verbs: { readonly [V in Verb]: (question: Question<V>, options: StageOptions) => Promise<unknown> } = {
    query: (asked, how) => target.query(asked, how),
    stage: (asked, how) => target.stage(asked, how),
    export: (asked, how) => target.export(asked, how),
    describe: (asked) => target.describe(asked),
    parse: (asked) => target.parse(asked),
    print: (asked) => target.print(asked),
    plan: (asked) => target.plan(asked),
    readParquet: (asked) => target.readParquet(asked),
    readPackedParquet: (asked) => target.readPackedParquet(asked),
    writeParquet: (asked) => target.writeParquet(asked),
    infer: (asked) => target.infer(asked),
  };
  return await (verbs[verb] as (question: unknown, options: StageOptions) => Promise<unknown>)(question, options);
}

function isQueryResult(value: unknown): value is QueryResult {
  return typeof value === 'object' && value !== null && 'batches' in value;
}

async function* replies(id: number, result: QueryResult): AsyncGenerator<Reply & { kind: 'batch' | 'end' }> {
  for await (const batch of result.batches) yield { kind: 'batch', id, batch };
}

async function sendRows(id: number): Promise<void> {
  const next = await rows.get(id)?.next();
  if (next?.done === false) return send(next.value);
  forget(id);
  send({ kind: 'end', id });
}

function forget(id: number): void {
  aborts.delete(id);
  rows.delete(id);
}

function send(reply: Reply): void {
  // The other end may be gone; then this process is about to end too.
  if (process.connected) process.send?.(reply);
}
