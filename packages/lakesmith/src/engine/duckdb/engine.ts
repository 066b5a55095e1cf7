import { rm } from 'node:fs/promises';
import type { DuckDBInstance } from '@duckdb/node-api';
import { LakeError } from '../../core/errors.ts';
import type {
  AskRequest,
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
  Relation,
  StagedFile,
  StageOptions,
  StageRequest,
} from '../engine.ts';
import type { SqlPlan } from '../../sql/compiler.ts';
import { bindRelations } from './bind.ts';
import { planStatements } from './bound-plan.ts';
import { describeQuery } from './describe.ts';
import { EmptyTables } from './empty-tables.ts';
import { ExactFiles } from './exact-files.ts';
import { exportQuery } from './export.ts';
import { groupByForm } from '../text-forms.ts';
import { inferColumns } from './infer.ts';
import { noticing } from './notice.ts';
import { makeSpillFolder, openInstance } from './instance.ts';
import type { DuckDbOptions } from './instance.ts';
import { duckdb } from './library.ts';
import { readPackedRows } from './parquet-packed.ts';
import { readParquetRows, writeParquetRows } from './parquet-rows.ts';
import { locateFileError } from './parquet-errors.ts';
import { parseStatements, printStatement } from './parse.ts';
import { startQuery } from './query.ts';
import { RowOrder } from './row-order.ts';
import { Scope, SpareScope } from './scope.ts';
import { Session } from './session.ts';
import { locateSourceError } from './source-errors.ts';
import { stageQuery } from './stage.ts';
import { Workspace } from './workspace.ts';

/** DuckDB in this process. Long queries keep its threads busy: where others wait, use `openDuckDbProcess`. */
export async function openDuckDb(options: DuckDbOptions = {}): Promise<Engine> {
  if (options.tempFolder === undefined) return new DuckDbEngine(await openInstance(options), options);
  const own = { ...options, tempFolder: await makeSpillFolder(options.tempFolder) };
  try {
    return new DuckDbEngine(await openInstance(own), own);
  } catch (error) {
    await rm(own.tempFolder, { recursive: true, force: true });
    throw error;
  }
}

/** Every request has a connection and a catalog of its own; they share memory and threads. */
class DuckDbEngine implements Engine {
  readonly name = 'duckdb';
  readonly version: string = duckdb.version().replace(/^v/, '');
  private readonly instance: DuckDBInstance;
  private readonly options: DuckDbOptions;
  private readonly order: RowOrder;
  private language: Promise<Session> | undefined;
  /** By time zone. */
  private readonly tables = new Map<string, EmptyTables>();
  private readonly spare = new SpareScope();
  private readonly exactFiles = new ExactFiles();
  private closed = false;
  /** Requests that end by themselves. */
  private readonly running = new Set<Promise<unknown>>();

  constructor(instance: DuckDBInstance, options: DuckDbOptions) {
    this.instance = instance;
    this.options = options;
    this.order = new RowOrder(instance);
  }

  async query(request: AskRequest, options: CallOptions = {}): Promise<QueryResult> {
    const spare = this.closed ? undefined : this.spare.take(request, options);
    const scope = spare ?? (await this.open(request.timezone, options));
    try {
      if (spare === undefined) await bindRelations(scope.session, request.relations, scope.workspace);
      const result = await startQuery(scope.session, request);
      return { columns: result.columns, batches: this.finishing(result.batches, scope, { request, options }) };
    } catch (error) {
      await scope.close();
      throw await locateError(error, request.relations, scope.workspace);
    }
  }

  async stage(request: StageRequest, options: StageOptions = {}): Promise<readonly StagedFile[]> {
    const write = ({ session }: Scope): Promise<readonly StagedFile[]> =>
      noticing(session, options.onNotice, () => stageQuery(session, request));
    return await this.bound(
      request,
      options,
      request.ordered === true ? (scope): ReturnType<typeof write> => this.order.kept(() => write(scope)) : write,
    );
  }

  async export(request: ExportRequest, options: CallOptions = {}): Promise<{ rows: number }> {
    return await this.bound(request, options, (scope) => this.order.kept(() => exportQuery(scope.session, request)));
  }

  async describe(request: QueryRequest): Promise<DescribeResult> {
    if (!EmptyTables.canHold(request))
      return await this.bound(request, {}, (scope) => describeQuery(scope.session, request));
    return await this.ending(this.describeEmpty(request));
  }

  async parse(statements: readonly string[]): Promise<readonly ParseResult[]> {
    return await parseStatements(await this.openLanguage(), statements);
  }

  async print(trees: readonly unknown[]): Promise<readonly string[]> {
    const session = await this.openLanguage();
    const texts: string[] = [];
    for (const tree of trees) texts.push(await printStatement(session, tree));
    return texts;
  }

