import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { LakeError } from '../../core/errors.ts';
import type { Batch, StageOptions } from '../engine.ts';
import { fromPlainError } from './child-messages.ts';
import type { Reply, Request, Verb } from './child-messages.ts';

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: LakeError) => void;
}

interface OpenCall {
  waiting: Waiting | undefined;
  readonly onProgress: StageOptions['onProgress'];
  readonly onNotice: StageOptions['onNotice'];
  readonly release: () => void;
}

/** The calls in flight to one engine process. */
export class ChildCalls {
  /** True once the process is gone. */
  dead = false;
  private readonly child: ChildProcess;
  private readonly open = new Map<number, OpenCall>();
  private nextId = 1;

  constructor(child: ChildProcess) {
    this.child = child;
    child.on('message', (reply: Reply) => this.receive(reply));
    child.on('error', () => this.fail());
    child.on('exit', () => this.fail());
    child.on('disconnect', () => this.fail());
  }

  /** Asks one question. A query stays open: read its rows with `rows`. */
  async ask(verb: Verb, question: unknown, options: StageOptions): Promise<{ id: number; value: unknown }> {
    const { signal, onProgress, onNotice } = options;
    if (signal?.aborted === true) throw new LakeError('LS2103', 'The query was cancelled', { retry: 'safe' });
    const id = this.nextId++;
    const abort = (): void => this.send({ kind: 'abort', id });
    signal?.addEventListener('abort', abort);
    this.open.set(id, {
      waiting: undefined,
      onProgress,
      onNotice,
      release: () => signal?.removeEventListener('abort', abort),
    });
    const reply = await this.exchange(id, {
      kind: 'call',
      id,
      verb,
      question,
      progress: onProgress !== undefined,
      notice: onNotice !== undefined,
    });
    if (verb !== 'query') this.finish(id);
    return { id, value: reply.kind === 'value' ? reply.value : undefined };
  }

  /** The rows of a query, one block at a time: the process computes the next one only when it is asked for. */
  async *rows(id: number): AsyncGenerator<Batch> {
    try {
      for (;;) {
        const reply = await this.exchange(id, { kind: 'next', id });
        if (reply.kind !== 'batch') return;
        yield reply.batch;
      }
    } finally {
      if (this.open.has(id)) {
        this.send({ kind: 'stop', id });
        this.finish(id);
      }
    }
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    if (this.child.connected) this.child.disconnect();
    await gone;
  }

  private async exchange(id: number, request: Request): Promise<Reply> {
    const call = this.open.get(id);
    if (call === undefined || this.dead) throw this.gone();
    const reply = new Promise<Reply>((resolve, reject) => {
      call.waiting = { resolve, reject };
    });
    this.send(request);
    return await reply;
  }

  private receive(reply: Reply): void {
    const call = this.open.get(reply.id);
    if (call === undefined) return;
    if (reply.kind === 'progress') {
      call.onProgress?.(reply.fraction);
      return;
    }
    if (reply.kind === 'notice') {
      call.onNotice?.();
      return;
    }
    const { waiting } = call;
    call.waiting = undefined;
    if (reply.kind === 'end' || reply.kind === 'failure') this.finish(reply.id);
    if (reply.kind === 'failure') waiting?.reject(fromPlainError(reply.error));
    else waiting?.resolve(reply);
  }

  private send(request: Request): void {
    if (!this.child.connected) return this.fail();
    this.child.send(request, (error) => {
      if (error !== null) this.fail();
    });
  }

  private finish(id: number): void {
    this.open.get(id)?.release();
    this.open.delete(id);
  }

  private fail(): void {
    this.dead = true;
    for (const [id, call] of this.open) {
      this.finish(id);
      call.waiting?.reject(this.gone());
    }
  }

  private gone(): LakeError {
    return new LakeError('LS2104', 'The engine stopped while it was at work', { retry: 'safe' });
  }
}
