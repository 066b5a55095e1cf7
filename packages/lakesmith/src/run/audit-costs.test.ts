import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomNumbers } from '../core/random-numbers.ts';
import type { Column } from '../core/schema.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine, Relation, Scalar } from '../engine/engine.ts';
import { auditOf } from '../plan/audit.ts';
import type { AuditQuestion } from '../plan/audit-question.ts';
import { addedRows } from '../plan/audit-rows.ts';
import type { Judged } from '../plan/cost.ts';
import { judgedBy, proofName } from '../plan/judged.ts';
import type { TableState } from '../plan/observation.ts';
import type { PlanStep } from '../plan/plan.ts';
import { memoryProjectFiles } from '../project/files.ts';
import { loadProject } from '../project/load.ts';
import type { ModelTable } from '../project/model.ts';
import { compilerOf } from './compiler.ts';
import { readRows } from './read-rows.ts';

let engine: Engine;
let model: ModelTable;
beforeAll(async () => {
  engine = await openDuckDb({});
  const project = await loadProject(memoryProjectFiles(files), {
    environment: undefined,
    env: {},
    compiler: compilerOf(engine),
  });
  model = project.tables.get('silver.t') as ModelTable;
});
afterAll(() => engine.close());

const files = {
  'lakesmith.yml': 'lakesmith: 1\nname: t\n',
  'bronze/b.yml': 'files: landing/*.json\n',
  'reference/kinds.csv': 'kind\na\n',
  'silver/t.sql': `/* ---
key: [id, part]
expect:
  warn:
    positive: t.amount > 0
    known: kind in (select kind from reference.kinds)
  fail:
    short: length(note) < 3
check:
  fail:
    not_null: [note, amount]
    unique: note
    references: (id, part) -> silver.t.(id, part)
  warn up to 20 %:
    range: [amount between -1 and 9, silver.t.id < 100]
  warn:
    kinds: kind -> reference.kinds.kind
    pattern: note like '%a%' or note like '%b%'
    row_count: between 3 and 12
    own: select note from silver.t group by note having count(*) > 2
    unique_amount: select amount from silver.t where amount is not null group by all having count(*) > 1
--- */
select id, part, kind, amount, note from bronze.b`,
};

const columns: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'part', type: 'string' },
  { name: 'kind', type: 'string' },
  { name: 'amount', type: 'double' },
  { name: 'note', type: 'string' },
];
type Row = readonly Scalar[];

const relation = (name: string, rows: readonly Row[], of = columns): Relation => ({
  name,
  kind: 'rows',
  columns: of,
  rows,
});

const step: PlanStep = {
  table: 'silver.t',
  action: 'incremental',
  strategy: 'append',
  detail: '',
  reason: '',
  estimate: {},
  after: [],
  readVersion: 0,
};
const kinds = { path: 'reference/kinds', version: 3 };
const plain = {
  step,
  steps: new Map<string, PlanStep>(),
  observation: { tables: new Map([['reference.kinds', kinds as TableState]]) },
  proof: undefined,
};

/** What each question of the audit finds, by its name. */
async function verdicts(
  world: { readonly table: readonly Row[]; readonly added: readonly Row[]; readonly known: readonly string[] },
  judged: readonly Judged[],
): Promise<ReadonlyMap<string, { readonly broken: number; readonly rows: number; readonly message: string }>> {
  const audit = auditOf({
    table: 'silver.t',
    key: model.key,
    rules: model.rules,
    checks: model.checks,
    auditInputs: model.auditInputs,
    nowIso: '2026-03-10T12:00:00Z',
    columns,
    earlier: {},
    found: new Map(),
    judged,
    isLoad: false,
    rows: world.table.length,
    shown: { columns: model.key, places: [] },
  });
  const relations = [
    relation('silver.t', world.table),
    relation(addedRows, world.added),
    relation(
      'reference.kinds',
      world.known.map((kind) => [kind]),
      [{ name: 'kind', type: 'string' }],
    ),
  ];
  const ask = async (sql: string): ReturnType<typeof readRows> =>
    await readRows(engine, { sql, relations, timezone: 'UTC' });
  const answer = await ask(audit.sql);
  const valueOf = (name: string): number => Number(answer.rows[0]?.[answer.columns.indexOf(name)] ?? Number.NaN);
  const found = new Map<string, { broken: number; rows: number; message: string }>();
  for (const question of audit.questions) {
    const value = valueOf(question.column);
    const broken = question.judge === undefined ? value : question.judge(value) ? 0 : 1;
    const rows = valueOf(question.among);
    found.set(nameOf(question), { broken, rows, message: question.message(broken, rows, value) });
    if (question.sample !== undefined && broken > 0 && judged.length > 0)
      expect([question.name, (await ask(question.sample.sql)).rows.length]).toEqual([
        question.name,
        expect.toSatisfy(some),
      ]);
  }
  return found;
}

