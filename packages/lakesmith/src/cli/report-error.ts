import { errorCodes, LakeError, messageOf } from '../core/errors.ts';
import { count } from '../core/quantity.ts';
import { fromProtocol } from '../lake/protocol-errors.ts';
import { renderDiagnostics } from '../project/diagnostic-text.ts';

/** Says an error to a person on standard error, or to a program as JSON on standard output; gives the exit code. */
export function reportError(error: unknown, { json }: { readonly json: boolean }): number {
  const told = fromProtocol(error);
  const known =
    told instanceof LakeError
      ? told
      : new LakeError('LS9001', `${messageOf(error)} (this is a defect in Lakesmith: please report it)`, {
          cause: error,
        });
  if (json) {
    const errors = known.diagnostics.map(({ code, message, place, hint }) => ({
      code,
      title: errorCodes[code].title,
      message,
      place,
      hint,
    }));
    process.stdout.write(`${JSON.stringify({ ok: false, errors, retry: known.retry }, null, 2)}\n`);
  } else {
    if (known.exitCode === 2 && known.diagnostics.some((found) => found.place !== undefined)) {
      const where = known.diagnostics.some(({ code }) => code.startsWith('LS40')) ? '' : ' in the project';
      process.stderr.write(`${count(known.diagnostics.length, 'error')}${where}, nothing was run\n\n`);
    }
    process.stderr.write(`${renderDiagnostics(known.diagnostics)}\n`);
    if (!(told instanceof LakeError) && error instanceof Error && error.stack !== undefined) {
      process.stderr.write(`${error.stack}\n`);
    }
  }
  return known.exitCode;
}
