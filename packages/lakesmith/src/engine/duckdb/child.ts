import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { LakeError } from '../../core/errors.ts';
import { packageFile } from '../../core/package-files.ts';
import type { SqlPlan } from '../../sql/compiler.ts';
import type { Column } from '../../core/schema.ts';
import type {
  Batch,
  CallOptions,
  PackedParquet,
  PackedRequest,
  ParquetRow,
  DescribeResult,
  Engine,
  InferredColumn,
  InferRequest,
  ParquetText,
  ParseResult,
  PlanRequest,
  QueryRequest,
  QueryResult,
  StagedFile,
  StageOptions,
  StageRequest,
} from '../engine.ts';
import { ChildCalls } from './child-calls.ts';
import type { Question, Verb } from './child-messages.ts';
import type { DuckDbOptions } from './instance.ts';
import { duckdb } from './library.ts';

/**
 * DuckDB in a process of its own: its long calls hold up nobody, and it can be killed. When it dies, every call in flight
 * fails with LS2104 (retry safe), and the next call starts another. It ends when this process ends.
 */
export async function openDuckDbProcess(
  options: DuckDbOptions = {},
  start: StartProcess = startEngineProcess,
): Promise<Engine> {
  const engine = new DuckDbProcess(options, start);
  await engine.start();
  return engine;
}

/** Starts a process that runs child-main. */
export type StartProcess = (options: DuckDbOptions) => ChildProcess;

class DuckDbProcess implements Engine {
  readonly name = 'duckdb';
  readonly version: string = duckdb.version().replace(/^v/, '');
  private readonly options: DuckDbOptions;
  private readonly startProcess: StartProcess;
  private calls: ChildCalls | undefined;
  private closed = false;

  constructor(options: DuckDbOptions, startProcess: StartProcess) {
    this.options = options;
    this.startProcess = startProcess;
  }

  /** Starts the process, and makes sure that its engine works. */
  async start(): Promise<void> {
    await this.ask<readonly ParseResult[]>('parse', []);
  }

  async query(request: QueryRequest, options: CallOptions = {}): Promise<QueryResult> {
    const calls = this.running();
    const { id, value } = await calls.ask('query', request, options);
    return { columns: value as readonly Column[], batches: calls.rows(id) as AsyncIterable<Batch> };
  }

  async stage(request: StageRequest, options: StageOptions = {}): Promise<readonly StagedFile[]> {
    return await this.ask('stage', request, options);
  }

  async export(request: Question<'export'>, options: CallOptions = {}): Promise<{ rows: number }> {
    return await this.ask('export', request, options);
  }

  async describe(request: QueryRequest): Promise<DescribeResult> {
    return await this.ask('describe', request);
  }

  async parse(statements: readonly string[]): Promise<readonly ParseResult[]> {
    return await this.ask('parse', statements);
  }

  async print(trees: readonly unknown[]): Promise<readonly string[]> {
    return await this.ask('print', trees);
  }

  async plan(request: PlanRequest): Promise<readonly SqlPlan[]> {
    return await this.ask('plan', request);
  }

  async infer(request: InferRequest): Promise<readonly InferredColumn[]> {
    return await this.ask('infer', request);
  }

  async readParquet(location: string): Promise<readonly ParquetRow[]> {
    return await this.ask('readParquet', location);
  }

  async readPackedParquet(request: PackedRequest): Promise<PackedParquet | undefined> {
    return await this.ask('readPackedParquet', request);
  }

  async writeParquet(request: ParquetText): Promise<{ rows: number }> {
    return await this.ask('writeParquet', request);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.calls?.close();
  }

  private async ask<T>(verb: Verb, question: unknown, options: CallOptions = {}): Promise<T> {
    const { value } = await this.running().ask(verb, question, options);
    return value as T;
  }

  private running(): ChildCalls {
    if (this.closed) throw new LakeError('LS2104', 'The engine is closed');
    if (this.calls === undefined || this.calls.dead) this.calls = new ChildCalls(this.startProcess(this.options));
    return this.calls;
  }
}

/** The process as it is started unless told otherwise. */
export function startEngineProcess(options: DuckDbOptions): ChildProcess {
  const file = packageFile('dist/engine/duckdb/child-main.js');
  if (!existsSync(file))
    throw new LakeError('LS2104', `The engine's program ${file} is missing: build the package first`);
  return fork(file, [JSON.stringify(options)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
}
