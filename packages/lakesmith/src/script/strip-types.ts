/** A module without its types, every line and column where it was; or what is wrong with it. */
export type Stripped =
  | { readonly ok: true; readonly code: string }
  | {
      readonly ok: false;
      readonly message: string;
      readonly line: number;
      readonly column: number;
      readonly length: number;
    };

const recent = new Map<string, Stripped>();
const most = 200;

/** Takes the types off a module. What has a meaning of its own at run time (enum, namespace) is refused. */
export async function stripTypes(text: string): Promise<Stripped> {
  const known = recent.get(text);
  if (known !== undefined) return known;
  if (recent.size >= most) recent.clear();
  const stripped = await strip(text);
  recent.set(text, stripped);
  return stripped;
}

async function strip(text: string): Promise<Stripped> {
  // Megabytes that only who has such a file, and it changed, must load.
  const { default: compiler } = await import('@swc/wasm-typescript');
  try {
    const { code } = compiler.transformSync(text, { mode: 'strip-only', module: true });
    return { ok: true, code };
  } catch (error) {
    const { message, startLine = 1, startColumn = 0, endLine, endColumn } = error as Complaint;
    const length = endLine === startLine && endColumn !== undefined ? Math.max(1, endColumn - startColumn) : 1;
    return { ok: false, message: firstSentence(message), line: startLine, column: startColumn + 1, length };
  }
}

/** What the compiler throws, which is no Error. */
interface Complaint {
  readonly message: string;
  readonly startLine?: number;
  readonly startColumn?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

function firstSentence(message: string): string {
  return message
    .replace(/ is not supported in (?:strip-only|type strip) mode\b[\s\S]*/, ' is not known here')
    .replace(/\.\s[\s\S]*$/, '')
    .replace(/[.\s]+$/, '');
}
