import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process answered; or that it ended, or said nothing for too long, with what it wrote about it. */
export type Answer =
  { readonly kind: 'reply'; readonly reply: unknown } | { readonly kind: 'ended' | 'silent'; readonly message: string };

interface ProcessSettings {
  /** It is ended when it has not answered for so long. */
  readonly waitMs: number;
  /** Arguments of the script, and of Node itself. */
  readonly given?: readonly string[];
  readonly node?: readonly string[];
  /** What it may take of memory; where the system has no shell with limits, as much as there is. */
  readonly memoryKb?: number;
}

/** A process that answers one question after the other, and is started again when one of them ended it. */
export class AnsweringProcess {
  private readonly script: string;
  private readonly settings: ProcessSettings;
  private child: ChildProcess | undefined;
  private asked = 0;

  /** `script`: a module beside this one that gets messages {id, question} and sends {id, reply}. */
  constructor(script: string, settings: ProcessSettings) {
    this.script = fileURLToPath(new URL(script, import.meta.url));
    this.settings = settings;
  }

  /** How many questions the process that runs now was asked. */
  get questions(): number {
    return this.asked;
  }

  async ask(question: unknown): Promise<Answer> {
    const { waitMs, given = [], node = [], memoryKb } = this.settings;
    const isLimited = memoryKb !== undefined && process.platform !== 'win32';
    const limit = ['-c', `ulimit -v ${memoryKb}; exec "$0" "$@"`, process.execPath];
    this.child ??= fork(this.script, given, {
      ...(isLimited ? { execPath: '/bin/sh' } : {}),
      execArgv: isLimited ? [...limit, ...node] : [...node],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.asked += 1;
    const answer = await answerOf(this.child, { id: this.asked, question }, waitMs);
    if (answer.kind !== 'reply') this.close();
    return answer;
  }

  /** Ends the process; the next question starts another. */
  close(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
    this.asked = 0;
  }
}

function answerOf(child: ChildProcess, message: { id: number; question: unknown }, waitMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    let said = '';
    const finish = (answer: Answer): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('close', onClose);
      child.stderr?.off('data', onText);
      resolve(answer);
    };
    const onText = (text: Buffer): void => {
      said = (said + text.toString()).slice(-2_000);
    };
    const onMessage = (answer: unknown): void => {
      const { id, reply } = answer as { readonly id: number; readonly reply: unknown };
      if (id === message.id) finish({ kind: 'reply', reply });
    };
    const onClose = (code: number | null, signal: string | null): void => {
      finish({ kind: 'ended', message: `the process ended with ${signal ?? code}: ${said}` });
    };
    const timer = setTimeout(() => {
      finish({ kind: 'silent', message: `no answer after ${waitMs} ms: ${said}` });
    }, waitMs);
    child.on('message', onMessage);
    child.on('close', onClose);
    child.stderr?.on('data', onText);
    child.send(message);
  });
}
