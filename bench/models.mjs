import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.mjs';
import { lakesmith, project, rounded } from './setting.mjs';

/** Models over each other, some thirty columns of SQL each: two inputs, a WITH, a window, a rule, a key. */
function modelOf(i, more = '') {
  const [a, b] = [3, 2].map((by) => (i < 40 ? 'bronze.events' : `silver.m${Math.floor(i / by)}`));
  return `/* ---
key: id
description: Model ${i}
${more}expect:
  warn:
    positive: amount >= 0
--- */
with base as (
  select a.id, a.kind, a.amount + ${i} as amount, a.at_time
  from ${a} a
  where a.amount is not null and a.id >= 0
), ranked as (
  select *, row_number() over (partition by kind order by amount desc) as place
  from base
)
select r.id, r.kind, r.amount, r.at_time,
  case when r.place = 1 then 'top' else 'other' end as rank_${i},
  coalesce(b.amount, 0) as other_${i}
from ranked r
left join ${b} b on r.id = b.id
`;
}

function projectOf(count, name = `models-${count}`, more = '') {
  const rows = Array.from({ length: 50 }, (_, i) => `{"id":${i},"kind":"k${i % 5}","amount":${i * 1.5}}\n`);
  return project(name, {
    'landing/1.json': rows.join(''),
    'bronze/events.yml':
      'files: landing/*.json\ntypes:\n  id: BIGINT\n  kind: VARCHAR\n  amount: DOUBLE\n  at_time: TIMESTAMP\n',
    ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`silver/m${i}.sql`, modelOf(i, more)])),
  });
}

const told = ({ wallMs, cpuMs, rssMb }) =>
  `${rounded(wallMs / 1000, 2)}, ${rounded(cpuMs / 1000, 2)}, ${rounded(rssMb)}`;

/** How long large projects take to be understood: without what was understood before, and with it. */
export function models() {
  return { ...decided(), ...Object.fromEntries([1000, 10_000].flatMap(answersFor)) };
}

/** What it takes to find out how 1,000 models can be kept up when their inputs change: nothing known of it, and once more. */
function decided() {
  const count = 1000;
  const at = projectOf(count, 'models-decided', 'refresh: incremental\n');
  const plan = () => lakesmith('plan', '--project', at);
  const cold = () => {
    rmSync(join(at, '.lakesmith'), { recursive: true, force: true });
    return plan();
  };
  lakesmith('run', '--project', at);
  const idle = median(3, cold);
  writeFileSync(join(at, 'landing/2.json'), '{"id":7,"kind":"k1","amount":1.5}\n');
  const [first, again] = [median(3, cold), median(3, plan)];
  const each = (first.cpuMs - idle.cpuMs) / count;
  return {
    [`${count} models whose input changed, plan, nothing known: wall s, CPU s, MB`]: told(first),
    'of it to decide how they are kept up, CPU ms each': rounded(each, 2),
    'the same plan again': told(again),
  };
}

function answersFor(count) {
  const at = projectOf(count);
  const warm = (...args) => lakesmith(...args, '--project', at);
  const cold = (...args) => {
    rmSync(join(at, '.lakesmith'), { recursive: true, force: true });
    return warm(...args);
  };
  const times = count === 1000 ? 3 : 1;
  const last = `silver.m${count - 1}`;
  let edits = 0;
  const edited = (...args) => {
    writeFileSync(join(at, `silver/m${count - 1}.sql`), `-- ${(edits += 1)}\n${modelOf(count - 1)}`);
    return warm(...args);
  };
  const answers = [
    ['check, nothing known: wall s, CPU s, MB', median(times, () => cold('check'))],
    ['check after one model changed', median(3, () => edited('check'))],
    // The first after a change looks at everything once more, so that the next can tell that nothing did.
    ['check again, nothing changed', (warm('check'), warm('check'), median(5, () => warm('check')))],
    ['plan of one model, nothing known', median(3, () => cold('plan', last))],
    ['plan of one model, again', median(5, () => warm('plan', last))],
    ['where one column comes from, nothing known', median(3, () => cold('lineage', `${last}.amount`))],
    ['where one column comes from, again', median(5, () => warm('lineage', `${last}.amount`))],
    ['all that comes from one column, nothing known', median(times, () => cold('lineage', 'bronze.events.amount'))],
  ];
  if (count === 1000) {
    answers.push(['the first run', warm('run')]);
    // The first that has nothing to do says what to watch, the second what it looked like.
    for (const _ of [1, 2]) warm('run');
    answers.push(['a run with nothing to do', median(5, () => warm('run'))]);
  } else {
    answers.push(['the first run of one model', warm('run', last)]);
    answers.push(['plan of one model after its run', (warm('plan', last), median(5, () => warm('plan', last)))]);
  }
  return answers.map(([what, figures]) => [`${count} models, ${what}`, told(figures)]);
}
