import { Random } from './random.ts';

type Edit = (text: string, random: Random) => string;

/** Texts in JSON that stand in the place of another value. */
const values: readonly string[] = [
  ...['0', '-1', '1', '1.5', '-0', '1e308', '1e999', '9007199254740993', '9223372036854775807', '-9223372036854775809'],
  ...[
    '2147483648',
    '1000000000000',
    'null',
    'true',
    'false',
    '""',
    '"x"',
    '" "',
    '"null"',
    '"0"',
    '"-1"',
    '[]',
    '{}',
    '[null]',
  ],
  ...[
    '"__proto__"',
    '{"__proto__":{"x":1}}',
    '{"constructor":1}',
    '"\\ud800"',
    '"\\u0000"',
    '"é漢😀"',
    '"NaN"',
    'NaN',
    'Infinity',
  ],
  ...[
    '"../outside.parquet"',
    '"../../etc/passwd"',
    '"/etc/passwd"',
    '"file:///etc/passwd"',
    '"s3://bucket/x"',
    '"http://127.0.0.1:1/x"',
  ],
  ...[
    '"%2e%2e/outside.parquet"',
    '"..%2foutside.parquet"',
    '"a/../../outside.parquet"',
    '"%"',
    '"*.parquet"',
    '"."',
    '"_delta_log"',
  ],
  ...[
    '"integer"',
    '"long"',
    '"string"',
    '"decimal(39,0)"',
    '"decimal(5,9)"',
    '"decimal(-1,0)"',
    '"struct"',
    '"timestamp"',
    '"nonsense"',
  ],
  ...['99', '3', '7', '["deletionVectors"]', '["nonsense"]', '"2024-01-01"', '"i"', '"p"', '"u"'],
  '['.repeat(20_000) + ']'.repeat(20_000),
  '{"a":'.repeat(5_000) + '1' + '}'.repeat(5_000),
  `"${'x'.repeat(300_000)}"`,
];

interface Slot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Every place of a value, also in JSON that stands as text inside. */
function slotsIn(value: unknown, found: Slot[] = []): Slot[] {
  if (typeof value !== 'object' || value === null) return found;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    found.push({ holder, key });
    slotsIn(holder[key], found);
  }
  return found;
}

const mark = '"@@mark@@"';

/** Changes one value of one line, in the line itself or in JSON inside one of its texts. */
function replaceValue(line: string, random: Random, write: (old: unknown) => string): string {
  const parsed: unknown = JSON.parse(line);
  const slots = slotsIn(parsed);
  if (slots.length === 0) return line;
  const { holder, key } = random.pick(slots);
  const old = holder[key];
  if (typeof old === 'string' && old.startsWith('{') && random.below(3) > 0) {
    holder[key] = replaceValue(old, random, write);
    return JSON.stringify(parsed);
  }
  holder[key] = JSON.parse(mark);
  return JSON.stringify(parsed).replace(mark, () => write(old));
}

function near(old: unknown, random: Random): string {
  if (typeof old === 'number') return String(random.pick([old + 1, old - 1, -old, old * 2, old + 0.5, old * 1e15]));
  if (typeof old === 'string' && old.length > 0) {
    const at = random.below(old.length);
    const changed = [
      old.slice(0, at),
      old + old,
      old.slice(0, at) + 'é' + old.slice(at),
      old.toUpperCase(),
      `./${old}`,
    ];
    return JSON.stringify(random.pick(changed));
  }
  if (typeof old === 'boolean') return String(!old);
  return random.pick(values);
}

/** Edits of the keys of one object. */
function editKeys(line: string, random: Random): string {
  const parsed: unknown = JSON.parse(line);
  const slots = slotsIn(parsed).filter(({ holder }) => !Array.isArray(holder));
  if (slots.length === 0) return line;
  const { holder, key } = random.pick(slots);
  const old = holder[key];
  const text = JSON.stringify(old);
  const how = random.below(5);
  if (how === 0) {
    Reflect.deleteProperty(holder, key);
    return JSON.stringify(parsed);
  }
  if (how === 1) {
    Reflect.deleteProperty(holder, key);
    holder[random.pick([key.toUpperCase(), `${key}x`, 'add', 'remove', 'metaData', 'path', ''])] = old;
    return JSON.stringify(parsed);
  }
  holder[key] = JSON.parse(mark);
  const twice = random.pick([text, random.pick(values), near(old, random)]);
  const name = random.pick([JSON.stringify(key), JSON.stringify(key), '"__proto__"', '"constructor"', '"toString"']);
  return JSON.stringify(parsed).replace(mark, () => `${text},${name}:${twice}`);
}

const lineEdits: readonly Edit[] = [
  (line, random) => replaceValue(line, random, () => random.pick(values)),
  (line, random) => replaceValue(line, random, () => random.pick(values)),
  (line, random) => replaceValue(line, random, (old) => near(old, random)),
  (line, random) => replaceValue(line, random, (old) => near(old, random)),
  editKeys,
  (line, random) => line.slice(0, random.below(line.length)),
  (line, random) => `${line.slice(0, -1)},${random.pick(['"x":1', '"add":null', '"remove":{}', '"__proto__":{}'])}}`,
  (line, random) =>
    `${line}${random.pick([',', '}', ' x', '\0', line, '//', '\n{}', '\n[]', '\n1', '\nnull', '\n{"future":{}}'])}`,
  (line) => JSON.stringify(JSON.parse(line), null, 2),
];

const textEdits: readonly Edit[] = [
  (text) => `\ufeff${text}`,
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => text.replaceAll('\n', '\n\n \n'),
  (text) => text.replaceAll('\n', ''),
  (text) => text + text,
  (text) => `${text}\n${' '.repeat(200_000)}`,
  (text, random) => {
    const lines = text.split('\n');
    lines.splice(random.below(lines.length), 1);
    return lines.join('\n');
  },
  (text, random) => {
    const lines = text.split('\n');
    lines.splice(random.below(lines.length), 0, random.pick(lines));
    return lines.join('\n');
  },
  (text) => text.split('\n').reverse().join('\n'),
];

/** A log file in which one thing is not as its writer put it. */
export function editJson(text: string, random: Random): string {
  if (random.below(8) === 0) return random.pick(textEdits)(text, random);
  const lines = text.split('\n');
  const usable = [...lines.keys()].filter((i) => (lines[i] ?? '').startsWith('{'));
  // Most of what is wrong in deletion vectors and paths stands in the lines of files.
  const files = usable.filter((i) => /^\{"(add|remove|metaData|protocol)"/.test(lines[i] ?? ''));
  const at = random.pick(files.length > 0 && random.below(4) > 0 ? files : usable);
  try {
    lines[at] = random.pick(lineEdits)(lines[at] ?? '', random);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    lines[at] = `${lines[at] ?? ''}}`;
  }
  return lines.join('\n');
}
