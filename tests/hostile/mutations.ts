import type { Content, Files } from './folder.ts';
import { editJson } from './json-edits.ts';
import type { Random } from './random.ts';

/** What is changed in a table, and how that was done. */
export interface Mutation {
  readonly description: string;
  readonly changes: ReadonlyMap<string, Content>;
}

type Damage = (bytes: Buffer, random: Random) => Buffer;

const absurd: readonly number[] = [0xffffffff, 0x7fffffff, 0x80000000, 0, 1, 0x10000000, 0x00ffffff];

const damages: Readonly<Record<string, Damage>> = {
  flip: (bytes, random) => {
    const changed = Buffer.from(bytes);
    for (let n = random.below(3); n >= 0; n -= 1) {
      const at = random.below(changed.length);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    }
    return changed;
  },
  byte: (bytes, random) => {
    const changed = Buffer.from(bytes);
    changed[random.below(changed.length)] = random.below(256);
    return changed;
  },
  size: (bytes, random) => {
    const changed = Buffer.from(bytes);
    if (changed.length < 12) return changed;
    const at = random.pick([
      random.below(changed.length - 3),
      changed.length - 8,
      random.below(12) % (changed.length - 3),
    ]);
    changed.writeUInt32LE(random.pick(absurd), at);
    return changed;
  },
  truncate: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  empty: () => Buffer.alloc(0),
  grow: (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random.below(100_000), random.below(256))]),
  cut: (bytes, random) => {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(16))]);
  },
  swell: (bytes, random) => swellList(bytes, random) ?? damages['flip']?.(bytes, random) ?? bytes,
  noise: (bytes, random) => Buffer.from(bytes.map(() => random.below(256))),
};