  async plan(request: PlanRequest): Promise<readonly SqlPlan[]> {
    return await this.bound({ ...request, relations: [] }, {}, ({ session }) => planStatements(session, request));
  }

  async infer(request: InferRequest): Promise<readonly InferredColumn[]> {
    const files = request.locations.map((location) => ({ location, label: location }));
    const groups = await groupByForm(request.format, files);
    const sources = groups.map((group): Relation => ({ name: 'source', kind: 'text-files', columns: [], ...group }));
    const question = { relations: [], timezone: request.timezone };
    // In order, so that a sample is the first rows, and keys come as the first row has them.
    return await this.bound(
      question,
      {},
      (scope) => this.order.kept(() => inferColumns(scope.session, { ...request, groups }, scope.workspace)),
      sources,
    );
  }

  async readParquet(location: string): Promise<readonly ParquetRow[]> {
    return await this.bound(plain, {}, (scope) => readParquetRows(scope.session, location));
  }

  async readPackedParquet(request: PackedRequest): Promise<PackedParquet | undefined> {
    return await this.bound(plain, {}, (scope) => readPackedRows(scope.session, request));
  }

  async writeParquet(request: ParquetText): Promise<{ rows: number }> {
    return { rows: await this.bound(plain, {}, (scope) => writeParquetRows(scope, request)) };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    // Who gave up on one of several requests may come here while the others are at work.
    await Promise.allSettled(this.running);
    await this.spare.close();
    await (await this.language)?.close();
    for (const tables of this.tables.values()) await tables.close();
    this.instance.closeSync();
    const { tempFolder } = this.options;
    if (tempFolder !== undefined) await rm(tempFolder, { recursive: true, force: true });
  }

  private async open(timezone: string, options: CallOptions): Promise<Scope> {
    if (this.closed) throw new LakeError('LS2104', 'The engine is closed');
    const session = await Session.open(this.instance, timezone, options);
    return new Scope(session, new Workspace(this.options.tempFolder, this.exactFiles));
  }

  /** Parsing and printing touch no data, so all of it shares one session: opening one costs more than the work. */
  private async openLanguage(): Promise<Session> {
    if (this.closed) throw new LakeError('LS2104', 'The engine is closed');
    this.language ??= Session.open(this.instance, plain.timezone, {});
    return await this.language;
  }

  private async bound<T>(
    request: Pick<QueryRequest, 'relations' | 'timezone'>,
    options: CallOptions,
    work: (scope: Scope) => Promise<T>,
    sources: readonly Relation[] = request.relations,
  ): Promise<T> {
    return await this.ending(this.boundNow(request, options, { work, sources }));
  }

  private async describeEmpty(request: QueryRequest): Promise<DescribeResult> {
    if (this.closed) throw new LakeError('LS2104', 'The engine is closed');
    const { timezone } = request;
    const tables =
      this.tables.get(timezone) ?? new EmptyTables(async () => await Session.open(this.instance, timezone, {}));
    this.tables.set(timezone, tables);
    return await tables.describe(request);
  }

  /** A request that `close` waits for. */
  private async ending<T>(done: Promise<T>): Promise<T> {
    this.running.add(done);
    try {
      return await done;
    } finally {
      this.running.delete(done);
    }
  }

  private async boundNow<T>(
    request: Pick<QueryRequest, 'relations' | 'timezone'>,
    options: CallOptions,
    { work, sources }: { work: (scope: Scope) => Promise<T>; sources: readonly Relation[] },
  ): Promise<T> {
    const scope = await this.open(request.timezone, options);
    try {
      await bindRelations(scope.session, request.relations, scope.workspace);
      return await work(scope);
    } catch (error) {
      throw await locateError(error, sources, scope.workspace);
    } finally {
      await scope.close();
    }
  }

  private async *finishing(
    batches: AsyncIterable<Batch>,
    scope: Scope,
    { request, options }: { readonly request: QueryRequest; readonly options: CallOptions },
  ): AsyncGenerator<Batch> {
    let isWhole = false;
    try {
      yield* batches;
      isWhole = true;
    } catch (error) {
      throw await locateError(error, request.relations, scope.workspace);
    } finally {
      await (isWhole && !this.closed ? this.spare.put(scope, request, options) : scope.close());
    }
  }
}

async function locateError(error: unknown, relations: readonly Relation[], workspace: Workspace): Promise<unknown> {
  return locateFileError(await locateSourceError(error, relations, workspace), relations);
}

type ExportRequest = Parameters<Engine['export']>[0];

const plain = { relations: [], timezone: 'UTC' } as const;
