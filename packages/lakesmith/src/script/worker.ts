import { register } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, Outcome, Task, ToWorker, WorkerData } from './messages.ts';
import { NoModel, exportedModels, writtenModel } from './exported-models.ts';
import { InputReadings } from './input-readings.ts';
import { BadRowError, writeRows } from './write-rows.ts';

// The thread in which files of the user are run, and nothing else: it may be ended at any moment.

/** In place of ending, which would say nothing of where. */
class Exit extends Error {
  override readonly name = 'Exit';
}

const { modules } = workerData as WorkerData;
register('./hooks.js', import.meta.url, { data: modules, transferList: [modules] });
process.exit = (code) => {
  throw new Exit(`it ends the process (process.exit(${code ?? ''}))`);
};

const tell = (message: FromWorker): void => parentPort?.postMessage(message);
const readings = new InputReadings(tell);

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'batch') readings.receive(message);
  else void perform(message.task);
});
// Told like all else that a task comes to: what ends a thread by itself comes as an event, which knows errors only.
process.on('uncaughtException', (thrown: unknown) => tell({ kind: 'outcome', outcome: outcomeOfThrown(thrown) }));
tell({ kind: 'ready' });

async function perform(task: Task): Promise<void> {
  tell({ kind: 'outcome', outcome: await outcomeOf(task) });
}

async function outcomeOf(task: Task): Promise<Outcome> {
  try {
    const { family, models } = exportedModels((await import(task.url)) as Readonly<Record<string, unknown>>);
    if (task.kind === 'define') return { kind: 'defined', family, models: models.map(writtenModel) };
    const found = models.find(({ definition }) => task.member === undefined || definition['name'] === task.member);
    return { kind: 'rows', rows: await writeRows(found?.definition['rows'], task, readings) };
  } catch (error) {
    if (error instanceof NoModel) return { kind: 'misfit', misfit: error.misfit };
    if (error instanceof BadRowError) return { kind: 'bad-row', bad: error.bad };
    return outcomeOfThrown(error);
  }
}

function outcomeOfThrown(thrown: unknown): Outcome {
  if (!(thrown instanceof Error))
    return { kind: 'thrown', thrown: { name: 'Error', message: String(thrown), stack: '' } };
  const { name, message, stack = '' } = thrown;
  return { kind: 'thrown', thrown: { name, message, stack } };
}