/** Makes a list in the footer of a Parquet file say that it is very long; undefined for any other file. */
function swellList(bytes: Buffer, random: Random): Buffer | undefined {
  const length = bytes.length < 12 ? 0 : bytes.readUInt32LE(bytes.length - 8);
  const start = bytes.length - 8 - length;
  if (length === 0 || start < 4 || bytes.toString('latin1', bytes.length - 4) !== 'PAR1') return undefined;
  const footer = bytes.subarray(start, -8);
  // What follows a field of the kind list: most of these are such fields.
  const places = [...footer.keys()].filter((at) => at > 0 && ((footer[at - 1] ?? 0) & 15) === 9);
  if (places.length === 0) return undefined;
  const at = random.pick(places);
  const header = footer[at] ?? 0;
  const counts = ['8f4e', 'a08d06', 'ffffff07', '80e1eb17', 'c0cc9a2f', 'ffffffff07', 'ffffffff0f'];
  const swollen = Buffer.concat([
    footer.subarray(0, at),
    Buffer.from([header | 0xf0]),
    Buffer.from(random.pick(counts), 'hex'),
    footer.subarray(at + 1),
  ]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(swollen.length);
  return Buffer.concat([bytes.subarray(0, start), swollen, size, bytes.subarray(-4)]);
}

function isLog(path: string): boolean {
  return path.startsWith('_delta_log/');
}

function isJson(path: string): boolean {
  return /\.json$|_last_checkpoint$|\.crc$/.test(path) && isLog(path) && !/\/\./.test(path);
}

/** Changes in which files are there, and what is under which name. */
const moves: readonly ((files: Files, random: Random) => Map<string, Content>)[] = [
  (files, random) => new Map([[random.pick([...files.keys()]), null]]),
  (files, random) => {
    const like = isLog(random.pick([...files.keys()]));
    const some = [...files.keys()].filter((path) => isLog(path) === like && !path.endsWith('.crc'));
    const [a, b] = [random.pick(some), random.pick(some)];
    return new Map([
      [a, files.get(b) ?? null],
      [b, files.get(a) ?? null],
    ]);
  },
  (files, random) => {
    const [a, b] = [random.pick([...files.keys()]), random.pick([...files.keys()])];
    return new Map([[a, files.get(b) ?? null]]);
  },
  (files, random) => {
    const links = ['/etc/passwd', '../outside.parquet', '/dev/zero', '..', 'nowhere', '/proc/self/environ', '.'];
    return new Map([[random.pick([...files.keys()]), { link: random.pick(links) }]]);
  },
  (files, random) => {
    const commits = [...files.keys()].filter((path) => /^_delta_log\/\d{20}\.json$/.test(path)).sort();
    const last = Number((commits.at(-1) ?? '0').replace(/\D/g, ''));
    const name = random.pick([
      String(last + 1).padStart(20, '0'),
      String(last + 2).padStart(20, '0'),
      '9'.repeat(20),
      '00000000009007199254740993',
      '9223372036854775807'.padStart(20, '0'),
      String(last + 1),
    ]);
    const bytes = random.pick([
      files.get(random.pick(commits)) ?? Buffer.from('{}'),
      Buffer.from('{}\n'),
      Buffer.alloc(0),
    ]);
    return new Map([[`_delta_log/${name}.json`, bytes]]);
  },
  (files, random) => {
    const logs = [...files.keys()].filter(isLog);
    const version = random.pick(logs.map((path) => /\d{20}/.exec(path)?.[0] ?? '0'.repeat(20)));
    const name = random.pick([
      'checkpoint.parquet',
      'checkpoint.0000000001.0000000001.parquet',
      'checkpoint.0000000001.0000000002.parquet',
      'checkpoint.0000000001.9999999999.parquet',
      'checkpoint.0000000000.0000000000.parquet',
      'checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json',
      'checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet',
    ]);
    const bytes = random.pick([files.get(random.pick(logs)) ?? Buffer.alloc(0), Buffer.alloc(0), Buffer.from('PAR1')]);
    return new Map([[`_delta_log/${version}.${name}`, bytes]]);
  },
  (files, random) => {
    const commits = [...files.keys()].filter((path) => /^_delta_log\/\d{20}\.json$/.test(path));
    return new Map(commits.filter(() => random.below(2) === 0).map((path) => [path, null]));
  },
  (_files, random) => {
    const hints = [
      ...[
        '',
        '{}',
        '[]',
        'null',
        '{"version":-1,"size":1}',
        '{"version":1e300,"size":1}',
        '{"version":9007199254740993,"size":-1}',
      ],
      ...[
        '{"version":0,"size":1,"parts":1000000000}',
        '{"version":"0"}',
        '{"version":5,"size":1,"v2Checkpoint":{"path":"../../x"}}',
      ],
    ];
    return new Map([['_delta_log/_last_checkpoint', Buffer.from(random.pick(hints))]]);
  },
];

/** One change of one table; the same random numbers give the same one. */
export function mutate(files: Files, random: Random): Mutation {
  const kind = random.below(10);
  if (kind === 0) {
    const n = random.below(moves.length);
    const changes = moves[n]?.(files, random) ?? new Map<string, Content>();
    return { description: `move ${n} of ${[...changes.keys()].join(' and ')}`, changes };
  }
  const paths = [...files.keys()].filter(
    (path) => !/(^|\/)\.|_SUCCESS/.test(path) && (files.get(path)?.length ?? 0) > 0,
  );
  const json = paths.filter(isJson);
  if (kind <= 5) {
    const path = random.pick(json.filter((name) => !name.endsWith('.crc') || random.below(10) === 0));
    const text = editJson((files.get(path) ?? Buffer.alloc(0)).toString(), random);
    return { description: `edit of ${path}`, changes: new Map([[path, Buffer.from(text)]]) };
  }
  const binary = paths.filter((path) => path.endsWith('.bin') || (isLog(path) && path.endsWith('.parquet')));
  const some = kind === 6 ? json : binary.length > 0 && kind < 9 ? binary : kind === 9 ? paths : json;
  const path = random.pick(some);
  const damage = random.pick(Object.keys(damages));
  const bytes = damages[damage]?.(files.get(path) ?? Buffer.alloc(0), random) ?? Buffer.alloc(0);
  return { description: `${damage} of ${path}`, changes: new Map([[path, bytes]]) };
}