const some = (rows: number): boolean => rows > 0;
const nameOf = ({ kind, name }: AuditQuestion): string =>
  kind === 'key' ? name : proofName({ of: kind === 'rule' ? 'rule' : 'check', name });

/** Some rows that are right, and among them now and then one that is wrong in some way. */
function someRows(random: () => number, from: number): Row[] {
  const pick = (...values: readonly Scalar[]): Scalar => values[Math.floor(random() * values.length)] ?? null;
  const rows = Array.from({ length: Math.floor(random() * 4) }, (_, i): Row => {
    const id = from + i;
    const right = { id: BigInt(id), part: pick('x', 'y'), kind: 'a', amount: 1 + id / 64, note: `a${id % 8}` };
    if (random() < 0.7) return [right.id, right.part, right.kind, right.amount, right.note];
    return [
      pick(BigInt(Math.max(0, from - 1)), null, right.id, 101n),
      pick('x', null),
      pick('b', null, 'a'),
      pick(1, null, -0, 0, Number.NaN, -7, right.amount),
      pick('a0', null, 'abc', 'cc', 'a'),
    ];
  });
  return rows.flatMap((row) => (random() < 0.2 ? [row, row] : [row]));
}

describe('rows that come to others', () => {
  it('are judged as the whole table is, wherever less is read for it', async () => {
    const random = randomNumbers(7);
    const seen = new Set<string>();
    for (let round = 0; round < 16; round += 1) {
      let table: readonly Row[] = [];
      // Of no rows all is right.
      let passed = new Set(judgedBy(model, plain).map(proofName));
      const known = random() < 0.5 ? ['a'] : ['a', 'b'];
      for (let turn = 0; turn < 4; turn += 1) {
        const added = someRows(random, table.length);
        table = [...table, ...added];
        const world = { table, added, known };
        const judged = judgedBy(model, { ...plain, proof: { passed, versions: { 'reference.kinds': kinds } } });
        const whole = await verdicts(world, []);
        expect([round, turn, await verdicts(world, judged)]).toEqual([round, turn, whole]);
        for (const one of judged) {
          const found = [...whole].filter(([name]) =>
            one.of === 'key' ? name.startsWith('key_') : name === proofName(one),
          );
          const isBroken = found.some(([, { broken }]) => broken > 0);
          seen.add(`${one.cost} ${proofName(one)} ${isBroken ? 'broken' : 'right'}`);
        }
        passed = new Set(
          judged
            .filter((one) =>
              [...whole].every(
                ([name, { broken }]) =>
                  broken === 0 || (one.of === 'key' ? !name.startsWith('key_') : name !== proofName(one)),
              ),
            )
            .map(proofName),
        );
      }
    }
    // Each was judged by less than the whole table, with rows that break it and without.
    const narrow = {
      key: 'changed keys',
      'rule positive': 'new rows',
      'rule short': 'new rows',
      'check not_null': 'new rows',
      'check unique': 'changed keys',
      'check range': 'new rows',
      'check kinds': 'new rows',
      'check pattern': 'new rows',
      'check row_count': 'statistics',
    };
    const wanted = Object.entries(narrow).flatMap(([name, cost]) =>
      ['broken', 'right'].map((verdict) => `${cost} ${name} ${verdict}`),
    );
    expect(wanted.filter((label) => !seen.has(label))).toEqual([]);
    // What reads more than a row is judged whole, always.
    const narrowed = [...seen].filter((label) => /^(new rows|changed keys) /.test(label));
    expect(narrowed.filter((label) => /known|own|unique_amount|range_2/.test(label))).toEqual([]);
  });
});
