import { lakesmith, project, rounded } from './setting.mjs';

/** Models of several kinds over one source: a latest row, a join with a total, a window, rules. Each has a test of its own. */
const kinds = [
  (name) =>
    `select id, kind, amount as ${name} from bronze.events qualify row_number() over (partition by id order by at_time desc) = 1`,
  (name) =>
    `with totals as (select kind, sum(amount) as total from bronze.events group by kind) select e.id, e.kind, t.total as ${name} from bronze.events e left join totals t using (kind)`,
  (name) => `select id, kind, sum(amount) over (partition by kind order by at_time, id) as ${name} from bronze.events`,
  (name) =>
    `/* ---\nexpect:\n  quarantine:\n    positive: ${name} >= 0\n--- */\nselect id, kind, amount - 1 as ${name} from bronze.events`,
];

const testOf = (name) => `test: silver.${name}
given:
  bronze.events: |
    id, kind, amount, at_time
    1,  a,    2.5,    2026-03-01 10:00:00
    2,  a,    4,      2026-03-01 11:00:00
    3,  b,    8,      2026-03-02 10:00:00
expect: |
  id, kind
  1,  a
  2,  a
  3,  b
`;

/** What one test of a model takes, in a program that runs many: each is the first of its model. */
export function tests() {
  const count = 100;
  const names = Array.from({ length: count }, (_, i) => `m${i}`);
  const at = project('tests', {
    'landing/1.json': '{"id":1,"kind":"a","amount":1.5,"at_time":"2026-03-01 10:00:00"}\n',
    'bronze/events.yml':
      'files: landing/*.json\ntypes:\n  id: BIGINT\n  kind: VARCHAR\n  amount: DOUBLE\n  at_time: TIMESTAMP\n',
    ...Object.fromEntries(names.map((name, i) => [`silver/${name}.sql`, kinds[i % kinds.length](name)])),
    ...Object.fromEntries(names.map((name) => [`tests/${name}.test.yml`, testOf(name)])),
  });
  const run = (...args) => lakesmith('test', '--json', '--project', at, ...args);
  const timesOf = (what) => what.map(({ elapsedMs }) => elapsedMs).sort((a, b) => a - b);
  const told = (times) =>
    `${rounded(times[times.length >> 1], 1)}, ${rounded(times[Math.floor(times.length * 0.9)], 1)}`;
  const first = run('--no-laws');
  const again = run('--no-laws');
  const laws = run();
  const known = run();
  const after = ({ stdout }) => timesOf(JSON.parse(stdout).tests.slice(1));
  const lawsIn = ({ stdout }) => timesOf(JSON.parse(stdout).laws);
  return {
    [`one of ${count} tests, nothing known: median ms, 90 % below`]: told(after(first)),
    'the same again': told(after(again)),
    'all of them again: wall s, CPU s': `${rounded(again.wallMs / 1000, 2)}, ${rounded(again.cpuMs / 1000, 2)}`,
    'laws of one model, nothing known: median ms, 90 % below': told(lawsIn(laws)),
    'the same again, remembered': told(lawsIn(known)),
    'tests and laws of all, remembered: wall s, CPU s': `${rounded(known.wallMs / 1000, 2)}, ${rounded(known.cpuMs / 1000, 2)}`,
  };
}
