import { Session } from 'node:inspector';
import type { Place } from '../core/errors.ts';
import { userFile } from './user-errors.ts';

/** How long a thread is waited for that may not be at work at all. */
const patienceMs = 1000;

interface Frame {
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number };
}

/** Where the thread of this name is at work right now, when that is in a file below the folder: it is asked as a debugger asks. */
export async function stuckPlace(name: string, folder: string): Promise<Place | undefined> {
  const session = new Session();
  session.connect();
  try {
    return await new Promise<Place | undefined>((resolve) => {
      const scripts = new Map<string, string>();
      const timer = setTimeout(resolve, patienceMs, undefined);
      const found = (frames: readonly Frame[]): void => {
        clearTimeout(timer);
        resolve(placeOf(frames, scripts, folder));
      };
      session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
        if (!workerInfo.title.endsWith(` ${name}`)) return;
        for (const method of ['Debugger.enable', 'Debugger.pause']) send(session, sessionId, method);
      });
      session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
        const event = JSON.parse(message) as {
          method?: string;
          params: { scriptId: string; url: string; callFrames: readonly Frame[] };
        };
        if (event.method === 'Debugger.scriptParsed') scripts.set(event.params.scriptId, event.params.url);
        if (event.method !== 'Debugger.paused') return;
        found(event.params.callFrames);
        // Paused, it could not be ended.
        send(session, sessionId, 'Debugger.disable');
      });
      session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    });
  } finally {
    session.post('NodeWorker.disable');
    session.disconnect();
  }
}

function send(session: Session, sessionId: string, method: string): void {
  session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: 1, method }) });
}

function placeOf(frames: readonly Frame[], scripts: ReadonlyMap<string, string>, folder: string): Place | undefined {
  for (const { location } of frames) {
    const file = userFile(scripts.get(location.scriptId) ?? '', folder);
    if (file !== undefined) return { file, line: location.lineNumber + 1, column: (location.columnNumber ?? 0) + 1 };
  }
  return undefined;
}
