import { resolve } from 'node:path';
import { MessageReader, frame } from '../../editor/framing.ts';
import { LanguageServer } from '../../editor/server.ts';
import { openExaminer } from '../open.ts';
import { programVersion } from '../version.ts';

const restMs = 150;

/** Serves an editor over standard input and output until it goes away. */
export async function lsp(options: { readonly project?: string; readonly env?: string }): Promise<number> {
  const examiner = await openExaminer(options.env);
  const server = new LanguageServer({
    send: (message) => void process.stdout.write(frame(message)),
    examine: examiner.examine,
    folder: options.project === undefined ? undefined : resolve(options.project),
    version: programVersion(),
    restMs,
  });
  const reader = new MessageReader();
  process.stdin.on('data', (bytes: Buffer) => {
    for (const arrival of reader.push(bytes)) server.receive(arrival);
  });
  process.stdin.on('end', () => {
    server.close();
  });
  try {
    return await server.ended;
  } finally {
    process.stdin.pause();
    await server.settled();
    await examiner.close();
  }
}
