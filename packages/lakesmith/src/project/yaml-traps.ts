import type { Diagnostic } from '../core/errors.ts';

/** What a YAML parser said, and where. */
export interface YamlProblem {
  readonly code: string;
  readonly message: string;
  readonly offset: number;
  readonly text: string;
}

/** A finding without its file; `at` is the part of the text to underline. */
export interface YamlFinding extends Pick<Diagnostic, 'code' | 'message' | 'hint'> {
  readonly at: { readonly offset: number; readonly length: number };
}

/** A key with its value on one line of the text. */
interface Value {
  readonly text: string;
  readonly offset: number;
}

type Words = readonly [message: string, hint: string];

/** The message of a YAML error for someone who writes rules and schedules rather than YAML. */
export function explainYamlError(problem: YamlProblem): YamlFinding {
  const value = valueAround(problem.text, problem.offset);
  const inRules = insideRules(problem.text, problem.offset);
  const ofValue = interpolationInBraces(value) ?? (inRules ? undefined : valueTrap(problem, value));
  const ofRule = inRules ? ruleTrap(problem, value) : undefined;
  const words = ofRule ?? ofValue;
  if (words !== undefined) {
    const [message, hint] = words;
    return {
      code: ofRule === undefined ? 'LS1002' : 'LS1107',
      message,
      hint,
      at: { offset: value.offset, length: value.text.length },
    };
  }
  return structureTrap(problem);
}

/** An anchor, alias or tag: YAML words that these files do not use, and that SQL and cron begin with. */
export function foreignWord(text: string, offset: number): YamlFinding {
  const value = valueAround(text, offset);
  const inRules = insideRules(text, offset);
  return {
    code: inRules ? 'LS1107' : 'LS1002',
    message: `A ${inRules ? 'rule' : 'value'} that begins with ${value.text[0] ?? ''} must be quoted`,
    hint: `${inRules ? 'quote the rule' : 'quote it'}: ${quoted(value.text)}`,
    at: { offset: value.offset, length: value.text.length },
  };
}

function interpolationInBraces({ text }: Value): Words | undefined {
  if (!/\{[^}]*\$\{/.test(text)) return undefined;
  return [
    `${/\$\{[^}]*\}?/.exec(text)?.[0] ?? '${…}'} cannot stand inside { }`,
    'write it on its own line: one key per line, without { }',
  ];
}

function ruleTrap(problem: YamlProblem, { text }: Value): Words | undefined {
  if (problem.code === 'DUPLICATE_KEY' || problem.code === 'TAB_AS_INDENT') return undefined;
  if (text.startsWith('{'))
    return ['Rules in { } cannot be read: a comma ends a rule there', 'write one rule per line, without { }'];
  const hint = `quote the rule: ${quoted(text)}`;
  if (/^['"]/.test(text) && problem.code !== 'MISSING_CHAR')
    return ['A rule that begins with a quote must be quoted as a whole', hint];
  if (problem.code === 'BLOCK_AS_IMPLICIT_KEY' && text.includes(': '))
    return ['A rule with a colon and a blank in it must be quoted', hint];
  if (/^[>|&*!%@`[\]{}#,?-]/.test(text)) return [`A rule that begins with ${text[0] ?? ''} must be quoted`, hint];
  return undefined;
}

function valueTrap(problem: YamlProblem, { text }: Value): Words | undefined {
  if (problem.code === 'DUPLICATE_KEY' || problem.code === 'TAB_AS_INDENT' || problem.code === 'MULTIPLE_DOCS')
    return undefined;
  if (/^\*\/?\d*\s/.test(text))
    return ['A schedule that begins with * must be quoted', `write ${quoted(text)}, or an interval such as every: 5m`];
  if (/^[>|&*!%@`]/.test(text))
    return [`A value that begins with ${text[0] ?? ''} must be quoted`, `quote it: ${quoted(text)}`];
  if (problem.code === 'BLOCK_AS_IMPLICIT_KEY' && text.includes(': '))
    return ['A value with a colon and a blank in it must be quoted', `quote it: ${quoted(text)}`];
  if (/^['"].*['"]\s*\S/.test(text) && problem.code !== 'MISSING_CHAR')
    return ['Text follows a closing quote', `quote the whole value: ${quoted(text)}`];
  return undefined;
}

function structureTrap(problem: YamlProblem): YamlFinding {
  const here = { offset: problem.offset, length: wordAt(problem).length };
  const finding = ([message, hint]: Words, at = here): YamlFinding => ({ code: 'LS1002', message, hint, at });
  switch (problem.code) {
    case 'DUPLICATE_KEY':
      return finding([`Key "${wordAt(problem)}" stands twice in the same block`, 'keep one of them']);
    case 'TAB_AS_INDENT':
      return finding(['A tab cannot indent a line in YAML', 'indent with blanks'], {
        offset: problem.offset,
        length: 1,
      });
    case 'MULTIPLE_DOCS':
      return finding(['The file holds more than one YAML document', 'remove the line ---']);
    case 'BAD_INDENT':
      return finding([
        'This line is not indented like the lines it belongs to',
        'begin it in the same column as its neighbours',
      ]);
    case 'MISSING_CHAR':
      if (problem.message.includes('quote'))
        return finding(['A quote is opened and never closed', 'close it on the same line'], openQuote(problem));
      break;
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return finding(...implicitKey(problem, here));
    default:
  }
  return finding([
    `The file is not valid YAML here: ${problem.message}`,
    'check the indentation, and quote values with special characters',
  ]);
}

/** A line without a colon, or one that is indented under a key that has a value already. */
function implicitKey({ text, offset }: YamlProblem, here: YamlFinding['at']): [Words, YamlFinding['at']] {
  const start = lineStart(text, offset);
  const end = lineEnd(text, offset);
  const below = /^\n( +)(\S[^\r\n]*)/.exec(text.slice(end).replace(/^\r/, ''));
  const indent = /^ */.exec(text.slice(start))?.[0].length ?? 0;
  if (below !== null && (below[1]?.length ?? 0) > indent && /^\s*[^\s:]+:\s+\S/.test(text.slice(start, end))) {
    const at = { offset: text.indexOf(below[2] ?? '', end), length: below[2]?.length ?? 1 };
    return [
      ['This line is indented as if it belonged to the line above', 'begin it in the same column as its neighbours'],
      at,
    ];
  }
  return [
    ['This line is neither a key with a value nor part of one', 'write key: value, and indent what belongs to a key'],
    here,
  ];
}

/** Where the quote was opened: the parser only says where the file ended. */
function openQuote({ text, offset }: YamlProblem): YamlFinding['at'] {
  const opened = [...text.slice(0, offset).matchAll(/^[^\n]*?:[ \t]+(['"])(?![^\n]*\1)/gm)].at(-1);
  const at = opened === undefined ? offset : opened.index + opened[0].length - 1;
  return { offset: at, length: lineEnd(text, at) - at };
}

function quoted(value: string): string {
  const text = value.replace(/\s+#.*$/, '').trim();
  return text.includes('"') ? `'${text.replaceAll("'", "''")}'` : `"${text.replaceAll('\\', '\\\\')}"`;
}

function wordAt(problem: YamlProblem): string {
  const rest = problem.text.slice(problem.offset);
  return /^[^\s:]+/.exec(rest)?.[0] ?? rest[0] ?? ' ';
}

/** The value of the key on the line around an offset; the whole line when there is no key. */
function valueAround(text: string, offset: number): Value {
  const start = lineStart(text, offset);
  const line = text.slice(start, lineEnd(text, offset));
  const before = /^\s*(?:-\s+)?(?:[^\s:'"#{[][^:]*:\s+)?/.exec(line)?.[0].length ?? 0;
  return { text: line.slice(before).trimEnd(), offset: start + before };
}

function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

function lineEnd(text: string, offset: number): number {
  return offset + (/^[^\r\n]*/.exec(text.slice(offset))?.[0].length ?? 0);
}

/** True when a line above, less indented at each level, is `expect:` or `check:`. */
function insideRules(text: string, offset: number): boolean {
  const above = text.slice(0, offset).split('\n');
  let indent = above.pop()?.search(/\S|$/) ?? 0;
  for (const line of above.reverse()) {
    const own = line.search(/\S/);
    if (own < 0 || own >= indent) continue;
    indent = own;
    if (/^\s*(expect|check):/.test(line)) return true;
  }
  return false;
}
